"""Schemas in folders and zip files, as people have them."""

import json
import zipfile
from pathlib import Path

import pytest

from awsvtab.catalog.sources import read_files, read_types, type_of
from awsvtab.errors import ProgrammingError

LINE = {
    "typeName": "Org::Rail::Line",
    "properties": {"LineId": {"type": "string"}, "Colour": {"type": "string"}},
    "primaryIdentifier": ["/properties/LineId"],
    "handlers": {"list": {"permissions": []}, "read": {"permissions": []}},
}
TRAIN = {
    "typeName": "Org::Rail::Train",
    "properties": {"Wagons": {"type": "integer"}, "LineId": {"type": "string"}},
    "primaryIdentifier": ["/properties/LineId", "/properties/Wagons"],
    "required": ["LineId"],
    "handlers": {"list": {"permissions": [], "handlerSchema": {"required": ["LineId"]}}},
}


@pytest.fixture(params=["folder", "zip"])
def schemas(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    files = {
        "line.json": json.dumps(LINE),
        "described.json": json.dumps({"Type": "RESOURCE", "Schema": json.dumps(TRAIN)}),
        "readme.txt": "not a schema",
        "package.json": json.dumps({"name": "nor is this"}),
    }
    if request.param == "folder":
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        return tmp_path
    path = tmp_path / "schemas.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(f"some/{name}", (2026, 3, 1, 0, 0, 0)), text)
    return path


def test_every_schema_in_it_is_a_type(schemas: Path) -> None:
    found = read_types(schemas)
    assert set(found) == {"Org::Rail::Line", "Org::Rail::Train"}
    assert found["Org::Rail::Line"].dotted_name == "aws.rail.lines"


def test_types_of_one_place_find_their_parents_there(schemas: Path) -> None:
    (parent,) = read_types(schemas)["Org::Rail::Train"].parents
    assert (parent.type_name, parent.take) == ("Org::Rail::Line", {"LineId": "LineId"})


def test_properties_keep_the_schemas_order(schemas: Path) -> None:
    train = read_types(schemas)["Org::Rail::Train"]
    assert [prop.name for prop in train.properties] == ["Wagons", "LineId"]


def test_only_a_zip_file_tells_its_day(schemas: Path) -> None:
    assert read_files(schemas).date == ("2026-03-01" if schemas.suffix == ".zip" else None)


def test_one_schema_is_a_type_of_its_own() -> None:
    line = type_of(LINE)
    assert (line.name, line.table_name, line.identifier) == (
        "Org::Rail::Line",
        "aws_rail_lines",
        ("LineId",),
    )
    assert not line.is_global
    assert type_of(TRAIN).list_requires == (("LineId",),)


def test_another_providers_service_is_not_taken_for_awss() -> None:
    assert not type_of(LINE | {"typeName": "Org::IAM::Line"}).is_global
    assert type_of(LINE | {"typeName": "AWS::IAM::Line"}).is_global


def test_a_type_without_handlers_is_a_type(tmp_path: Path) -> None:
    bare = {"typeName": "Org::Rail::Stop", "properties": {"Name": {"type": "string"}}}
    (tmp_path / "stop.json").write_text(json.dumps(bare))
    stop = read_types(tmp_path)["Org::Rail::Stop"]
    assert not any(map(stop.can, ("create", "read", "update", "delete", "list")))


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("none.txt", "", "there are no schemas in"),
        ("bad.json", "{", "cannot read"),
    ],
)
def test_what_is_no_schema_is_said(tmp_path: Path, name: str, text: str, says: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ProgrammingError, match=says):
        read_types(tmp_path)


@pytest.mark.parametrize("text", [None, "not a zip file"])
def test_a_file_that_cannot_be_read_is_said(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "schemas.zip"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ProgrammingError, match="cannot read"):
        read_types(path)
