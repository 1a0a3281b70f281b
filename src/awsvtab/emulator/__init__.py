"""The AWS Cloud Control API on this machine: a plug-in for moto that needs no account.

The modules, in the order in which a request passes them. `server` takes it off the socket,
`plugin` from ``mock_aws``; `wire` logs it (`calls`), applies what was ordered to go wrong
(`faults`), and makes bytes a request and an answer bytes. `access` says what the caller may do.
`service` has the eight operations, `changes` the progress events, `holdings` the resources: those
in `store`, moto's own objects of them (`mirror`), and what other clients made there (`adapters`).

Decisions are pure functions of a resource type's schema: `schemas` (what types there are),
`validation`, `identifiers`, `patches`, `parents`, and `values` (what AWS makes up, with `formats`,
`examples` and `patterns`). What schemas do not say, parents and where rows live, is the catalog's.
`controls` are the settings; `account` and `emulator` are what tests hold in their hands.
"""

from . import plugin as plugin
from .account import Account, mocked
from .calls import Call, Calls
from .controls import Asynchrony, Clock, Listing
from .emulator import Emulator
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
