"""Datasette over an awsvtab connection: AWS in a browser, read-only."""

from awsvtab.serve.app import datasette_for

__all__ = ["datasette_for"]
