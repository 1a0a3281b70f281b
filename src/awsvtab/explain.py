"""What a statement would ask of AWS: access paths, calls, IAM actions. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from awsvtab.catalog import Catalog, ResourceType
from awsvtab.catalog.columns import property_columns
from awsvtab.introspect import METHODS
from awsvtab.plan import Access, Plan, Role, Use

# Cloud Control has no IAM prefix of its own:
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html
OPERATIONS = {
    "create": "CreateResource",
    "read": "GetResource",
    "update": "UpdateResource",
    "delete": "DeleteResource",
    "list": "ListResources",
}
WAITING = "cloudformation:GetResourceRequestStatus"
WRITES = {"SQLITE_INSERT": "create", "SQLITE_UPDATE": "update", "SQLITE_DELETE": "delete"}


@dataclass(frozen=True, slots=True)
class AccessPath:
    """How a statement reaches the resources of one type.

    ``access`` is ``get`` (by identifier), ``list``, ``list by parent`` (of those that are listed
    first) or ``hash`` (one listing, in which rows are looked up); of a write ``create``, ``update``
    or ``delete``. ``keys`` are the columns that narrow the calls, and ``reads`` the types that are
    listed on the way. ``calls`` is what is known to be sent first, by operation, as long as nothing
    is known of the answers; ``exact`` says that no more will follow. ``methods`` are the ones that
    may be used, in StackQL's words, and ``actions`` what IAM has to allow for them.
    """

    table: str
    type_name: str
    access: str
    keys: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    calls: tuple[tuple[str, int], ...] = ()
    exact: bool = False
    methods: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()

    def __str__(self) -> str:
        by = f" by {', '.join(self.keys)}" if self.keys else ""
        return f"{self.access} {self.table}{by}: {self._cost()}"

    def _cost(self) -> str:
        if self.access in WRITES.values():
            return f"{OPERATIONS[self.access]} for each row, and its status until it is done"
        counted = ", ".join(f"{count} {operation}" for operation, count in self.calls)
        if self.exact:
            return counted or "no call"
        return f"{counted} and more" if counted else "calls not known"


@dataclass(frozen=True, slots=True)
class Explanation:
    """The access paths of a statement, in the order in which it comes to them."""

    paths: tuple[AccessPath, ...]

    @property
    def actions(self) -> tuple[str, ...]:
        """The IAM actions that the statement may need, sorted."""
        return tuple(sorted({action for path in self.paths for action in path.actions}))

    def __str__(self) -> str:
        return "\n".join(map(str, self.paths)) or "no AWS table is used"


def reading(
    catalog: Catalog,
    resource_type: ResourceType,
    plan: Plan,
    calls: Counter[str],
    certain: bool,
) -> AccessPath:
    """The access path of a scan, with the calls that it was seen to begin with."""
    parents = () if plan.access is Access.GET else _parents(catalog, resource_type, plan)
    hydrates = plan.access is Access.LIST and _hydrates(resource_type, plan)
    handlers = [(resource_type, "read" if plan.access is Access.GET else "list")]
    handlers += [(resource_type, "read")] if hydrates else []
    for parent in parents:
        handlers += [(parent, "list"), (parent, "read")]
    keys = (each for each in plan.arguments if each.use is Use.KEY)
    return _path(
        resource_type,
        access=_access(plan, parents),
        keys=tuple(_spelled(resource_type, each.role, each.property) for each in keys),
        reads=tuple(parent.name for parent in parents),
        calls=tuple(sorted(calls.items())),
        exact=certain and plan.access is Access.GET,
        handlers=handlers,
    )


def writing(resource_type: ResourceType, handler: str) -> AccessPath:
    """The access path of a write; how many there will be is not known."""
    return _path(resource_type, access=handler, handlers=[(resource_type, handler)])


def _path(
    resource_type: ResourceType, *, handlers: Sequence[tuple[ResourceType, str]], **known: Any
) -> AccessPath:
    own = (handler for each, handler in handlers if each is resource_type)
    return AccessPath(
        table=resource_type.dotted_name,
        type_name=resource_type.name,
        methods=tuple(METHODS[handler][0] for handler in own),
        actions=tuple(sorted({a for each in handlers for a in _actions(*each)})),
        **known,
    )


def _actions(resource_type: ResourceType, handler: str) -> Iterator[str]:
    yield f"cloudformation:{OPERATIONS[handler]}"
    yield from resource_type.handlers.get(handler, ())
    if handler in WRITES.values():
        yield WAITING


def _access(plan: Plan, parents: Sequence[ResourceType]) -> str:
    if plan.access is Access.GET:
        return "get"
    if any(each.use is Use.HASH for each in plan.arguments):
        return "hash"
    return "list by parent" if parents else "list"


def _parents(catalog: Catalog, resource_type: ResourceType, plan: Plan) -> tuple[ResourceType, ...]:
    """The types that are listed before this one can be, outermost last."""
    if resource_type.region_source is not None and resource_type.region_source.type_name:
        return (catalog.type(resource_type.region_source.type_name),)
    given = {each.property for each in plan.arguments if each.use is Use.KEY}
    if not resource_type.list_requires or any(
        given.issuperset(required) for required in resource_type.list_requires
    ):
        return ()
    found: dict[str, ResourceType] = {}
    wanted = [resource_type]
    while wanted:
        for parent in wanted.pop().parents:
            name = parent.type_name
            if name is not None and name != resource_type.name and name not in found:
                found[name] = catalog.type(name)
                wanted.append(found[name])
    return tuple(found.values())


def _hydrates(resource_type: ResourceType, plan: Plan) -> bool:
    """Whether resources may be read one by one: what a listing gives beyond keys is not known."""
    if not resource_type.can("read"):
        return False
    known = {each.property for each in plan.arguments if each.use is Use.KEY}
    known |= {
        name
        for name in resource_type.identifier
        if name in resource_type.by_name and resource_type.by_name[name].json_type == "string"
    }
    return plan.whole or not plan.needs <= known


def _spelled(resource_type: ResourceType, role: Role, name: str) -> str:
    """The column that a key is about."""
    if role is Role.PROPERTY:
        return property_columns(resource_type)[name]
    return {Role.REGION: "region", Role.IDENTIFIER: "data__Identifier"}[role]
