"""Resources in the emulator, each below the rows that its listing takes its input from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from awsvtab.catalog import Parent, ResourceType, catalog
from awsvtab.catalog.scope import home_region
from awsvtab.emulator import Emulator, examples, schemas

# How types are told what they give in a read-only property.
GIVEN_AS = {
    "AWS::AppConfig::ExperimentRun.ApplicationId": ("ApplicationIdentifier", "{}"),
    "AWS::AppConfig::ExperimentRun.ExperimentDefinitionId": (
        "ExperimentDefinitionIdentifier",
        "{}",
    ),
    "AWS::S3Tables::TablePolicy.TableBucketARN": (
        "TableARN",
        "{}/table/01234567-89ab-cdef-0123-456789abcdef",
    ),
    "AWS::ServiceCatalogAppRegistry::AttributeGroupAssociation.ApplicationArn": (
        "Application",
        "{}",
    ),
    "AWS::ServiceCatalogAppRegistry::ResourceAssociation.ApplicationArn": ("Application", "{}"),
}


@dataclass(frozen=True)
class Planted:
    """A resource that the emulator holds, with all of its properties, write-only ones too.

    ``model`` is what it is listed by, as far as that comes from a parent.
    """

    identifier: str
    properties: dict[str, Any]
    model: dict[str, Any]


@dataclass(frozen=True)
class Planter:
    """Puts resources into one region."""

    emulator: Emulator
    region: str

    def plant(self, type_name: str, **given: Any) -> Planted:
        """Put a small resource with the given properties, below a parent that is put as well."""
        return self._put(type_name, {**self.desired_state(type_name), **given})

    def plant_all(self, type_name: str) -> list[Planted]:
        """Put a resource below each of the type's parents; of a tree, one below another as well."""
        parents = self.parents(catalog().type(type_name))
        models = [self._model(parent, self._row(parent)) for parent in parents]
        planted = [self._below(type_name, model) for model in models] or [self.plant(type_name)]
        for tree in catalog().type(type_name).parents:
            if tree.type_name == type_name:
                model = self._model(tree, planted[0].properties)
                planted.append(self._below(type_name, model))
        return planted

    def desired_state(
        self, type_name: str, seed: str = "planted", may_read_only: bool = True
    ) -> dict[str, Any]:
        """An example of the type, below a parent that is put."""
        state = self.emulator.example(type_name, seed, self.region)
        owner = schemas.find(type_name, self.region).owner
        if owner is not None:
            bucket = self.plant(owner).identifier
            return {**state, catalog().type(type_name).identifier[0]: bucket}
        for parent in self.parents(catalog().type(type_name))[:1]:
            model = self._model(parent, self._row(parent))
            state = self._with(type_name, state, model, may_read_only)
        return state

    def parents(self, resource_type: ResourceType) -> list[Parent]:
        """The ways that this region has to the type's listings, trees left out."""
        return [
            parent
            for parent in resource_type.parents
            if parent.type_name != resource_type.name
            and (parent.type_name is None or schemas.find(parent.type_name, self.region))
        ]

    def _below(self, type_name: str, model: dict[str, Any]) -> Planted:
        """Put a resource that is listed by the model."""
        state = self.emulator.example(type_name, json.dumps(model), self.region)
        return self._put(type_name, self._with(type_name, state, model), model)

    def _put(
        self, type_name: str, state: dict[str, Any], model: dict[str, Any] | None = None
    ) -> Planted:
        identifier = self.emulator.put(type_name, state, self.region)
        properties = self.emulator.get(type_name, identifier, self.region)
        return Planted(identifier, properties or {}, model or {})

    def _row(self, parent: Parent) -> dict[str, Any]:
        """A row of the parent, with everything that is taken from it."""
        if parent.type_name is None:
            return {}
        row = self.plant(parent.type_name)
        schema = schemas.find(parent.type_name, self.region)
        more = {
            name: _holding(schema, {"properties": schema.properties}, source.split("/"))[name]
            for source in parent.take.values()
            for name in [source.split("/")[0]]
            if next(Parent(take={"x": source}).models(row.properties.get, {}), None) is None
        }
        return self.plant(parent.type_name, **more).properties if more else row.properties

    def _model(self, parent: Parent, row: dict[str, Any]) -> dict[str, Any]:
        constants = parent.constants(self.region == home_region(self.region))
        constants |= dict.fromkeys(parent.account, (self.emulator.account,))
        return next(parent.models(row.get, constants))

    def _with(
        self,
        type_name: str,
        state: dict[str, Any],
        model: dict[str, Any],
        may_read_only: bool = True,
    ) -> dict[str, Any]:
        """The state of a resource that is listed by the model."""
        schema = schemas.find(type_name, self.region)
        for name, value in model.items():
            own = schema.list_selects[name]
            if (own,) in schema.read_only and not may_read_only:
                own, form = GIVEN_AS[f"{type_name}.{own}"]
                value = form.format(value)
            state = {**state, own: value}
        return state


def _holding(schema: schemas.ResourceSchema, node: Any, steps: list[str]) -> Any:
    """An example of the node that has something where the steps lead."""
    node = examples.combined(schema, node)
    if not steps:
        return examples.example(schema, node, "Planted", "planted")
    step, rest = steps[0], steps[1:]
    if step != "*":
        inner = _holding(schema, node["properties"].get(step, {}), rest)
        some = {} if "typeName" in node else examples.example(schema, node, step, "planted")
        return {**(some if isinstance(some, dict) else {}), step: inner}
    if "items" in node:
        return [_holding(schema, node["items"], rest)]
    return {"planted": "planted"} if node.get("type") == "object" else "planted"
