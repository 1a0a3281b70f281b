"""The values of an INSERT or UPDATE to what AWS is to be asked, checked: pure.

Whatever can be known to be wrong is refused here, at the statement, before anything is queued.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from awsvtab.catalog.columns import Column, Kind
from awsvtab.catalog.model import ResourceType
from awsvtab.errors import NotSupportedError, ProgrammingError
from awsvtab.patch import PatchDocument, desired_state, parse_patch_document, patch_document
from awsvtab.resources import identifier_form
from awsvtab.values import JSONValue, Properties, SQLValue, from_sql, same_json

Given = tuple[Column, SQLValue]


# What SQLite passes on of OR IGNORE and OR REPLACE: https://www.sqlite.org/c3ref/c_fail.html
IGNORE, REPLACE = 2, 5


def check_conflict_clause(resource_type: ResourceType, clause: int) -> None:
    """NotSupportedError for the ON CONFLICT clauses that would need to know what AWS has."""
    if clause in (IGNORE, REPLACE):
        word = "IGNORE" if clause == IGNORE else "REPLACE"
        raise NotSupportedError(
            f"INSERT OR {word} INTO {resource_type.dotted_name}: AWS is not asked beforehand; "
            "write INSERT INTO … SELECT … WHERE NOT EXISTS (SELECT …), or UPDATE what is there"
        )


def new_resource(
    resource_type: ResourceType, given: Sequence[Given]
) -> tuple[dict[str, JSONValue], SQLValue]:
    """The desired state that an INSERT's values make, and the region it gives or None."""
    _check_handler(resource_type, "create", "created")
    region: SQLValue = None
    assigned: list[Given] = []
    for column, value in given:
        if value is None:
            continue
        if column.kind is Kind.REGION:
            region = value
        elif column.property is None:
            raise ProgrammingError(_not_for_insert(resource_type, column))
        elif column.property.read_only:
            raise ProgrammingError(
                f"column {column.name} of {resource_type.dotted_name} is read-only: AWS sets it; "
                "leave it out of the INSERT"
            )
        else:
            assigned.append((column, value))
    properties = desired_state(_properties(assigned))
    _check_required(resource_type, properties)
    return properties, region


def changed_resource(
    resource_type: ResourceType, current: Properties, given: Sequence[Given]
) -> PatchDocument:
    """The patch document for an UPDATE's assignments; empty if nothing changes."""
    _check_handler(resource_type, "update", "updated")
    document = _given_document(resource_type, given)
    if document is not None:
        return document
    changed = _properties(given_properties(resource_type, given))
    for column, _ in given:
        prop = column.property
        if prop is None or prop.write_only:
            continue
        if same_json(changed[prop.name], current.get(prop.name)):
            continue
        if prop.read_only:
            raise ProgrammingError(
                f"column {column.name} of {resource_type.dotted_name} is read-only: AWS sets it"
            )
        if prop.create_only:
            raise NotSupportedError(
                f"column {column.name} of {resource_type.dotted_name} is create-only: "
                "DELETE the resource and INSERT it anew to change it"
            )
    return patch_document(resource_type, current, changed)


def given_properties(resource_type: ResourceType, given: Iterable[Given]) -> list[Given]:
    """The assignments to properties; ProgrammingError for any that is to something else."""
    assigned = []
    for column, value in given:
        if column.property is not None:
            assigned.append((column, value))
        elif column.kind is not Kind.PATCH:
            raise ProgrammingError(
                f"column {column.name} of {resource_type.dotted_name} cannot be changed: "
                "set the columns of single properties"
            )
    return assigned


def check_deletable(resource_type: ResourceType) -> None:
    """NotSupportedError for a type that AWS cannot delete."""
    _check_handler(resource_type, "delete", "deleted")


def _given_document(resource_type: ResourceType, given: Sequence[Given]) -> PatchDocument | None:
    documents = [each for each in given if each[0].kind is Kind.PATCH and each[1] is not None]
    if not documents:
        return None
    if len(given) > 1:
        others = ", ".join(column.name for column, _ in given if column is not documents[0][0])
        raise ProgrammingError(
            f"UPDATE {resource_type.dotted_name}: set either {documents[0][0].name} "
            f"or columns ({others}), not both"
        )
    column, text = documents[0]
    return parse_patch_document(text, column.name, resource_type)


def _properties(given: Iterable[Given]) -> Mapping[str, JSONValue]:
    """The values by property; a property has two columns, which may not disagree."""
    properties: dict[str, JSONValue] = {}
    by: dict[str, str] = {}
    for column, value in given:
        prop = column.property
        if prop is None:
            continue
        converted = from_sql(prop, column.name, value)
        if prop.name in properties and properties[prop.name] != converted:
            raise ProgrammingError(
                f"columns {by[prop.name]} and {column.name} are the same property: set one of them"
            )
        properties[prop.name] = converted
        by[prop.name] = column.name
    return properties


def _check_required(resource_type: ResourceType, properties: Properties) -> None:
    required = [
        prop.name for prop in resource_type.properties if prop.required and not prop.read_only
    ]
    missing = [name for name in required if name not in properties]
    if missing:
        raise ProgrammingError(
            f"INSERT INTO {resource_type.dotted_name} lacks {', '.join(missing)}: write "
            f"INSERT INTO {resource_type.dotted_name} ({', '.join(required)}, region) VALUES (…)"
        )


def _check_handler(resource_type: ResourceType, handler: str, participle: str) -> None:
    if not resource_type.can(handler):
        can = ", ".join(each for each in resource_type.handlers) or "nothing"
        raise NotSupportedError(
            f"{resource_type.dotted_name} cannot be {participle}: Cloud Control has no {handler} "
            f"handler for {resource_type.name} (it has {can})"
        )


def _not_for_insert(resource_type: ResourceType, column: Column) -> str:
    about = f"column {column.name} of {resource_type.dotted_name}"
    if column.kind is Kind.PATCH:
        return f"{about} is for UPDATE: give the properties themselves"
    if column.kind is Kind.IDENTIFIER:
        return (
            f"{about} is made of {identifier_form(resource_type)}: give the properties themselves"
        )
    return f"{about} is read-only"
