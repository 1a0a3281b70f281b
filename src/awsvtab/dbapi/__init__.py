"""The driver: PEP 249, and name for name what ``sqlite3`` offers, over APSW."""

from typing import TYPE_CHECKING

from awsvtab.dbapi import constants
from awsvtab.dbapi.adaptation import (
    PrepareProtocol,
    adapt,
    adapters,
    converters,
    register_adapter,
    register_converter,
)
from awsvtab.dbapi.blob import Blob
from awsvtab.dbapi.connection import Connection, connect
from awsvtab.dbapi.constants import *  # noqa: F403
from awsvtab.dbapi.convert import PARSE_COLNAMES, PARSE_DECLTYPES
from awsvtab.dbapi.cursor import Cursor
from awsvtab.dbapi.guard import enable_callback_tracebacks
from awsvtab.dbapi.module import (
    apilevel,
    complete_statement,
    enable_shared_cache,
    outdated,
    paramstyle,
    sqlite_version,
    sqlite_version_info,
    threadsafety,
)
from awsvtab.dbapi.pep249 import (
    BINARY,
    DATETIME,
    NUMBER,
    ROWID,
    STRING,
    Binary,
    Date,
    DateFromTicks,
    Time,
    TimeFromTicks,
    Timestamp,
    TimestampFromTicks,
)
from awsvtab.dbapi.row import Row
from awsvtab.dbapi.transactions import LEGACY_TRANSACTION_CONTROL
from awsvtab.errors import (
    DatabaseError,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    Warning,
)

__all__ = [
    "BINARY",
    "DATETIME",
    "LEGACY_TRANSACTION_CONTROL",
    "NUMBER",
    "PARSE_COLNAMES",
    "PARSE_DECLTYPES",
    "ROWID",
    "STRING",
    "Binary",
    "Blob",
    "Connection",
    "Cursor",
    "DataError",
    "DatabaseError",
    "Date",
    "DateFromTicks",
    "Error",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "NotSupportedError",
    "OperationalError",
    "PrepareProtocol",
    "ProgrammingError",
    "Row",
    "Time",
    "TimeFromTicks",
    "Timestamp",
    "TimestampFromTicks",
    "Warning",
    "adapt",
    "adapters",
    "apilevel",
    "complete_statement",
    "connect",
    "converters",
    "enable_callback_tracebacks",
    "enable_shared_cache",
    "paramstyle",
    "register_adapter",
    "register_converter",
    "sqlite_version",
    "sqlite_version_info",
    "threadsafety",
]
__all__ += constants.__all__

if TYPE_CHECKING:
    version: str
    version_info: tuple[int, int, int]
else:
    __getattr__ = outdated
