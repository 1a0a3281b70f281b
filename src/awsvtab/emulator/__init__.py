"""The AWS Cloud Control API on this machine: a plug-in for moto that needs no account.

The modules, in the order in which a request passes them: `server` takes it off the socket and
`plugin` from ``mock_aws``; `wire` makes bytes a request and answers bytes; `service` has the eight
operations. These decide with pure functions: `schemas` (what types there are), `validation`,
`identifiers`, `patches`, `parents`, and `values` (what AWS makes up, with `formats`, `examples` and
`patterns`). State is in `store` (resources) and `changes` (progress events), settings in
`controls`, `faults` and `calls`. `emulator` is what tests hold in their hands.
"""

from . import plugin as plugin
from .calls import Call, Calls
from .controls import Asynchrony, Clock, Listing
from .emulator import Account, Emulator, mocked
from .faults import Fault, Faults

__all__ = [
    "Account",
    "Asynchrony",
    "Call",
    "Calls",
    "Clock",
    "Emulator",
    "Fault",
    "Faults",
    "Listing",
    "mocked",
]
