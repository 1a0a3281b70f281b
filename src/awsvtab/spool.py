"""Rows that a statement does not keep in memory: in a temporary SQLite database."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import apsw

from awsvtab.resources import ResourceKey

# Where each listing's rows begin: no listing has so many.
LISTING_ROWS = 2**40

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE listed (position INTEGER PRIMARY KEY, identifier BLOB, properties BLOB);
CREATE TABLE fetched (
    account TEXT, region TEXT, type_name TEXT, asked BLOB, identifier BLOB, properties BLOB,
    PRIMARY KEY (type_name, region, asked, account)
) WITHOUT ROWID;
CREATE TABLE noted (
    number INTEGER, account TEXT, region TEXT, type_name TEXT, identifier BLOB,
    PRIMARY KEY (number, type_name, region, identifier, account)
) WITHOUT ROWID;
"""


class Text(NamedTuple):
    """What AWS said of a resource: its identifier, and the JSON text of its properties."""

    identifier: str
    properties: str


class Spool:
    """What one statement has put aside; for the thread that reads.

    SQLite makes the file, in SQLite's temporary folder, only when there is more than fits in its
    cache, and has it deleted when it is closed, be it by a crash
    (https://www.sqlite.org/inmemorydb.html#temp_db).
    """

    def __init__(self) -> None:
        self._database: apsw.Connection | None = None
        self._numbers = 0
        self._closed = False
        self._has_fetched = False

    def new_number(self) -> int:
        """A number for a listing, or a set of keys, of which there may be several."""
        self._numbers += 1
        return self._numbers

    def add_listed(self, number: int, position: int, texts: Iterable[tuple[str, str]]) -> None:
        """Puts rows of a listing aside, from a position on."""
        first = number * LISTING_ROWS + position
        self._write(
            "INSERT INTO listed VALUES (?, ?, ?)",
            ((row, *map(_bytes, text)) for row, text in enumerate(texts, first)),
        )

    def listed(self, number: int, position: int, most: int) -> list[Text]:
        """Up to ``most`` rows of a listing from a position on."""
        first = number * LISTING_ROWS + position
        sql = "SELECT identifier, properties FROM listed WHERE position >= ? AND position < ?"
        return [_text(*row) for row in self._open().execute(sql, (first, first + most))]

    def find_listed(self, number: int, identifier: str) -> Text | None:
        """The row of a listing that has an identifier; None if it was not put aside."""
        database = self._open()
        database.execute("CREATE INDEX IF NOT EXISTS by_identifier ON listed (identifier)")
        first = number * LISTING_ROWS
        sql = (
            "SELECT identifier, properties FROM listed "
            "WHERE identifier = ? AND +position >= ? AND +position < ? ORDER BY position LIMIT 1"
        )
        asked = (_bytes(identifier), first, first + LISTING_ROWS)
        found = database.execute(sql, asked).fetchone()
        return None if found is None else _text(*found)

    def add_fetched(self, resources: Iterable[tuple[ResourceKey, Text | None]]) -> None:
        """Puts resources aside, each by what was asked for; None for what is not there."""
        self._has_fetched = True
        self._write(
            "INSERT OR REPLACE INTO fetched VALUES (?, ?, ?, ?, ?, ?)",
            (
                (*_key(key), *(map(_bytes, text) if text is not None else (None, None)))
                for key, text in resources
            ),
        )

    def fetched(self, key: ResourceKey) -> tuple[Text | None] | None:
        """What was put aside under a key, in a tuple; None if nothing was."""
        if not self._has_fetched:
            return None
        sql = (
            "SELECT identifier, properties FROM fetched "
            "WHERE account = ? AND region = ? AND type_name = ? AND asked = ?"
        )
        found = self._open().execute(sql, _key(key)).fetchone()
        if found is None:
            return None
        return (None if found[0] is None else _text(*found),)

    def note(self, number: int, key: ResourceKey) -> bool:
        """Adds a key to a set; False if it was there."""
        database = self._open()
        database.execute(
            "INSERT OR IGNORE INTO noted VALUES (?, ?, ?, ?, ?)",
            (number, *_key(key)),
        )
        return database.changes() > 0

    def close(self) -> None:
        """Lets go of all."""
        self._closed = True
        if self._database is not None:
            self._database.close()
            self._database = None

    def _write(self, sql: str, rows: Iterable[tuple[object, ...]]) -> None:
        database = self._open()
        with database:
            database.executemany(sql, rows)

    def _open(self) -> apsw.Connection:
        if self._closed:
            raise apsw.MisuseError("the statement is over")
        if self._database is None:
            self._database = apsw.Connection("")
            self._database.execute(_SCHEMA).fetchall()  # APSW goes no further than is asked for
        return self._database


class KeySet:
    """A set of resources, the first ``most`` in memory."""

    def __init__(self, spool: Spool, most: int) -> None:
        self._spool = spool
        self._most = most
        self._number = spool.new_number()
        self._keys: set[ResourceKey] = set()

    def add(self, key: ResourceKey) -> bool:
        """Adds a key; False if it was there."""
        if key in self._keys:
            return False
        if len(self._keys) < self._most:
            self._keys.add(key)
            return True
        return self._spool.note(self._number, key)


def _key(key: ResourceKey) -> tuple[str | bytes, ...]:
    return (*key.place, key.type_name, _bytes(key.identifier))


def _bytes(text: str) -> bytes:
    """A text of AWS's may hold lone surrogates, which SQLite does not take."""
    return text.encode("utf-8", "surrogatepass")


def _text(identifier: bytes, properties: bytes) -> Text:
    return Text(*(each.decode("utf-8", "surrogatepass") for each in (identifier, properties)))
