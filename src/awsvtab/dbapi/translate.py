"""APSW's exceptions to ours: the only place that knows both."""

from __future__ import annotations

from types import TracebackType

import apsw

from awsvtab import errors
from awsvtab.dbapi.row import Description
from awsvtab.hints import Hint
from awsvtab.sql import Rewritten

# https://sqlite.org/rescode.html; as CPython's sqlite3 groups them. What is not here is a
# DatabaseError.
_BY_CODE: dict[int, type[Exception]] = {
    apsw.SQLITE_NOMEM: MemoryError,
    **dict.fromkeys((apsw.SQLITE_INTERNAL, apsw.SQLITE_NOTFOUND), errors.InternalError),
    **dict.fromkeys(
        (
            apsw.SQLITE_ERROR,
            apsw.SQLITE_PERM,
            apsw.SQLITE_ABORT,
            apsw.SQLITE_BUSY,
            apsw.SQLITE_LOCKED,
            apsw.SQLITE_READONLY,
            apsw.SQLITE_INTERRUPT,
            apsw.SQLITE_IOERR,
            apsw.SQLITE_FULL,
            apsw.SQLITE_CANTOPEN,
            apsw.SQLITE_PROTOCOL,
            apsw.SQLITE_EMPTY,
            apsw.SQLITE_SCHEMA,
        ),
        errors.OperationalError,
    ),
    apsw.SQLITE_TOOBIG: errors.DataError,
    **dict.fromkeys((apsw.SQLITE_CONSTRAINT, apsw.SQLITE_MISMATCH), errors.IntegrityError),
    **dict.fromkeys((apsw.SQLITE_MISUSE, apsw.SQLITE_RANGE), errors.InterfaceError),
}

# Errors of APSW's own, which have no SQLite code. A message of None keeps APSW's.
_WITHOUT_CODE: dict[type[apsw.Error], tuple[type[Exception], str | None]] = {
    apsw.BindingsError: (errors.ProgrammingError, None),
    apsw.ConnectionClosedError: (
        errors.ProgrammingError,
        "Cannot operate on a closed database.",
    ),
    apsw.CursorClosedError: (errors.ProgrammingError, "Cannot operate on a closed cursor."),
    apsw.ThreadingViolationError: (
        errors.ProgrammingError,
        "Recursive use of cursors not allowed.",
    ),
    apsw.ExtensionLoadingError: (errors.OperationalError, None),
}

# For those that Python code raises, without a code, as virtual tables do.
_CODE_OF_CLASS: dict[type[Exception], int] = {
    type(apsw.exception_for(code)): code
    for code in range(apsw.SQLITE_ERROR, apsw.SQLITE_NOTADB + 1)
}


def translate(
    error: apsw.Error, rewritten: Rewritten | None = None, hint: Hint | None = None
) -> Exception:
    """The PEP 249 exception for an APSW one, with sqlite3's ``sqlite_errorcode`` and name.

    ``sqlite_error_offset`` is where in the user's SQL the error is, in characters; None where
    SQLite does not say. ``rewritten`` is the statement that failed, ``hint`` more than the
    error itself says.
    """
    own = _WITHOUT_CODE.get(type(error))
    if own is not None:
        kind, text = own
        return kind(text or _tidy(str(error)))
    classes = (_CODE_OF_CLASS[each] for each in type(error).__mro__ if each in _CODE_OF_CLASS)
    primary = getattr(error, "result", None) or next(classes, None)
    if primary is None:
        return errors.InterfaceError(str(error))
    code = getattr(error, "extendedresult", None) or primary
    message, unsupported = hint or Hint(str(error))
    kind = _BY_CODE.get(primary & 0xFF, errors.DatabaseError)
    translated = (errors.NotSupportedError if unsupported else kind)(message)
    if isinstance(translated, errors.Error):
        translated.sqlite_errorcode = code
        translated.sqlite_errorname = _name(code)
        translated.sqlite_error_offset = _offset(error, rewritten)  # type: ignore[attr-defined]
    return translated


def translate_undecodable(
    error: UnicodeDecodeError, description: Description | None
) -> errors.OperationalError:
    """What sqlite3 raises for text that is not UTF-8; APSW does not say in which column."""
    names = [f"'{column[0]}'" for column in description or ()]
    where = names[0] if len(names) == 1 else f"(one of {', '.join(names)})"
    text = error.object.decode(errors="replace")
    return errors.OperationalError(f"Could not decode to UTF-8 column {where} with text '{text}'")


class Translating:
    """A context in which APSW's exceptions become ours; for all but the hottest paths."""

    __slots__ = ()

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if isinstance(error, apsw.Error):
            raise translate(error) from None


translating = Translating()


def _name(code: int) -> str:
    names = (apsw.mapping_extended_result_codes, apsw.mapping_result_codes)
    return next((str(table[code]) for table in names if code in table), "unknown")


def _offset(error: apsw.Error, rewritten: Rewritten | None) -> int | None:
    """APSW counts bytes in what SQLite was given; people count characters in what they wrote."""
    position = getattr(error, "error_offset", -1)
    if rewritten is None or position < 0:
        return None
    characters = len(rewritten.text.encode()[:position].decode(errors="ignore"))
    return rewritten.offset(characters) if rewritten.edits else characters


def _tidy(message: str) -> str:
    return message.partition("  Current offset")[0].replace("  ", " ")
