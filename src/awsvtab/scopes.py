"""The listings that a scan is made of, and what they tell by themselves: pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from awsvtab.catalog import ResourceType
from awsvtab.catalog.scope import home_region
from awsvtab.errors import AwsError, InvalidRequest, NotFound
from awsvtab.options import Place
from awsvtab.resources import MISSING, Resource
from awsvtab.values import Properties, dump_json

Scope = tuple[Place, Properties]  # of a listing: where, and with which resource model


def takes(resource_type: ResourceType, place: Place, model: Properties) -> bool:
    """Whether a region takes a model's values, where it is known which it takes."""
    at_home = place.region == home_region(place.region)
    for parent in resource_type.parents:
        for name, values in parent.constants(at_home).items():
            if name in model and model[name] not in values:
                return False
    return True


def tells_parents_apart(resource_type: ResourceType) -> bool:
    """Whether the identifier holds what a row was listed by: then no two listings share a row."""
    if len(resource_type.parents) != 1:
        return False
    (parent,) = resource_type.parents
    told_by = {*parent.take, *parent.values, *parent.home_values}
    return told_by <= set(resource_type.identifier)


def once(walked: set[tuple[Place, str]], scopes: Sequence[Scope]) -> list[Scope]:
    """The scopes that were not yet among those walked."""
    new = []
    for place, model in scopes:
        scope = (place, dump_json(model))
        if scope not in walked:
            walked.add(scope)
            new.append((place, model))
    return new


def property_reader(row: Resource) -> Callable[[str], object]:
    """What gives a row's properties, None for one that is absent or unknown."""

    def read(name: str) -> object:
        value = row.value(name)
        return None if value is MISSING else value

    return read


def rules_out(error: AwsError, model: Properties) -> bool:
    """Whether a failed listing means that nothing has the properties of its resource model.

    Either what they name does not exist, or the type's schema does not admit such a value at all:
    "Missing or invalid ResourceModel property in … list handler request input.Required property:
    (#/DomainName: …)". A property that AWS misses, "(#: required key …", is another matter.
    """
    if isinstance(error, NotFound):
        return bool(model)
    return isinstance(error, InvalidRequest) and any(f"(#/{name}:" in str(error) for name in model)
