"""AWS tables over a Cloud Control that is none: pages of ready text, and no time between them.

For the benchmarks of what awsvtab itself costs; run by itself it does nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, cast

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

import apsw

from awsvtab.asking import Asker
from awsvtab.catalog import catalog
from awsvtab.changes import Changes
from awsvtab.cloudcontrol import Page
from awsvtab.commit import Committer
from awsvtab.execution import Execution
from awsvtab.options import Options
from awsvtab.pool import Pool
from awsvtab.rerun import Rerun
from awsvtab.scan import Reach, Scanner
from awsvtab.snapshot import Snapshot
from awsvtab.statements import Statements
from awsvtab.values import dump_json
from awsvtab.vtable import Engine, Module

TYPE = catalog().type("AWS::EC2::Host")
TABLE = TYPE.table_name
PAGE_ROWS = 100
READY_ROWS = 10_000  # whose text is made only once
REGION = "us-east-1"
TEXTS = [prop.name for prop in TYPE.properties if prop.json_type == "string"][:9]


def values(row: int) -> list[str]:
    """The nine texts of a row."""
    return [f"{name.lower()}-{row:07}" for name in TEXTS]


class Pages:
    """Stands for `awsvtab.cloudcontrol.CloudControl`: ``rows`` hosts in one region.

    ``whole`` listings have all nine properties, others the identifier only.
    """

    def __init__(self, rows: int, whole: bool) -> None:
        self.rows = rows
        self.whole = whole
        self.text = lru_cache(maxsize=READY_ROWS)(self._text)

    def is_region(self, name: str) -> bool:
        return True

    def list_page(self, place: Any, name: Any, model: Any, token: str | None, *_: Any) -> Page:
        first = int(token or 0)
        last = min(first + PAGE_ROWS, self.rows)
        texts = tuple(self.text(row) for row in range(first, last))
        return Page(texts, str(last) if last < self.rows else None)

    def get(self, place: Any, name: Any, identifier: str, *_: Any) -> tuple[str, str]:
        row = int(identifier.rsplit("-", 1)[1])
        return identifier, dump_json(dict(zip(TEXTS, values(row), strict=True)))

    def _text(self, row: int) -> tuple[str, str]:
        identifier = values(row)[TEXTS.index(TYPE.identifier[0])]
        if self.whole:
            return self.get(None, None, identifier)
        return identifier, dump_json({TYPE.identifier[0]: identifier})


@contextmanager
def offline(pages: Pages, snapshots: list[Snapshot] | None = None) -> Iterator[apsw.Connection]:
    """An APSW connection with the one table, whose calls are answered from ``pages``.

    The statements' snapshots are added to ``snapshots``.
    """
    connection = apsw.Connection(":memory:")
    cloudcontrol: Any = pages
    options = Options()
    changes = Changes()
    statements = Statements(connection, changes)
    pool = Pool(options.concurrency)

    def new_snapshot(execution: Execution | None) -> Snapshot:
        interrupted = partial(getattr, connection, "is_interrupted")
        snapshot = Snapshot(cloudcontrol, pool, interrupted, options.rows_in_memory, Asker())
        if snapshots is not None:
            snapshots.append(snapshot)
        return snapshot

    engine = Engine(
        connection=connection,
        catalog=catalog(),
        short_names={},
        scanner=Scanner(catalog(), cloudcontrol, options.concurrency, Reach(regions=(REGION,))),
        statements=statements,
        rerun=Rerun(connection, statements, options.concurrency),
        changes=changes,
        new_snapshot=new_snapshot,
        committer=cast(Committer, None),  # nothing is written
    )
    module: Any = Module(engine)
    connection.create_module(
        TABLE, module, use_bestindex_object=True, use_no_change=True, iVersion=2, eponymous=True
    )
    yield connection
    connection.close()
    pool.close()
