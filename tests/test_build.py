"""The command that makes the catalog's data file."""

import json
from pathlib import Path

import pytest

from awsvtab.catalog import Catalog
from awsvtab.catalog.build import main

BUCKET = {
    "typeName": "AWS::S3::Bucket",
    "properties": {"Zone": {"type": "string"}, "BucketName": {"type": "string"}},
    "primaryIdentifier": ["/properties/BucketName"],
    "handlers": {"list": {"permissions": []}},
}
STOP = {
    "typeName": "Org::Rail::Stop",
    "properties": {"Name": {"type": "string"}, "LineName": {"type": "string"}},
    "primaryIdentifier": ["/properties/Name"],
    "handlers": {"list": {"permissions": [], "handlerSchema": {"required": ["LineName"]}}},
}


@pytest.fixture
def schemas(tmp_path: Path) -> Path:
    folder = tmp_path / "schemas"
    folder.mkdir()
    for each in (BUCKET, STOP):
        (folder / f"{each['typeName'].replace('::', '-')}.json").write_text(json.dumps(each))
    return folder


@pytest.fixture
def built(schemas: Path, tmp_path: Path) -> tuple[Path, Path]:
    output, page = tmp_path / "types.txt", tmp_path / "docs" / "parents.md"
    main([str(schemas), "--date=2026-03-01", f"--output={output}", f"--page={page}"])
    return output, page


def test_it_writes_a_catalog_that_can_be_read(built: tuple[Path, Path]) -> None:
    made = Catalog(built[0].read_text())
    assert [each.name for each in made] == ["AWS::S3::Bucket", "Org::Rail::Stop"]
    assert made.version == "schemas (2026-03-01)"
    assert "| aws.rail.stops | line_name | not known yet |" in built[1].read_text()


def test_the_schemas_order_wins_over_that_of_the_catalog_before(built: tuple[Path, Path]) -> None:
    bucket = Catalog(built[0].read_text()).type("AWS::S3::Bucket")
    assert [prop.name for prop in bucket.properties] == ["Zone", "BucketName"]


def test_it_says_what_changed_and_what_nobody_has_looked_at(
    schemas: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = [f"--output={tmp_path / 'types.txt'}", f"--page={tmp_path / 'parents.md'}"]
    main([str(schemas), "--date=2026-03-01", *written])
    lines = capsys.readouterr().out.splitlines()
    assert "- AWS::CustomerProfiles::EventStream" in lines
    assert "+ Org::Rail::Stop" in lines
    assert any(line.startswith("~ AWS::S3::Bucket: -AccelerateConfiguration") for line in lines)
    assert lines[-3:] == [
        "catalog: 2 resource types from schemas (2026-03-01)",
        "1 listings need input, 0 have a way to get it",
        "Org::Rail::Stop: no way was found; add it to PARENTS or to NO_WAY in overrides.py",
    ]


def test_an_order_that_is_given_wins_over_the_schemas(schemas: Path, tmp_path: Path) -> None:
    order = tmp_path / "order.json"
    order.write_text(json.dumps({"AWS::S3::Bucket": ["BucketName", "Zone"]}))
    output = tmp_path / "types.txt"
    main([str(schemas), f"--order={order}", f"--output={output}", f"--page={tmp_path / 'p.md'}"])
    bucket = Catalog(output.read_text()).type("AWS::S3::Bucket")
    assert [prop.name for prop in bucket.properties] == ["BucketName", "Zone"]
