"""What can be a table: resource types, their properties, names and parents."""

from awsvtab.catalog.model import Parent, Property, ResourceType
from awsvtab.catalog.store import Catalog, catalog

__all__ = ["Catalog", "Parent", "Property", "ResourceType", "catalog"]
