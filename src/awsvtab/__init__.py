"""Live AWS resources as SQLite tables."""

from typing import TYPE_CHECKING

from awsvtab import dbapi as dbapi2
from awsvtab.apply import WriteProgress
from awsvtab.asking import ReadProgress
from awsvtab.cloudcontrol import ProgressEvent
from awsvtab.dbapi import *  # noqa: F403 - the driver's public names are the package's
from awsvtab.dbapi import __all__ as _driver
from awsvtab.dbapi.constants import *  # noqa: F403 - again, for mypy, which does not find them above
from awsvtab.dbapi.module import outdated
from awsvtab.errors import AwsError, AwsWarning
from awsvtab.explain import AccessPath, Explanation
from awsvtab.policies import policy
from awsvtab.recovery import Recovered, recover
from awsvtab.registration import Registration, register
from awsvtab.version import __version__
from awsvtab.write_tables import PendingChange

__all__ = [
    *_driver,
    "AccessPath",
    "AwsError",
    "AwsWarning",
    "Explanation",
    "PendingChange",
    "ProgressEvent",
    "ReadProgress",
    "Recovered",
    "Registration",
    "WriteProgress",
    "__version__",
    "dbapi2",
    "policy",
    "recover",
    "register",
]

if TYPE_CHECKING:
    version: str
    version_info: tuple[int, int, int]
else:
    del version  # noqa: F821 - the module; sqlite3 has another `version`
    __getattr__ = outdated
