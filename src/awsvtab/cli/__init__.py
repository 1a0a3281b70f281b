"""The command ``awsvtab``."""

from awsvtab.cli.main import main

__all__ = ["main"]
