"""Datasette's `Database` over awsvtab connections: one for each query at a time, sharing AWS."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from datasette.database import Database, QueryInterrupted, Results
from datasette.utils import Column, table_column_details

import awsvtab
from awsvtab.catalog import Catalog, ResourceType
from awsvtab.catalog.columns import KEY_COLUMN
from awsvtab.serve.paging import KEY, page_of
from awsvtab.serve.row import Row

T = TypeVar("T")

NAME = "aws"
ROWS_SHOWN = 1000  # of what the SQL box returns, in HTML
OWN_TABLE = "-- awsvtab makes these rows: they are about AWS tables and this server, not from AWS"
STOP_AGAIN_S = 0.05


@dataclass(frozen=True, slots=True)
class Showing:
    """What the running request shows: a page of an AWS ``table``, or all rows (``whole``).

    The pages of other tables are whole: they have a LIMIT of their own. ``after`` is where a page
    begins: of AWS behind the row of that key, of a table of one's own behind so many rows.
    ``binary_as_text`` is for views, whose rows have no key that a link to binary values could name.
    """

    table: str | None = None
    whole: bool = False
    after: str | None = None
    binary_as_text: bool = False


NOTHING = Showing()
showing: ContextVar[Showing] = ContextVar("showing", default=NOTHING)


class AwsDatabase(Database):
    """AWS tables beside those of a database file, read-only.

    ``connection`` is not used itself: `open_another` makes the connections that share its options,
    its cache and its threads.
    """

    def __init__(
        self,
        ds: Any,
        connection: awsvtab.Connection,
        open_another: Callable[[], awsvtab.Connection],
        time_limit_s: float,
        path: str | None = None,
    ) -> None:
        super().__init__(ds, path=path, is_mutable=True, is_memory=path is None)
        self.catalog: Catalog = connection._registration.catalog
        self._open_another = open_another
        self._time_limit_s = time_limit_s
        self._idle: list[awsvtab.Connection] = []
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def turn(self, table: str) -> asyncio.Lock:
        """What requests for one table wait for, so that the first reads it and the others find it.

        The cache has what was read, and does not know of what is being read.
        """
        return self._turns.setdefault(table.lower(), asyncio.Lock())

    def connect(self, write: bool = False) -> awsvtab.Connection:
        """A connection as every query gets one; PermissionError for one that writes."""
        if write:
            raise PermissionError("awsvtab serve is read-only")
        connection = self._open_another()
        self.ds._prepare_connection(connection, self.name)
        connection.row_factory = Row
        connection.text_factory = str
        connection.execute("PRAGMA query_only = 1")
        return connection

    def close(self) -> None:
        """Closes the connections. No query may be running."""
        while self._idle:
            self._idle.pop().close()

    async def execute_write_fn(self, fn: Any, block: bool = True) -> Any:
        """Refused: nothing here writes."""
        self.connect(write=True)

    async def execute_fn(self, fn: Callable[[Any], T]) -> T:
        """What the function makes of a connection, in a thread.

        Who no longer waits for it interrupts it, and so ends its calls to AWS. Raises
        TimeoutError, when it has ended, where it takes longer than the time limit.
        """
        run = _Run(self._take, self._idle.append)
        task: Future[T] = self.ds.executor.submit(run, fn)
        result = asyncio.wrap_future(task)
        result.add_done_callback(_take_note)
        try:
            async with asyncio.timeout(self._time_limit_s):
                return await asyncio.shield(result)
        finally:
            while not (task.done() or task.cancel()):
                run.interrupt()
                await asyncio.wait({result}, timeout=STOP_AGAIN_S)

    async def execute(
        self,
        sql: str,
        params: Any = None,
        truncate: bool = False,
        custom_time_limit: int | None = None,
        page_size: int | None = None,
        log_sql_errors: bool = True,
    ) -> Results:
        """The statement's rows: of a table page those it shows, in the SQL box the first ones."""
        shown = showing.get()
        try:
            if truncate and shown.table is not None:
                return await self._page(sql, params or {}, shown)
            if truncate and shown.after is not None:
                sql = f"{sql} offset {int(shown.after)}"
            most = ROWS_SHOWN if truncate and not shown.whole else None
            results = await self.execute_fn(
                lambda connection: _results(connection, sql, params, most)
            )
            if truncate and shown.binary_as_text:
                results.rows = [row.with_text() for row in results.rows]
            return results
        except TimeoutError as error:
            raise QueryInterrupted(error, sql, params) from None

    async def _page(self, sql: str, params: dict[str, Any], shown: Showing) -> Results:
        """A page's rows, and one more if it is not the last.

        Where a resource is gone that was listed, the next one takes its place.
        """
        page = page_of(sql, str(shown.table))
        if shown.after is not None:
            page, more = page.following(shown.after)
            params = {**params, **more}
        wanted = size = page.limit - 1
        while True:
            results = await self.execute_fn(partial(_results, sql=page.sql(size), params=params))
            is_last = not results.rows or results.rows[-1][KEY[0]] is not None
            missing = wanted + 1 - len(results.rows)
            if is_last or missing <= 0:
                return results
            size += missing

    async def resource_type(self, table: str) -> ResourceType | None:
        """The type whose resources are the table's rows, if it is AWS's."""
        return await self.execute_fn(
            lambda connection: connection._registration.resource_type(table)
        )

    async def is_aws(self, table: str) -> bool:
        """Whether the table's rows are AWS resources."""
        return await self.execute_fn(lambda connection: _is_aws(_all_columns(connection, table)))

    async def known_columns(self, table: str) -> list[str]:
        """The names that SQL knows, hidden ones included."""
        details = await self.execute_fn(lambda connection: _all_columns(connection, table))
        return [each.name for each in details if each.name != KEY_COLUMN]

    async def table_exists(self, table: str) -> bool:
        """Whether there is such a table in the file, of AWS's, or about AWS's."""
        return await self.is_stored(table) or await self._is_eponymous(table)

    async def is_stored(self, table: str) -> bool:
        """Whether the table is one of the file."""
        found: bool = await super().table_exists(table)
        return found

    async def get_view_definition(self, view: str) -> str | None:
        """The view's text. Tables that awsvtab makes up pass for views, which have no key."""
        found: str | None = await super().get_view_definition(view)
        if found is not None or await self.is_stored(view):
            return found
        is_ours = await self._is_eponymous(view) and not await self.is_aws(view)
        return OWN_TABLE if is_ours else None

    async def _is_eponymous(self, table: str) -> bool:
        """Whether a table that no file holds is one of awsvtab's, and not of SQLite's own."""
        columns = await self.execute_fn(lambda connection: _all_columns(connection, table))
        return _is_aws(columns) or (bool(columns) and table.lower().startswith("aws_"))

    async def table_counts(self, limit: int = 10) -> dict[str, None]:
        """The tables of the file. How many rows they have is not asked."""
        return dict.fromkeys(await self.table_names())

    async def table_column_details(self, table: str) -> list[Column]:
        """The columns that pages show; of an AWS table the identifier, too."""
        return await self.execute_fn(lambda connection: _columns(connection, table))

    async def table_columns(self, table: str) -> list[str]:
        """Their names."""
        return [column.name for column in await self.table_column_details(table)]

    async def primary_keys(self, table: str) -> list[str]:
        """What tells the rows of a table apart."""
        columns = await self.table_column_details(table)
        keys = sorted((each for each in columns if each.is_pk), key=lambda each: each.is_pk)
        return [each.name for each in keys]

    def _take(self) -> awsvtab.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return self.connect()


class _Run:
    """One function on one connection, which can be interrupted from another thread."""

    def __init__(
        self,
        take: Callable[[], awsvtab.Connection],
        give_back: Callable[[awsvtab.Connection], None],
    ) -> None:
        self._take = take
        self._give_back = give_back
        self._lock = threading.Lock()
        self._connection: awsvtab.Connection | None = None

    def __call__(self, fn: Callable[[Any], T]) -> T:
        connection = self._take()
        with self._lock:
            self._connection = connection
        try:
            return fn(connection)
        finally:
            with self._lock:
                self._connection = None
            self._give_back(connection)

    def interrupt(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.interrupt()


def _take_note(result: asyncio.Future[Any]) -> None:
    """Keeps asyncio from saying that nobody has asked how a query ended that nobody wanted."""
    if not result.cancelled():
        result.exception()


def _results(
    connection: awsvtab.Connection, sql: str, params: Any, most: int | None = None
) -> Results:
    cursor = connection.cursor()
    try:
        cursor.execute(sql, params or {})
        rows = cursor.fetchall() if most is None else cursor.fetchmany(most + 1)
        return Results(rows[:most], most is not None and len(rows) > most, cursor.description)
    except awsvtab.AwsWarning as warning:
        raise awsvtab.ProgrammingError(str(warning)) from None
    finally:
        cursor.close()


def _all_columns(connection: awsvtab.Connection, table: str) -> list[Column]:
    found: list[Column] = table_column_details(connection, table)
    return found


def _is_aws(columns: Sequence[Column]) -> bool:
    return any(column.name == KEY_COLUMN for column in columns)


def _columns(connection: awsvtab.Connection, table: str) -> list[Column]:
    columns = _all_columns(connection, table)
    if not _is_aws(columns):
        return columns
    shown = [each for each in columns if not each.hidden]
    identifier = next(each for each in columns if each.name == KEY[1])
    return [
        each._replace(is_pk=KEY.index(each.name) + 1 if each.name in KEY else 0, hidden=0)
        for each in (identifier, *shown)
    ]
