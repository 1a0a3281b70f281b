"""The application: Datasette with our database, views and pages."""

from __future__ import annotations

import functools
import re
import sys
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from datasette.app import Datasette
from datasette.utils import tilde_decode
from datasette.utils.asgi import NotFound, Request, Response
from datasette.views.database import DatabaseView
from datasette.views.row import RowView
from datasette.views.table import TableView

import awsvtab
from awsvtab.curated import stored_name
from awsvtab.serve import directory
from awsvtab.serve.database import NAME, AwsDatabase
from awsvtab.serve.guard import Application, guarded
from awsvtab.serve.problems import Problem, problem_of
from awsvtab.serve.views import QueryPage, RowPage, TablePage

View = Callable[[Request, Any], Awaitable[Any]]

HERE = Path(__file__).parent
QUERIES_AT_ONCE = 8
FOUND_MOST = 100
CELL_LENGTH = 150  # characters; a row's own page has all of them
ROWS_ASKED_FOR = 10**9  # more than a table has: exports are never cut short

_OURS: dict[Any, Any] = {TableView: TablePage, RowView: RowPage, DatabaseView: QueryPage}
_FILES = ("/-/static", "/-/awsvtab", "/favicon.ico")
_OWN_TABLES = r"""
    SELECT name, type, sql FROM sqlite_schema
    WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name
"""


def datasette_for(
    connection: awsvtab.Connection,
    path: str | None = None,
    *,
    time_limit_s: float = 60,
    spelled: Callable[[str], str] = str,
) -> AwsDatasette:
    """Datasette over connections that share ``connection``'s way to AWS; close it before that.

    ``connection`` should be read-only, and keep what it read for a while (``cache_ttl``), or else a
    page that counts its rows lists them twice. ``path`` is the SQLite file whose tables are shown;
    it is opened read-only. A statement may take ``time_limit_s``. ``spelled`` puts messages into
    the words of whoever calls this.
    """
    return AwsDatasette(connection, path, time_limit_s, spelled)


class AwsDatasette(Datasette):
    """Datasette with one database, in which AWS's resource types are tables."""

    def __init__(
        self,
        connection: awsvtab.Connection,
        path: str | None,
        time_limit_s: float,
        spelled: Callable[[str], str],
    ) -> None:
        self.spelled = spelled
        self._connection = connection
        self._time_limit_s = time_limit_s
        milliseconds = int(time_limit_s * 1000)
        super().__init__(
            template_dir=str(HERE / "templates"),
            static_mounts=[("-/awsvtab", str(HERE / "static"))],
            metadata={
                "databases": {NAME: {"title": "SQL"}},
                "extra_css_urls": ["/-/awsvtab/serve.css"],
            },
            settings={
                "num_sql_threads": QUERIES_AT_ONCE,
                "sql_time_limit_ms": milliseconds,
                "facet_time_limit_ms": milliseconds,
                "suggest_facets": False,  # it would read all columns of all resources
                "max_returned_rows": ROWS_ASKED_FOR,
                "max_csv_mb": 0,
                "allow_csv_stream": False,  # CSV is of all rows anyway
                "allow_download": False,
                "default_cache_ttl": 0,
                "truncate_cells_html": CELL_LENGTH,
            },
        )
        self.remove_database("_memory")
        self.add_database(self._database(path), name=NAME)

    @property
    def aws(self) -> AwsDatabase:
        """The one database that pages show."""
        database: AwsDatabase = self.databases[NAME]
        return database

    def close(self) -> None:
        """Ends the threads, and closes their connections."""
        self.executor.shutdown()
        self.aws.close()
        self.databases["_internal"].close()

    def app(self) -> Application:
        """The ASGI application, which lets no other site's requests through."""
        return guarded(super().app())

    def _database(self, path: str | None) -> AwsDatabase:
        name = ":memory:" if path is None else f"{Path(path).absolute().as_uri()}?mode=ro"

        def open_another() -> awsvtab.Connection:
            return awsvtab.connect(name, uri=True, check_same_thread=False, share=self._connection)

        return AwsDatabase(self, self._connection, open_another, self._time_limit_s, path)

    def _routes(self) -> list[tuple[re.Pattern[str], View]]:
        """Our pages, our views in the place of Datasette's, and of its others only files."""
        pages: list[tuple[str, View]] = [
            (r"/$", self._index_page),
            (r"/services/(?P<service>[^/]+)$", self._service_page),
        ]
        routes = [(re.compile(pattern), view) for pattern, view in pages]
        for pattern, view in super()._routes():
            ours = _OURS.get(getattr(view, "view_class", None))
            if ours is not None:
                routes.append((pattern, ours.as_view(self)))
            elif pattern.pattern.startswith(_FILES):
                routes.append((pattern, view))
        routes.append((re.compile(r"/.*[^/]$"), _no_page))
        return [(pattern, self._reporting(view)) for pattern, view in routes]

    async def _index_page(self, request: Request, send: Any) -> Response:
        return await self.index(request)

    async def index(self, request: Request) -> Response:
        """The tables of the file, the services, and what a search finds. Asks AWS nothing."""
        words = request.args.get("q") or ""
        catalog = self.aws.catalog
        return await self._page(
            "aws_index.html",
            request,
            own=await self._own_tables(),
            services=directory.services(catalog),
            words=words,
            found=directory.search(catalog, words, FOUND_MOST) if words.strip() else None,
            most=FOUND_MOST,
        )

    async def _own_tables(self) -> list[tuple[str, str]]:
        """The names of tables and views that the user has made or asked for, and what each is."""
        short = self._connection._registration.short_names
        rows = (await self.aws.execute(_OWN_TABLES)).rows
        stored = [(name, stored_name(sql) or f"a {kind} of the file") for name, kind, sql in rows]
        return [*stored, *((name, each.dotted_name) for name, each in sorted(short.items()))]

    async def _service_page(self, request: Request, send: Any) -> Response:
        """The tables of a service. Asks AWS nothing."""
        service = tilde_decode(request.url_vars["service"])
        tables = directory.tables_of(self.aws.catalog, service)
        if not tables:
            raise NotFound(f"no such service: {service}")
        return await self._page("aws_service.html", request, service=service, tables=tables)

    async def _page(self, template: str, request: Request, **context: Any) -> Response:
        context["database"] = NAME
        return Response.html(await self.render_template(template, context, request=request))

    def _reporting(self, view: View) -> View:
        """The view; what goes wrong in it becomes a page, or JSON where that was asked for."""

        @functools.wraps(view)
        async def reporting(request: Request, send: Any) -> Any:
            try:
                await self.refresh_schemas()
                return await view(request, send)
            except Exception as error:
                if isinstance(error, NotFound) and "%" in request.path:
                    raise  # Datasette knows another spelling of the address
                problem = problem_of(error, self._time_limit_s, self.spelled)
                if problem.status == 500:
                    traceback.print_exception(error, file=sys.stderr)
                return await self._report(request, problem)

        return reporting

    async def _report(self, request: Request, problem: Problem) -> Response:
        format_name = request.url_vars.get("format")
        if format_name == "json":
            return Response.json(
                {
                    "ok": False,
                    "error": problem.message,
                    "status": problem.status,
                    "title": problem.title,
                },
                status=problem.status,
            )
        if format_name is not None:
            return Response.text(problem.message + "\n", status=problem.status)
        context: dict[str, Any] = {"problem": problem}
        table = request.url_vars.get("table")
        resource_type = None if table is None else self.aws.catalog.table(tilde_decode(table))
        if resource_type is not None:
            context["resource"] = directory.table(resource_type)
            context["region"] = self._connection._registration.cloudcontrol.default_region()
        page = await self.render_template("aws_problem.html", context, request=request)
        return Response.html(page, status=problem.status)


async def _no_page(request: Request, send: Any) -> Response:
    raise NotFound(f"{request.path} is no page of this server")
