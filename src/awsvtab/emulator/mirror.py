"""Write-through: what Cloud Control creates, seen by the service's own client too.

Where moto has a CloudFormation model of a resource type, a resource made here is made there as
well, and changed and deleted with it, as far as the model can. moto is a mirror and no more: the
emulator's own store says what Cloud Control answers, and a model that refuses is logged. What only
moto knows, such as the id that it gave, is taken over.
"""

from __future__ import annotations

import copy
import logging
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from moto.core.common_models import CloudFormationModel
from moto.core.exceptions import ServiceException
from werkzeug.exceptions import HTTPException

from . import errors
from .pointers import Json
from .schemas import ResourceSchema
from .values import Place

LOG = logging.getLogger(__name__)

# moto's modules that have another name than the service.
MODULES = {"elasticloadbalancing": "elb", "elasticloadbalancingv2": "elbv2", "lambda": "awslambda"}

# Stacks are what the models were made for, and not mirrored themselves.
LEFT_OUT = "CloudFormation"


@dataclass(frozen=True)
class Mirrored:
    """moto's object of a resource, and what it knows of read-only properties."""

    model: Any
    facts: Json


@cache
def model_class(schema: ResourceSchema) -> Any:
    """moto's CloudFormation model of the type, or None."""
    service = schema.service.lower()
    module = f"moto.{MODULES.get(service, service)}"
    if schema.service == LEFT_OUT or not _has_models(module):
        return None
    import_module(f"{module}.models")
    for model in CloudFormationModel.__subclasses__():
        if model.cloudformation_type() == schema.type_name:
            return model
    return None


@cache
def _has_models(module: str) -> bool:
    """Whether a service of moto speaks of such models. Importing it to see can have effects."""
    spec = find_spec(module)
    folders = (spec and spec.submodule_search_locations) or []
    files = (file for folder in folders for file in Path(folder).rglob("*.py"))
    return any(b"CloudFormationModel" in file.read_bytes() for file in files)


def create(schema: ResourceSchema, properties: Json, place: Place) -> Mirrored | None:
    """Make the resource in moto; None where moto cannot."""
    model = model_class(schema)
    if model is None:
        return None
    name = properties.get(model.cloudformation_name_type(), schema.resource.lower())
    try:
        made = model.create_from_cloudformation_json(
            name, _template(schema, properties), place.account, place.region
        )
        return Mirrored(made, _facts(schema, made))
    except Exception as refusal:
        LOG.info("moto does not mirror the %s %s: %r", schema.type_name, name, refusal)
        return None


def update(schema: ResourceSchema, model: Any, properties: Json, place: Place) -> Any:
    """Change the resource in moto; the object that it is from now on."""
    if hasattr(model.update_from_cloudformation_json, "__isabstractmethod__"):
        return model
    try:
        return model.update_from_cloudformation_json(
            original_resource=model,
            new_resource_name=model.physical_resource_id,
            cloudformation_json=_template(schema, properties),
            account_id=place.account,
            region_name=place.region,
        )
    except Exception as refusal:
        LOG.info("moto does not mirror a change of a %s: %r", schema.type_name, refusal)
        return model


def delete(schema: ResourceSchema, model: Any, properties: Json, place: Place) -> None:
    """Delete the resource in moto.

    Raises `HandlerError` where the service refuses: a bucket that is not empty, say.
    """
    try:
        _delete(schema, model, properties, place)
    except (ServiceException, HTTPException) as refusal:
        message = getattr(refusal, "message", None) or refusal
        raise errors.HandlerError("GeneralServiceException", str(message)) from None
    except Exception as failure:
        LOG.info("moto does not mirror the end of a %s: %r", schema.type_name, failure)


def _delete(schema: ResourceSchema, model: Any, properties: Json, place: Place) -> None:
    if not hasattr(model.delete_from_cloudformation_json, "__isabstractmethod__"):
        model.delete_from_cloudformation_json(
            model.physical_resource_id,
            _template(schema, properties),
            place.account,
            place.region,
        )
    elif hasattr(model, "delete"):
        model.delete(place.account, place.region)


def _template(schema: ResourceSchema, properties: Json) -> Json:
    made_up = {pointer[0] for pointer in schema.read_only if len(pointer) == 1}
    given = {name: value for name, value in properties.items() if name not in made_up}
    # Some models write into what they are given.
    return {"Type": schema.type_name, "Properties": copy.deepcopy(given)}


def _facts(schema: ResourceSchema, model: Any) -> Json:
    """Read-only properties, as moto's Ref and Fn::GetAtt give them."""
    facts = {}
    for name, *inner in schema.read_only:
        value = None if inner else _attribute(model, name)
        if isinstance(value, str):
            facts[name] = value
    if len(schema.identifier) == 1 and schema.identifier[0] in schema.read_only:
        [(name, *_)] = schema.identifier
        reference = getattr(model, "physical_resource_id", None)
        # What Ref gives may be a name where the identifier is an ARN.
        if reference and name.endswith("Arn") == reference.startswith("arn:"):
            facts.setdefault(name, reference)
    return facts


def _attribute(model: Any, name: str) -> Any:
    if not hasattr(model, "get_cfn_attribute") or not model.has_cfn_attr(name):
        return None
    try:
        return model.get_cfn_attribute(name)
    except Exception:
        # A model may say that it has every attribute.
        return None
