"""What the catalog knows, as tables: resource types, columns, methods, permissions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial

from awsvtab.catalog import Catalog, ResourceType
from awsvtab.catalog.columns import Column, table_columns
from awsvtab.rowtables import Given, IntrospectionTable, Row
from awsvtab.values import SQLValue, dump_json

RowsOf = Callable[[Catalog, ResourceType], Iterable[Row]]

# StackQL's names of the handlers as methods, in the order of its pages.
METHODS = {
    "create": ("create_resource", "INSERT"),
    "delete": ("delete_resource", "DELETE"),
    "update": ("update_resource", "UPDATE"),
    "list": ("list_resources", "SELECT"),
    "read": ("get_resource", "SELECT"),
}
REGION = "region"


def catalog_tables(catalog: Catalog) -> tuple[IntrospectionTable, ...]:
    """The tables about a catalog. None of them makes a call to AWS."""

    def table(
        name: str, columns: dict[str, str], rows_of: RowsOf, *keys: str
    ) -> IntrospectionTable:
        return IntrospectionTable(
            name, columns, partial(_rows, catalog, rows_of), frozenset({"type_name", *keys})
        )

    return (
        table("aws_resource_types", _RESOURCE_TYPES, _type_rows, "table_name", "service"),
        table("aws_columns", _COLUMNS, _column_rows, "table_name"),
        table("aws_methods", _METHODS, _method_rows),
        table("aws_permissions", _PERMISSIONS, _permission_rows),
    )


def _rows(catalog: Catalog, rows_of: RowsOf, given: Given) -> Iterator[Row]:
    for resource_type in _resource_types(catalog, given):
        yield from rows_of(catalog, resource_type)


def _resource_types(catalog: Catalog, given: Given) -> Iterator[ResourceType]:
    """The types that a scan is about; the others are not decoded."""
    match given:
        case {"type_name": name}:
            yield from _found(_by_type_name(catalog, name))
        case {"table_name": name}:
            yield from _found(catalog.table(str(name)))
        case {"service": service}:
            for dotted in catalog.dotted_names():
                if dotted.partition(".")[0] == service:
                    yield from _found(catalog.find(*dotted.split(".")))
        case _:
            yield from catalog


def _by_type_name(catalog: Catalog, name: SQLValue) -> ResourceType | None:
    try:
        return catalog.type(str(name))
    except KeyError:
        return None


def _found(resource_type: ResourceType | None) -> Iterable[ResourceType]:
    return () if resource_type is None else (resource_type,)


_RESOURCE_TYPES = {
    **dict.fromkeys(("type_name", "service", "resource", "table_name"), "TEXT"),
    **dict.fromkeys(("can_list", "can_read", "can_create", "can_update", "can_delete"), "BOOLEAN"),
    **dict.fromkeys(("identifier", "list_requires"), "JSON"),
    "is_global": "BOOLEAN",
    "regions": "JSON",
    "catalog_version": "TEXT",
}


def _type_rows(catalog: Catalog, resource_type: ResourceType) -> Iterator[Row]:
    yield (
        resource_type.name,
        resource_type.service,
        resource_type.resource,
        resource_type.table_name,
        *(
            int(resource_type.can(handler))
            for handler in ("list", "read", "create", "update", "delete")
        ),
        dump_json(list(resource_type.identifier)),
        dump_json([list(choice) for choice in resource_type.list_requires]),
        int(resource_type.is_global),
        _regions(catalog, resource_type),
        catalog.version,
    )


def _regions(catalog: Catalog, resource_type: ResourceType) -> str | None:
    """The regions that have the type; None where the catalog was built without knowing."""
    if not catalog.regions:
        return None
    return dump_json([each for each in catalog.regions if each not in resource_type.not_in])


_COLUMNS = {
    **dict.fromkeys(("type_name", "table_name", "column_name", "property", "type"), "TEXT"),
    **dict.fromkeys(("is_required", "is_read_only", "is_create_only", "is_write_only"), "BOOLEAN"),
    "identifier_position": "INTEGER",
}


def _column_rows(catalog: Catalog, resource_type: ResourceType) -> Iterator[Row]:
    """The columns of ``SELECT *``: the hidden ones are the same for every table, or other names."""
    for column in table_columns(resource_type):
        if not column.hidden:
            yield resource_type.name, resource_type.table_name, *_column(resource_type, column)


def _column(resource_type: ResourceType, column: Column) -> Row:
    prop = column.property
    if prop is None:
        return column.name, None, "string", 0, 0, 0, 0, None
    flags = (prop.required, prop.read_only, prop.create_only, prop.write_only)
    parts = resource_type.identifier
    position = parts.index(prop.name) + 1 if prop.name in parts else None
    return column.name, prop.name, prop.json_type, *map(int, flags), position


_METHODS = dict.fromkeys(("type_name", "method", "sql_verb", "required_params"), "TEXT")


def _method_rows(catalog: Catalog, resource_type: ResourceType) -> Iterator[Row]:
    """StackQL's Methods table; where a list handler takes one of several inputs, a row for each."""
    for handler, (method, verb) in METHODS.items():
        if resource_type.can(handler):
            for params in _required_params(resource_type, handler):
                yield resource_type.name, method, verb, ", ".join(params)


def _required_params(resource_type: ResourceType, handler: str) -> Iterator[list[str]]:
    """The alternatives of what a statement has to give, as columns that can be written."""
    match handler:
        case "create":
            required = [
                prop.name
                for prop in resource_type.properties
                if prop.required and not prop.read_only
            ]
            yield [*_spelled(resource_type, required), REGION]
        case "update":
            yield ["data__Identifier", "data__PatchDocument", REGION]
        case "list":
            choices = () if resource_type.parents else resource_type.list_requires
            for choice in choices or ((),):
                yield [*_spelled(resource_type, choice), REGION]
        case _:
            yield ["data__Identifier", REGION]


def _spelled(resource_type: ResourceType, properties: Collection[str]) -> list[str]:
    """The columns of properties, as AWS spells them; ``_region`` where that is another column."""
    if not properties:
        return []
    spelled = {
        column.property.name: _column_spelled_as_by_aws(column)
        for column in table_columns(resource_type)
        if column.property is not None
    }
    return [spelled.get(name, name) for name in properties]


def _column_spelled_as_by_aws(column: Column) -> str:
    prop = column.property
    is_same = prop is not None and prop.name.lower() == column.name.lower()
    return prop.name if prop is not None and is_same else column.name


_PERMISSIONS = dict.fromkeys(("type_name", "method", "action"), "TEXT")


def _permission_rows(catalog: Catalog, resource_type: ResourceType) -> Iterator[Row]:
    for handler, actions in resource_type.handlers.items():
        method, _ = METHODS[handler]
        for action in actions:
            yield resource_type.name, method, action
