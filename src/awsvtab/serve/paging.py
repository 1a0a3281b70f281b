"""A table page's SELECT, so that only the resources on the page are read: text to text."""

from __future__ import annotations

from dataclasses import dataclass

from datasette.utils import escape_sqlite

REGION = "region"
IDENTIFIER = "Identifier"
KEY = (REGION, IDENTIFIER)
"""What tells the rows of an AWS table apart, as Datasette's primary key."""


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
