"""A table page's SELECT, so that only the resources on the page are read: text to text."""

from __future__ import annotations

from dataclasses import dataclass, replace

from datasette.utils import escape_sqlite, tilde_decode

REGION = "region"
IDENTIFIER = "Identifier"
KEY = (REGION, IDENTIFIER)
"""What tells the rows of an AWS table apart, as Datasette's primary key."""
NULL = "$null"  # as Datasette writes it in ``_next``


@dataclass(frozen=True, slots=True)
class Page:
    """Datasette's SELECT of one page: ``SELECT columns FROM table rest ORDER BY … LIMIT …``.

    ``limit`` is a row more than the page shows: whether there is one tells whether to go on.
    """

    columns: str
    table: str
    rest: str
    order: str
    limit: int

    def sql(self, size: int) -> str:
        """The first ``size`` rows, and one of NULLs behind them where there are more.

        Datasette's own SELECT would sort whole resources, and so read all of them. Here what
        sorts needs their keys, which listings give. The page is sorted by its key in the end, or
        else rows that a sort puts at the same place could come on two pages, or on none.
        """
        key = ", ".join(KEY)
        order = self.order if self._is_by_key else f"{self.order}, {key}"
        return (
            "WITH page(page_row, page_region, page_identifier) AS MATERIALIZED ("
            f"SELECT row_number() OVER (ORDER BY {order}) AS page_row, {key} "
            f"FROM {self.table} {self.rest} ORDER BY page_row LIMIT {size + 1}) "
            f"SELECT {self.columns} FROM page LEFT JOIN {self.table} "
            f"ON {self.table}.{REGION} = page_region AND {self.table}.{IDENTIFIER} = "
            f"CASE WHEN page_row <= {size} THEN page_identifier END "
            f"WHERE page_row > {size} OR {self.table}.{IDENTIFIER} = page_identifier "
            "ORDER BY page_row"
        )

    def following(self, token: str) -> tuple[Page, dict[str, str | None]]:
        """The page behind the row that a ``_next`` names, and the parameters that it needs.

        Datasette itself would put this into the conditions of facets, too, which then counted the
        rows of this page and those behind it. ValueError for what is no such name.
        """
        parts = token.split(",")
        if len(parts) != len(KEY) + (not self._is_by_key):
            raise ValueError(f"_next={token} leads nowhere: begin with the first page")
        *sorts, region, identifier = parts
        behind = "(region > :next_region OR (region = :next_region AND Identifier > :next_key))"
        params = {"next_region": tilde_decode(region), "next_key": tilde_decode(identifier)}
        if sorts:
            column, descending = self.order.removesuffix(" desc"), self.order.endswith(" desc")
            beyond = f"{column} {'<' if descending else '>'} :next_value"
            is_null = sorts[0] == NULL
            same = f"({column} {'IS' if is_null else '='} :next_value AND {behind})"
            more = [same] if is_null else [same, beyond]
            if is_null != descending:  # NULLs come first, and last where the order is descending
                more.append(f"{column} IS {'NOT ' if is_null else ''}NULL")
            behind = f"({' OR '.join(more)})"
            params["next_value"] = None if is_null else tilde_decode(sorts[0])
        given = self.rest.removeprefix("where ")
        rest = f"where ({given}) and {behind}" if given else f"where {behind}"
        return replace(self, rest=rest), params

    def plain(self, name: str) -> str:
        """About the same rows as people would write it, of a table that they call ``name``.

        It is sorted where somebody asked for that: to sort is to read all resources.
        """
        order = "" if self._is_by_key else f"ORDER BY {self.order}"
        lines = (f"SELECT {self.columns}", f"FROM {name}", self.rest, order)
        return "\n".join([*filter(None, lines), f"LIMIT {self.limit - 1}"])

    @property
    def _is_by_key(self) -> bool:
        return self.order == ", ".join(KEY)


def page_of(sql: str, table: str) -> Page:
    """What `datasette.views.table.TableView` has written for a page of a table."""
    name = escape_sqlite(table)
    select, _, rest = sql.partition(f" from {name} ")
    rest, _, limit = rest.rpartition(" limit ")
    rest, _, order = rest.rpartition("order by ")
    return Page(select.removeprefix("select "), name, rest.strip(), order.strip(), int(limit))
