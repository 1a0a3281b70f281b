"""How SQLAlchemy's own tests set databases up, which they look up by a URL's first name."""

from __future__ import annotations

from sqlalchemy.dialects.sqlite import provision as sqlite
from sqlalchemy.testing.provision import register

# Of a SQLite database, this dialect's is set up as any other.
for steps in vars(sqlite).values():
    if isinstance(steps, register) and "sqlite" in steps.fns:
        steps.for_db("awsvtab")(steps.fns["sqlite"])
