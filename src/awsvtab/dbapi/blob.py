"""A BLOB, read and written in place."""

from __future__ import annotations

import operator
import os
from types import TracebackType
from typing import Any, Self

import apsw

from awsvtab.dbapi.handle import Handle
from awsvtab.dbapi.translate import translating
from awsvtab.errors import ProgrammingError


class Blob:
    """What `Connection.blobopen` returns: a file of fixed length, and a mutable sequence of bytes.

    Only this module makes one.
    """

    _connection: Handle
    _source: apsw.Blob | None
    _position: int

    def __new__(cls) -> Self:
        raise TypeError(f"cannot create '{cls.__module__}.{cls.__qualname__}' instances")

    @classmethod
    def _of(cls, connection: Handle, source: apsw.Blob) -> Self:
        blob = super().__new__(cls)
        blob._connection = connection
        blob._source = source
        blob._position = 0
        return blob

    def read(self, length: int = -1, /) -> bytes:
        """``length`` bytes from the current position, all that are left where it is -1."""
        left = len(self) - self._position
        data = self._read(self._position, left if length < 0 else min(length, left))
        self._position += len(data)
        return data

    def write(self, data: bytes, /) -> None:
        """Write at the current position. Raises ValueError beyond the end."""
        self._write(self._position, data)
        self._position += memoryview(data).nbytes

    def seek(self, offset: int, origin: int = os.SEEK_SET, /) -> None:
        """Set the current position. Raises ValueError where the blob has no such."""
        length = len(self)
        bases = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: length}
        if origin not in bases:
            raise ValueError("'origin' should be os.SEEK_SET, os.SEEK_CUR, or os.SEEK_END")
        position = bases[origin] + offset
        if position > 2**31 - 1:
            raise OverflowError("seek offset results in overflow")
        if not 0 <= position <= length:
            raise ValueError("offset out of blob range")
        self._position = position

    def tell(self) -> int:
        """The current position."""
        self._open()
        return self._position

    def close(self) -> None:
        """Close; safe to call again."""
        self._connection._open_database()
        source, self._source = self._source, None
        if source is not None:
            source.close(True)  # else it raises the last write's error again

    def __len__(self) -> int:
        return self._open().length()

    __iter__ = None

    def __getitem__(self, key: int | slice) -> Any:
        if not isinstance(key, slice):
            return self._read(self._index(key), 1)[0]
        places = self._places(key)
        if not places:
            return b""
        first, last = sorted((places[0], places[-1]))
        return self._read(first, last - first + 1)[:: places.step]

    def __setitem__(self, key: int | slice, value: Any) -> None:
        if not isinstance(key, slice):
            self._write(self._index(key), _byte(value))
            return
        places = self._places(key)
        data = memoryview(value)
        if not data.c_contiguous:
            raise BufferError("memoryview: underlying buffer is not C-contiguous")
        if data.nbytes != len(places):
            raise IndexError("Blob slice assignment is wrong size")
        if places:
            first, last = sorted((places[0], places[-1]))
            whole = bytearray(self._read(first, last - first + 1))
            whole[:: places.step] = data.cast("B")
            self._write(first, whole)

    def __delitem__(self, key: object) -> None:
        raise TypeError("Blob object doesn't support item deletion")

    def __enter__(self) -> Self:
        self._open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open()
        self.close()

    def _open(self) -> apsw.Blob:
        self._connection._open_database()
        if self._source is None:
            raise ProgrammingError("Cannot operate on a closed blob.")
        return self._source

    def _read(self, position: int, length: int) -> bytes:
        source = self._open()
        with translating:
            source.seek(position)
            return source.read(length)

    def _write(self, position: int, data: Any) -> None:
        source = self._open()
        if position + memoryview(data).nbytes > source.length():
            raise ValueError("data longer than blob")
        with translating:
            source.seek(position)
            source.write(data)

    def _places(self, key: slice) -> range:
        try:
            return range(*key.indices(len(self)))
        except TypeError:
            raise TypeError("Blob indices must be integers or slices") from None

    def _index(self, key: object) -> int:
        try:
            index = operator.index(key)  # type: ignore[arg-type]
        except TypeError:
            raise TypeError("Blob indices must be integers") from None
        if not -(2**63) <= index < 2**63:
            raise IndexError(f"cannot fit 'int' into an index-sized integer: {index}")
        length = len(self)
        if not -length <= index < length:
            raise IndexError("Blob index out of range")
        return index % length


def _byte(value: object) -> bytes:
    if not hasattr(value, "__index__"):
        raise TypeError(f"'{type(value).__name__}' object cannot be interpreted as an integer")
    number = operator.index(value)
    if not 0 <= number <= 255:
        raise ValueError("byte must be in range(0, 256)")
    return bytes((number,))
