"""The resource types that there are: cfn-lint's copies of the CloudFormation registry's schemas.

cfn-lint is only a carrier of data here: its folder is found without importing it, since the import
takes longer than everything that the emulator does.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

import botocore.session

from awsvtab.catalog import catalog
from awsvtab.catalog.schema import list_requirements
from awsvtab.catalog.scope import home_region, scope_record

from . import pointers
from .pointers import Json, Pointer

DEFAULT_REGION = "us-east-1"

# A registry schema of a handler's input refers to the type's own properties by this name.
RESOURCE_SCHEMA = "resource-schema.json"


@dataclass(frozen=True, eq=False)
class ResourceSchema:
    """A resource type as its schema declares it. Property paths are `Pointer` tuples."""

    document: Json

    @cached_property
    def type_name(self) -> str:
        return str(self.document["typeName"])

    @cached_property
    def service(self) -> str:
        return self.type_name.split("::")[1]

    @cached_property
    def resource(self) -> str:
        return self.type_name.split("::")[2]

    @cached_property
    def properties(self) -> Json:
        properties: Json = self.document["properties"]
        return properties

    @cached_property
    def handlers(self) -> frozenset[str]:
        """Some of ``create``, ``read``, ``update``, ``delete``, ``list``."""
        return frozenset(self.document.get("handlers", ()))

    def permissions(self, handler: str) -> tuple[str, ...]:
        """What the handler needs from whoever calls it."""
        return tuple(self.document["handlers"][handler].get("permissions", ()))

    @cached_property
    def identifier(self) -> tuple[Pointer, ...]:
        return self._pointers("primaryIdentifier")

    @cached_property
    def read_only(self) -> tuple[Pointer, ...]:
        return self._pointers("readOnlyProperties")

    @cached_property
    def write_only(self) -> tuple[Pointer, ...]:
        return self._pointers("writeOnlyProperties")

    @cached_property
    def create_only(self) -> tuple[Pointer, ...]:
        return self._pointers("createOnlyProperties")

    @cached_property
    def required(self) -> frozenset[str]:
        return frozenset(self.document.get("required", ()))

    @cached_property
    def list_input(self) -> Json:
        """The JSON schema of the list handler's ResourceModel; empty where it takes none."""
        handler: Json = self.document.get("handlers", {}).get("list", {})
        schema: Json = handler.get("handlerSchema", {})
        return schema

    @cached_property
    def list_requires(self) -> tuple[tuple[str, ...], ...]:
        """The sets of members of which the list handler's ResourceModel has to have one, whole.

        Some that the schema calls optional are among them: the catalog knows which.
        """
        return tuple(map(tuple, list_requirements(self.document)))

    @cached_property
    def list_selects(self) -> dict[str, str]:
        """The property that each member of the list handler's ResourceModel selects by.

        It is the one that the member's schema refers to (AWS::APS::RuleGroupsNamespace is listed
        by ``Arn``, which is the resources' ``Workspace``), or else the one of the same name.
        """
        members = self.list_input.get("properties", {})
        selects = {}
        for name in dict.fromkeys((*members, *chain(*self.list_requires))):
            target = members.get(name, {}).get("$ref", "").rpartition("#/properties/")[2]
            found = [n for n in (target, name) if n in self.properties]
            if found:
                selects[name] = found[0]
        return selects

    @cached_property
    def list_picks(self) -> dict[str, str]:
        """The property of which a member of ResourceModel lists the wanted values.

        ``ListenerArns`` is no property of a listener; ``ListenerArn`` is.
        """
        members = self.list_input.get("properties", {})
        plurals = {name: name.removesuffix("s") for name in members if name not in self.properties}
        return {name: one for name, one in plurals.items() if one in self.properties}

    @cached_property
    def is_global(self) -> bool:
        """Whether a partition has each resource once, in its home region."""
        return scope_record(self.type_name).get("scope") == "global"

    @cached_property
    def spans_regions(self) -> bool:
        """Whether a listing in any region has the resources of all; a read does not."""
        return "spans_regions" in scope_record(self.type_name)

    @cached_property
    def owner(self) -> str | None:
        """The type whose resource of the same identifier tells where one of this type is."""
        owner: str | None = scope_record(self.type_name).get("spans_regions", {}).get("type")
        return owner

    def home_region(self, region: str) -> str:
        """Where the resources of a global type live, in the partition of ``region``."""
        known = catalog()
        try:
            lacking = known.type(self.type_name).not_in
        except KeyError:
            lacking = frozenset()
        return home_region(region, lacking, known.regions)

    def resolve(self, node: Any) -> Any:
        """The schema node that a ``$ref`` leads to."""
        while isinstance(node, dict) and "$ref" in node:
            target: Any = self.document
            for part in node["$ref"].removeprefix(RESOURCE_SCHEMA).removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def _pointers(self, key: str) -> tuple[Pointer, ...]:
        return tuple(pointers.parse(text) for text in self.document.get(key, ()))


@lru_cache(maxsize=1)
def _folder() -> Path:
    spec = find_spec("cfnlint")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(
            "the emulator takes its resource schemas from cfn-lint: pip install 'awsvtab[emulator]'"
        )
    return Path(spec.submodule_search_locations[0], "data", "schemas")


@lru_cache
def _index(region: str) -> dict[str, str]:
    file = _folder() / "providers" / f"{region}.json"
    if not file.exists():
        return _index(DEFAULT_REGION)
    index: dict[str, str] = json.loads(file.read_bytes())
    return index


@cache
def _read(digest: str) -> ResourceSchema:
    return ResourceSchema(json.loads((_folder() / "resources" / f"{digest}.json").read_bytes()))


@lru_cache(maxsize=1)
def regions() -> tuple[str, ...]:
    """The regions of all partitions: those that have schemas, and others that botocore knows."""
    session = botocore.session.get_session()
    known = {file.stem for file in (_folder() / "providers").glob("*-*.json")}
    for partition in session.get_available_partitions():
        known.update(session.get_available_regions("ec2", partition))
    return tuple(sorted(known))


def find(type_name: str, region: str = DEFAULT_REGION) -> ResourceSchema | None:
    """The schema of the type, or None where the region does not have it."""
    digest = _index(region).get(type_name)
    return _read(digest) if digest else None


def type_names(region: str = DEFAULT_REGION) -> tuple[str, ...]:
    """All types that the region has, by name. A region that AWS does not have is us-east-1."""
    return tuple(_index(region))
