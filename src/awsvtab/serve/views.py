"""Datasette's views of rows, fitted to AWS tables."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlencode

from datasette.filters import Filters
from datasette.utils import path_with_replaced_args, tilde_decode, tilde_encode
from datasette.utils.asgi import BadRequest, NotFound, Request, Response
from datasette.views.database import DatabaseView
from datasette.views.row import RowView
from datasette.views.table import Row, TableView
from markupsafe import Markup, escape

from awsvtab.serve import directory
from awsvtab.serve.database import NAME, OWN_TABLE, AwsDatabase, Showing, showing
from awsvtab.serve.paging import IDENTIFIER, KEY, page_of

Extras = Callable[[], Awaitable[dict[str, Any]]]


class TablePage(TableView):
    """The rows of a table, a page at a time; as CSV all of them."""

    async def get(self, request: Request) -> Response:
        """The page, as HTML, JSON or CSV."""
        _check_address(request)
        db: AwsDatabase = self.ds.aws
        table = tilde_decode(request.url_vars["table"])
        if request.url_vars["format"] == "csv":
            request = _of_all_rows(request)
        aws_table = table if await db.is_aws(table) else None
        after = None
        is_view = await db.get_view_definition(table) is not None
        if not is_view:
            request, after = _without_next(request)
        as_text = is_view and request.url_vars["format"] != "json"
        with _shows(Showing(aws_table, whole=True, after=after, binary_as_text=as_text)):
            return await super().get(request)

    async def data(self, request: Request, *arguments: Any, **options: Any) -> Any:
        """Datasette's context; of an AWS table with its type, and rows linked by identifiers."""
        db: AwsDatabase = self.ds.aws
        table = tilde_decode(request.url_vars["table"])
        _check_names(request, await db.known_columns(table), await db.table_columns(table))
        if any(key.startswith("_search") for key in request.args) and not await db.fts_table(table):
            raise BadRequest("the table has no full-text index to search: write column__contains=…")
        found = await super().data(request, *arguments, **options)
        if isinstance(found, Response):
            return found
        data, extras, templates = found
        shown = showing.get()
        if shown.table is None:
            if not data["is_view"]:
                self._count_on(request, data, int(shown.after or 0))
            return data, _without_view(extras), templates
        resource_type = await db.resource_type(table)
        resource = None if resource_type is None else directory.table(resource_type)
        is_curated = resource is None or await db.is_stored(table)
        title = table if resource is None or is_curated else resource.dotted_name
        page = page_of(data["query"]["sql"], table)
        if shown.after is not None:
            page, more = page.following(shown.after)
            data["query"]["params"] |= more
        data["query"]["sql"] = page.plain(title)
        return data, self._with_type(table, title, resource, extras), templates

    def _count_on(self, request: Request, data: dict[str, Any], before: int) -> None:
        """Says where the next page of a table of one's own begins: behind so many rows.

        Datasette names the last row by its key and what it is sorted by, as text. Where columns
        have no type, numbers are not among the texts behind that, nor is NULL.
        """
        if before:
            data["query"]["sql"] += f" offset {before}"
        if data["next"] is not None:
            data["next"] = str(before + len(data["rows"]))
            path = path_with_replaced_args(request, {"_next": data["next"]})
            data["next_url"] = self.ds.absolute_url(request, self.ds.urls.path(path))

    def _with_type(
        self, table: str, title: str, resource: directory.Table | None, extras: Extras
    ) -> Extras:
        async def more() -> dict[str, Any]:
            context: dict[str, Any] = await extras()
            url = self.ds.urls.table(NAME, table)
            return {
                **context,
                "metadata": {**context["metadata"], "title": title},
                "resource": resource,
                "display_rows": [_linked(row, url) for row in context["display_rows"]],
                "display_columns": _link_columns(context["display_columns"]),
            }

        return more


class RowPage(RowView):
    """One row, all of it: a line for each column."""

    async def data(self, request: Request, *arguments: Any, **options: Any) -> Any:
        """Datasette's context, with the row's ``fields``."""
        _check_address(request)
        data, extras, templates = await super().data(request, *arguments, **options)

        async def more() -> dict[str, Any]:
            context: dict[str, Any] = await extras()
            context["fields"] = [
                (cell["column"], _legible(cell)) for cell in context["display_rows"][0]
            ]
            resource_type = await self.ds.aws.resource_type(data["table"])
            if resource_type is not None:
                context["resource"] = directory.table(resource_type)
            return context

        return data, more, templates


class QueryPage(DatabaseView):
    """What the SQL box returns: the first rows; as JSON and CSV all of them."""

    async def get(self, request: Request) -> Response:
        """The page; without SQL the index, which has a SQL box, too."""
        _check_address(request)
        format_name = request.url_vars["format"]
        if not request.args.get("sql"):
            if format_name is None:
                return await self.ds.index(request)
            if format_name == "csv":
                raise BadRequest("sql is missing: write aws.csv?sql=SELECT…")
        with _shows(Showing(whole=format_name is not None)):
            return await super().get(request)

    async def data(self, request: Request, *arguments: Any, **options: Any) -> Any:
        """Datasette's context. An error is a part of it, but of CSV, which has no place for one."""
        found = await super().data(request, *arguments, **options)
        error = found[0].get("error")
        if error is not None and request.url_vars["format"] == "csv":
            raise BadRequest(error)
        found[0]["error"] = error and self.ds.spelled(error)
        return found


@contextmanager
def _shows(what: Showing) -> Iterator[None]:
    token = showing.set(what)
    try:
        yield
    finally:
        showing.reset(token)


def _check_address(request: Request) -> None:
    """NotFound for Datasette's own database, for those that there are not, and unknown formats."""
    if request.url_vars["format"] not in (None, "json", "csv", "blob"):
        raise NotFound(f"{request.path}: there are .json and .csv")
    name = request.url_vars["database"]
    if tilde_decode(name) != NAME:
        raise NotFound(
            f"there is no database {name}: AWS and the tables of your file are at /{NAME}"
        )


def _of_all_rows(request: Request) -> Request:
    """The request, for all rows where it names no number of them.

    Datasette would stream them page by page, each a statement of its own, and write an error that
    comes between two pages into the CSV.
    """
    more = () if "_size" in request.args else (("_size", "max"),)
    return _without(request, "_stream", *more)


def _without_next(request: Request) -> tuple[Request, str | None]:
    """The request for the first page, and where the one begins that it asks for."""
    return _without(request, "_next"), request.args.get("_next") or None


def _without(request: Request, left_out: str, *more: tuple[str, str]) -> Request:
    given = parse_qsl(request.query_string, keep_blank_values=True)
    pairs = [*((name, value) for name, value in given if name != left_out), *more]
    scope = {**request.scope, "query_string": urlencode(pairs).encode("latin-1")}
    return Request(scope, request.receive)


def _check_names(request: Request, columns: Sequence[str], shown: Sequence[str]) -> None:
    """BadRequest for filters that there are not, which Datasette leaves aside, and for facets.

    Facets are of columns that are shown.
    """
    filters = Filters([(key, "") for key in request.args if key[0:1] != "_" or "__" in key])
    lookups = {key for key, _, _ in filters.lookups()}
    for column, lookup, _ in filters.selections():
        _check_column(column, columns)
        if lookup not in lookups:
            raise BadRequest(f"no such filter: {column}__{lookup}; there are: {', '.join(lookups)}")
    for kind in ("_facet", "_facet_array", "_facet_date"):
        for column in request.args.getlist(kind):
            _check_column(column, shown)


def _check_column(name: str, columns: Sequence[str]) -> None:
    if name.lower() not in {each.lower() for each in columns} | {"rowid"}:
        raise BadRequest(f"no such column: {name}; there are: {', '.join(columns)}")


def _without_view(extras: Extras) -> Extras:
    """The context of a page whose heading does not call awsvtab's own tables views."""

    async def more() -> dict[str, Any]:
        context: dict[str, Any] = await extras()
        if context["view_definition"] == OWN_TABLE:
            context |= {"is_view": False, "view_definition": None}
        return context

    return more


def _linked(row: Row, url: str) -> Row:
    """The row with its identifier in front, as a link, in the place of Datasette's link column."""
    key = ",".join(tilde_encode(str(row[name])) for name in KEY)
    text = escape(row[IDENTIFIER])
    link = Markup('<a href="{}/{}">{}</a>').format(url, key, text)
    cells = [cell for cell in row if cell["column"] not in ("Link", IDENTIFIER)]
    first = {"column": IDENTIFIER, "value": link, "raw": row[IDENTIFIER], "value_type": "pk"}
    return Row([first, *cells])


def _link_columns(columns: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    first = [each for each in columns if each["name"] == IDENTIFIER]
    return first + [each for each in columns if each["name"] not in ("Link", IDENTIFIER)]


def _legible(cell: dict[str, Any]) -> Any:
    """A cell as a page of one row shows it: JSON over several lines."""
    raw = cell["raw"]
    if isinstance(raw, str) and raw[:1] in ("{", "["):
        try:
            text = json.dumps(json.loads(raw), indent=2, ensure_ascii=False)
        except ValueError:
            return cell["value"]
        return Markup("<pre>{}</pre>").format(text)
    return cell["value"]
