"""What to say where a table cannot be scanned as asked: pure."""

from __future__ import annotations

from awsvtab.catalog import ResourceType
from awsvtab.catalog.columns import property_columns
from awsvtab.options import Place
from awsvtab.plan import KEY_TYPES
from awsvtab.resources import identifier_form


def cannot_list(resource_type: ResourceType) -> str:
    """For a type without a list handler."""
    if not resource_type.can("read"):
        return f"{resource_type.dotted_name}: Cloud Control can neither list nor read this type"
    return (
        f"{resource_type.dotted_name} cannot be listed: name the resource, "
        f"WHERE region = 'us-east-1' AND data__Identifier = '{identifier_form(resource_type)}'"
    )


def needs_keys(resource_type: ResourceType, place: Place) -> str:
    """For a type whose list handler needs what nothing tells."""
    columns = property_columns(resource_type)
    for name in resource_type.list_requires[0]:
        prop = resource_type.by_name.get(name)
        if prop is None or prop.json_type not in KEY_TYPES:
            return (
                f"{resource_type.dotted_name} can only be listed by its {name}, which SQL cannot "
                f"say: name the resource, WHERE region = '{place.region}' AND "
                f"data__Identifier = '{identifier_form(resource_type)}'"
            )
    required = " AND ".join(
        f"{columns.get(name, name)} = '…'" for name in resource_type.list_requires[0]
    )
    return (
        f"{resource_type.dotted_name} can only be listed by what holds its resources: write "
        f"WHERE region = '{place.region}' AND {required}"
    )


def lacks_region(resource_type: ResourceType) -> str:
    """For an INSERT that could go to several regions."""
    name = resource_type.dotted_name
    return (
        f"INSERT INTO {name} lacks region: write "
        f"INSERT INTO {name} (…, region) VALUES (…, 'us-east-1')"
    )
