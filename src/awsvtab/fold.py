"""The queue to the plan that is sent: what several changes of a resource come to. Pure.

Folding waits until COMMIT: ROLLBACK TO may still take single changes back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from typing import Any

from awsvtab.changes import Change, Operation
from awsvtab.masking import steps
from awsvtab.patch import PatchDocument, apply, escaped
from awsvtab.resources import ResourceKey
from awsvtab.values import JSONValue

_ALL = ""  # no property has that name


def fold(changes: Iterable[Change]) -> list[Change]:
    """The changes, at most one for each life of a resource, in the order in which they go out.

    An update of a new resource goes into its desired state, and one that comes after another into
    that one's patch document, where the first one stood: what was made in between may need the
    resource. A new resource that is deleted is none, and what is deleted is not updated before. A
    change keeps the client token that it was queued with.
    """
    plan: list[Change | None] = []
    standing: dict[ResourceKey, int] = {}
    for change in changes:
        key = change.key
        place = standing.get(key)
        earlier = None if place is None else plan[place]
        if place is not None and earlier is not None:
            match earlier.operation, change.operation:
                case ((Operation.CREATE | Operation.UPDATE), Operation.UPDATE):
                    plan[place] = _updated(earlier, change)
                    continue
                case Operation.CREATE, Operation.DELETE:
                    plan[place] = None
                    del standing[key]
                    continue
                case Operation.UPDATE, Operation.DELETE:
                    plan[place] = None
                    change = _standing_for(change, earlier)
        standing[key] = len(plan)
        plan.append(change)
    return [change for change in plan if change is not None]


def together(plan: Iterable[Change]) -> Iterator[list[Change]]:
    """The plan in groups that may go out at once, in order.

    A group is what one statement changes in one table, and has one change for each resource.
    """
    for _, made in groupby(plan, key=lambda each: (each.statement, each.resource_type.name)):
        group: dict[ResourceKey, Change] = {}
        for change in made:
            if change.key in group:
                yield list(group.values())
                group = {}
            group[change.key] = change
        yield list(group.values())


def _updated(earlier: Change, update: Change) -> Change:
    document: JSONValue = (
        apply(update.document, earlier.document)
        if earlier.operation is Operation.CREATE
        else concatenated(earlier.document, update.document)
    )
    return replace(_standing_for(earlier, update), document=document, properties=update.properties)


def _standing_for(change: Change, other: Change) -> Change:
    return replace(change, folded=(*change.folded, other.client_token, *other.folded))


def concatenated(first: PatchDocument, second: PatchDocument) -> PatchDocument:
    """A patch document that does what the two do one after the other.

    A property that both set as a whole is set once.
    """
    document = list(first)
    for operation in second:
        place = _last_of_same_property(document, operation)
        if place is None:
            document.append(operation)
        else:
            document[place] = {**document[place], "value": operation["value"]}
    return document


def _last_of_same_property(document: PatchDocument, operation: dict[str, Any]) -> int | None:
    """The operation whose value a later one just replaces, with nothing in between that looks."""
    if not _sets_property(operation):
        return None
    name = _top_property(operation["path"])
    about = [place for place, each in enumerate(document) if _properties_of(each) & {name, _ALL}]
    return about[-1] if about and _sets_property(document[about[-1]]) else None


def _sets_property(operation: dict[str, Any]) -> bool:
    """Whether an operation gives a whole property a value."""
    match operation:
        case {"op": "add" | "replace", "path": str(path)}:
            return path == f"/{escaped(_top_property(path))}"
    return False


def _properties_of(operation: dict[str, Any]) -> set[str]:
    pointers = (operation.get(member) for member in ("path", "from"))
    return {_top_property(pointer) for pointer in pointers if isinstance(pointer, str)}


def _top_property(pointer: str) -> str:
    """The property that a JSON pointer begins with; that to the whole document is to all."""
    return next(iter(steps(pointer)), _ALL)
