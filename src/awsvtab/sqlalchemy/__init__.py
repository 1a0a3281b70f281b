"""``awsvtab://`` for SQLAlchemy 2."""

from awsvtab.sqlalchemy.dialect import AwsvtabDialect

__all__ = ["AwsvtabDialect"]
