"""Live AWS resources as SQLite tables."""

from awsvtab.apply import WriteProgress
from awsvtab.asking import ReadProgress
from awsvtab.cloudcontrol import ProgressEvent
from awsvtab.dbapi import *  # noqa: F403 - the driver's public names are the package's
from awsvtab.dbapi import __all__ as _driver
from awsvtab.errors import AwsError, AwsWarning
from awsvtab.recovery import Recovered, recover
from awsvtab.registration import Registration, register
from awsvtab.version import __version__

__all__ = [
    *_driver,
    "AwsError",
    "AwsWarning",
    "ProgressEvent",
    "ReadProgress",
    "Recovered",
    "Registration",
    "WriteProgress",
    "__version__",
    "recover",
    "register",
]
