"""What a statement would ask of AWS: access paths, calls, IAM actions. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from awsvtab.catalog import Catalog, Parent, ResourceType
from awsvtab.catalog.actions import iam_actions
from awsvtab.catalog.columns import property_columns
from awsvtab.introspect import METHODS
from awsvtab.keys import parent_properties
from awsvtab.plan import Access, Plan, Role, Use

# Cloud Control has no IAM prefix of its own:
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_cloudcontrol.html
OPERATIONS = {
    "create": "CreateResource",
    "read": "GetResource",
    "update": "UpdateResource",
    "delete": "DeleteResource",
    "list": "ListResources",
}
WRITES = {"SQLITE_INSERT": "create", "SQLITE_UPDATE": "update", "SQLITE_DELETE": "delete"}
STATUS = "cloudformation:GetResourceRequestStatus"
REQUESTS = "cloudformation:ListResourceRequests"
REGIONS = "ec2:DescribeRegions"
DESCRIPTION = "cloudformation:DescribeType"
CALLED = frozenset(
    {*(f"cloudformation:{each}" for each in OPERATIONS.values()), STATUS, REQUESTS, REGIONS}
    | {DESCRIPTION}
)
"""The actions of awsvtab's own calls. GetCallerIdentity needs no permission:
https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"""

Handler = tuple[ResourceType, str]
"""A resource type, and one of ``create``, ``read``, ``update``, ``delete``, ``list``."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What of a connection decides about its calls.

    ``everywhere``: its regions are all that are enabled for the account, which it has to ask for.
    ``described`` tells of which types, by name, it asks AWS for the schema.
    """

    catalog: Catalog
    everywhere: bool = False
    described: Callable[[str], bool] = lambda name: False


@dataclass(frozen=True, slots=True)
class AccessPath:
    """How a statement reaches the resources of one type.

    ``access`` is ``get`` (by identifier), ``list``, ``list by parent`` (of those that are listed
    first) or ``hash`` (one listing, in which rows are looked up); of a write ``create``, ``update``
    or ``delete``. ``keys`` are the columns that narrow the calls. ``calls`` is what is known to be
    sent first, by operation, as long as nothing is known of the answers; ``exact`` says that no
    more will follow. ``uses`` are the methods that may be used, in StackQL's words, each with its
    type's name, and ``actions`` what IAM has to allow for them. The path to
    ``aws_resource_requests`` has no type.
    """

    table: str
    type_name: str
    access: str
    keys: tuple[str, ...] = ()
    calls: tuple[tuple[str, int], ...] = ()
    exact: bool = False
    uses: tuple[tuple[str, str], ...] = ()
    actions: tuple[str, ...] = ()

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods of the type itself."""
        return tuple(method for type_name, method in self.uses if type_name == self.type_name)

    @property
    def reads(self) -> tuple[str, ...]:
        """The other types that are read on the way."""
        return tuple(dict.fromkeys(each for each, _ in self.uses if each != self.type_name))

    def __str__(self) -> str:
        return f"{self.what}: {self.cost}"

    @property
    def what(self) -> str:
        """How the rows of which table are reached, by which columns."""
        by = f" by {', '.join(self.keys)}" if self.keys else ""
        return f"{self.access} {self.table}{by}"

    @property
    def cost(self) -> str:
        """The calls, as far as they are known."""
        if self.access == "create" and "get_resource" in self.methods:
            return "GetResource for each row; CreateResource, and its status, if it is not there"
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
        return iam_actions(action for path in self.paths for action in path.actions)

    def __str__(self) -> str:
        return "\n".join(map(str, self.paths)) or "no AWS table is used"


def reading(
    setting: Setting,
    resource_type: ResourceType,
    plan: Plan,
    calls: Counter[str],
    certain: bool,
) -> AccessPath:
    """The access path of a scan, with the calls that it was seen to begin with."""
    keys = [each for each in plan.arguments if each.use is Use.KEY]
    given = frozenset(each.property for each in keys if each.role is Role.PROPERTY)
    is_get = plan.access is Access.GET
    spans = resource_type.region_source is not None and calls["GetResource"] == 0
    if is_get and not (spans and resource_type.can("list")):
        handlers = [(resource_type, "read")]
    else:
        # Of what spans regions, the identifier alone tells in none of several where it is.
        needs = None if plan.whole or is_get else plan.needs
        handlers = list(_listing(setting.catalog, resource_type, given, needs))
    by_key = {(each.name, handler): (each, handler) for each, handler in handlers}
    handlers = [each for each in by_key.values() if each[0].can(each[1])]
    others = any(each.name != resource_type.name for each, _ in handlers)
    return AccessPath(
        table=resource_type.dotted_name,
        type_name=resource_type.name,
        access=_access(plan, others and bool(resource_type.list_requires)),
        keys=tuple(_spelled(resource_type, each.role, each.property) for each in keys),
        calls=tuple(sorted(calls.items())),
        exact=certain and is_get and calls["ListResources"] == 0,
        uses=_uses(handlers),
        actions=_actions(setting, handlers),
    )


def writing(setting: Setting, resource_type: ResourceType, *handlers: str) -> AccessPath:
    """The access path of a write by the first of the handlers; how many there will be is not known.

    The others are those that it may use besides.
    """
    used = [(resource_type, each) for each in handlers if resource_type.can(each)]
    return AccessPath(
        table=resource_type.dotted_name,
        type_name=resource_type.name,
        access=handlers[0],
        uses=_uses(used),
        actions=_actions(setting, used),
    )


def asking_for_requests(setting: Setting, table: str) -> AccessPath:
    """The access path of the table of what was asked of AWS."""
    regions = (REGIONS,) if setting.everywhere else ()
    return AccessPath(
        table=table,
        type_name="",
        access="list",
        calls=(("ListResourceRequests", 1),),
        actions=(REQUESTS, *regions),
    )


def _uses(handlers: Iterable[Handler]) -> tuple[tuple[str, str], ...]:
    return tuple((each.name, METHODS[handler][0]) for each, handler in handlers)


def _actions(setting: Setting, handlers: Sequence[Handler]) -> tuple[str, ...]:
    return iam_actions(_permissions(setting, handlers))


def _permissions(setting: Setting, handlers: Sequence[Handler]) -> Iterator[str]:
    for resource_type, handler in handlers:
        yield f"cloudformation:{OPERATIONS[handler]}"
        yield from resource_type.handlers.get(handler, ())
        if handler in WRITES.values():
            yield STATUS
        if setting.everywhere and not resource_type.is_global:
            yield REGIONS
        if setting.described(resource_type.name):
            yield DESCRIPTION


def _access(plan: Plan, by_parents: bool) -> str:
    if plan.access is Access.GET:
        return "get"
    if any(each.use is Use.HASH for each in plan.arguments):
        return "hash"
    return "list by parent" if by_parents else "list"


def _listing(
    catalog: Catalog,
    resource_type: ResourceType,
    given: Collection[str],
    needs: frozenset[str] | None,
    walked: frozenset[str] = frozenset(),
) -> Iterator[Handler]:
    """What lists the rows with the ``given`` properties, and those that they need (None: all).

    A listing is sure to give no more than identifiers. ``walked`` are the types further down.
    """
    yield resource_type, "list"
    source = resource_type.region_source
    if source is not None and source.type_name is not None:
        yield catalog.type(source.type_name), "list"
    told = {name for name in resource_type.identifier if _is_text(resource_type, name)}
    if any(set(required) <= set(given) for required in resource_type.list_requires):
        told |= set(given)
    elif resource_type.list_requires:
        told |= set.intersection(*map(set, resource_type.list_requires))
        for parent in resource_type.parents:
            yield from _above(catalog, resource_type, parent, given, told, walked)
    if needs is None or not needs <= told:
        yield resource_type, "read"


def _above(
    catalog: Catalog,
    resource_type: ResourceType,
    parent: Parent,
    given: Collection[str],
    told: Collection[str],
    walked: frozenset[str],
) -> Iterator[Handler]:
    """What reads the rows that a parent's values come from."""
    if parent.type_name == resource_type.name:
        if not parent.sources <= set(told):
            yield resource_type, "read"
    elif parent.type_name is not None and parent.type_name not in walked:
        above = catalog.type(parent.type_name)
        names = parent_properties(resource_type, parent, above)
        known = frozenset(names[name] for name in given if name in names)
        if above.can("read") and known.issuperset(above.identifier):
            yield above, "read"
        else:
            walked = walked | {resource_type.name}
            yield from _listing(catalog, above, known, parent.sources, walked)


def _is_text(resource_type: ResourceType, name: str) -> bool:
    prop = resource_type.by_name.get(name)
    return prop is not None and prop.json_type == "string"


def _spelled(resource_type: ResourceType, role: Role, name: str) -> str:
    """The column that a key is about."""
    if role is Role.PROPERTY:
        return property_columns(resource_type)[name]
    return {Role.REGION: "region", Role.IDENTIFIER: "data__Identifier"}[role]
