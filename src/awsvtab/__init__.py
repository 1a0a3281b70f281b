"""Live AWS resources as SQLite tables."""

from awsvtab.asking import ReadProgress
from awsvtab.dbapi import *  # noqa: F403 - the driver's public names are the package's
from awsvtab.dbapi import __all__ as _driver
from awsvtab.errors import AwsError, AwsWarning
from awsvtab.registration import Registration, register
from awsvtab.version import __version__

__all__ = [
    *_driver,
    "AwsError",
    "AwsWarning",
    "ReadProgress",
    "Registration",
    "__version__",
    "register",
]
