"""The values of an INSERT or UPDATE to what AWS is to be asked, checked: pure.

Whatever is sure to be wrong is refused here, at the statement, before anything is queued: what the
table cannot do, what its top-level properties may not be, what no update may change. What the
schema says of values beyond their type (enums, patterns, lengths, members of objects) is AWS's to
check, at COMMIT: it may know a newer schema than the catalog.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from awsvtab.catalog.columns import Column, Kind
from awsvtab.catalog.marks import Marks
from awsvtab.catalog.model import Property, ResourceType
from awsvtab.errors import DataError, NotSupportedError, ProgrammingError
from awsvtab.masking import steps, visible
from awsvtab.patch import (
    PatchDocument,
    apply,
    desired_state,
    diff,
    fixed_change,
    parse_patch_document,
    same,
)
from awsvtab.resources import ResourceKey, identifier_form
from awsvtab.values import JSONValue, Properties, SQLValue, dump_json, from_sql, to_sql

Given = tuple[Column, SQLValue]

# What SQLite passes on of OR IGNORE and OR REPLACE: https://www.sqlite.org/c3ref/c_fail.html
IGNORE, REPLACE = 2, 5

# https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/API_CreateResource.html
LONGEST_DOCUMENT = 262_144

_NOTHING: Properties = {}

_ANEW = "DELETE the resource and INSERT it anew to change it"


@dataclass(frozen=True, slots=True)
class Write:
    """What AWS is to be asked for one row.

    ``document`` is a desired state or a patch document, empty where nothing changes.
    ``properties`` are the resource's as a reader would see them afterwards.
    """

    document: JSONValue
    properties: Properties


def check_conflict_clause(
    resource_type: ResourceType, clause: int, returns_rows: Callable[[], bool]
) -> None:
    """NotSupportedError for an ON CONFLICT clause that AWS, or here SQLite, cannot follow."""
    name = resource_type.dotted_name
    if clause == IGNORE and returns_rows():
        raise NotSupportedError(
            f"INSERT OR IGNORE INTO {name} … RETURNING would also give the rows that are left out: "
            "write it without RETURNING, and SELECT the rows in the same transaction"
        )
    if clause == REPLACE:
        raise NotSupportedError(
            f"INSERT OR REPLACE INTO {name}: AWS has no such operation; UPDATE what is there, "
            "or INSERT OR IGNORE what is not, or DELETE and INSERT it anew"
        )
    if clause == IGNORE and not resource_type.can("read"):
        raise NotSupportedError(
            f"INSERT OR IGNORE INTO {name}: Cloud Control cannot read {resource_type.name}, so "
            "whether it is there is not known; write INSERT INTO … SELECT … WHERE NOT EXISTS"
        )


def new_resource(resource_type: ResourceType, given: Sequence[Given]) -> tuple[Write, SQLValue]:
    """What an INSERT's values make, and the region they give or None."""
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
    properties = desired_state(_properties(resource_type, assigned))
    _check_required(resource_type, properties)
    _check_length(resource_type, "desired state", properties)
    return Write(properties, visible(resource_type, properties)), region


def changed_resource(
    resource_type: ResourceType, key: ResourceKey, current: Properties, given: Sequence[Given]
) -> Write:
    """What an UPDATE's assignments make of a resource that has the ``current`` properties."""
    _check_handler(resource_type, "update", "updated")
    current = desired_state(current)
    changes = [each for each in given if not _is_key(key, *each)]
    document = _given_document(resource_type, changes)
    if document is not None:
        after = _patched(resource_type, current, document)
        _check_fixed(resource_type, current, after)
    else:
        changed = _assigned(resource_type, current, changes)
        wanted = desired_state({**current, **changed})
        _check_fixed(resource_type, current, wanted)
        document = diff(resource_type, current, wanted)
        after = apply(document, current)
    _check_length(resource_type, "patch document", document)
    return Write(document, visible(resource_type, after))


def check_deletable(resource_type: ResourceType) -> None:
    """NotSupportedError for a type that AWS cannot delete."""
    _check_handler(resource_type, "delete", "deleted")


def _is_key(key: ResourceKey, column: Column, value: SQLValue) -> bool:
    """Whether this assigns the region or the identifier that the row has already."""
    if column.kind is Kind.REGION:
        return value == key.place.region
    return column.kind is Kind.IDENTIFIER and value == key.identifier


def _assigned(
    resource_type: ResourceType, current: Properties, given: Sequence[Given]
) -> Mapping[str, JSONValue]:
    """The properties that an UPDATE's columns are to have."""
    for column, _ in given:
        if column.property is None and column.kind is not Kind.PATCH:
            raise ProgrammingError(
                f"column {column.name} of {resource_type.dotted_name} cannot be changed: "
                "set the columns of single properties"
            )
    changed = _properties(resource_type, given, current)
    for column, _ in given:
        if column.property is not None:
            _check_assignment(resource_type, column, column.property, current, changed)
    return changed


def _check_assignment(
    resource_type: ResourceType,
    column: Column,
    prop: Property,
    current: Properties,
    changed: Mapping[str, JSONValue],
) -> None:
    about = f"column {column.name} of {resource_type.dotted_name}"
    value, marks = changed[prop.name], resource_type.marks.member(prop.name)
    if prop.write_only and value is None:
        raise NotSupportedError(
            f"{about} is write-only: AWS cannot remove its value; set another, or leave it out"
        )
    if same(current.get(prop.name), value, Marks() if prop.read_only else marks):
        return
    if prop.read_only:
        raise ProgrammingError(f"{about} is read-only: AWS sets it")
    if marks.is_create_only:
        raise NotSupportedError(f"{about} is create-only: {_ANEW}")


def _check_fixed(resource_type: ResourceType, before: Properties, after: Properties) -> None:
    """Refuses changes inside of properties that no update may make."""
    found = fixed_change(resource_type, before, after)
    if found is None:
        return
    about = f"{found.pointer} of {resource_type.dotted_name} is {found.word}"
    if found.word == "read-only":
        raise ProgrammingError(f"{about}: AWS sets it")
    raise NotSupportedError(f"{about}: {_ANEW}")


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


def _patched(
    resource_type: ResourceType, current: Properties, document: PatchDocument
) -> Properties:
    """The properties after a document that the user wrote, as far as they can be told.

    It may name places beside write-only values, which AWS has and does not tell.
    """
    try:
        return apply(document, current)
    except DataError:
        tops = [steps(operation["path"])[:1] for operation in document]
        if any(resource_type.marks.member(name).write_only for top in tops for name in top):
            return current
        raise


def _properties(
    resource_type: ResourceType, given: Iterable[Given], current: Properties = _NOTHING
) -> Mapping[str, JSONValue]:
    """The values by property; a property has two columns, which may not disagree.

    What reads as a ``current`` value does is that value: a text in a column that takes anything may
    look like a document, and be none.
    """
    properties: dict[str, JSONValue] = {}
    by: dict[str, str] = {}
    for column, value in given:
        prop = column.property
        if prop is None:
            continue
        secret = bool(resource_type.marks.member(prop.name).write_only)
        converted = current.get(prop.name)
        if converted is None or to_sql(converted) != value:
            converted = from_sql(prop, column.name, value, secret)
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


def _check_length(resource_type: ResourceType, what: str, document: JSONValue) -> None:
    length = len(dump_json(document))
    if length > LONGEST_DOCUMENT:
        raise DataError(
            f"{resource_type.dotted_name}: the {what} has {length:,} characters, "
            f"and AWS takes {LONGEST_DOCUMENT:,}"
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
