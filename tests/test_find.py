"""Names that people write, to tables."""

import pytest

from awsvtab.catalog import catalog
from awsvtab.catalog.find import Alias, find_alias, find_table, list_only_properties, nearest

BUCKET = catalog().type("AWS::S3::Bucket")


@pytest.mark.parametrize(
    "name", ["s3.buckets", "aws.s3.buckets", "awscc.S3.Buckets", "aws_s3_buckets", "AWS_S3_BUCKETS"]
)
def test_a_table_is_found_by_each_of_its_names(name: str) -> None:
    assert find_table(catalog(), name) is BUCKET
    assert find_alias(catalog(), name) is None


@pytest.mark.parametrize(
    "name",
    [
        "s3.buckets_list_only",
        "aws.s3.buckets_list_only",
        "AwsCC.S3.Buckets_List_Only",
        "aws_s3_buckets_list_only",
    ],
)
def test_a_list_only_name_is_the_same_type_less_its_properties(name: str) -> None:
    assert find_alias(catalog(), name) == Alias(BUCKET, list_only=True)


@pytest.mark.parametrize("service", ["eventschemas", "personalize"])
@pytest.mark.parametrize(
    "form", ["{}.schemata", "aws.{}.schemata", "awscc.{}.Schemata", "aws_{}_schemata"]
)
def test_the_older_providers_names_are_known(service: str, form: str) -> None:
    schemas = find_table(catalog(), f"{service}.schemas")
    assert schemas is not None
    assert find_alias(catalog(), form.format(service)) == Alias(schemas)
    assert find_alias(catalog(), form.format(service) + "_list_only") == Alias(schemas, True)


@pytest.mark.parametrize(
    "name", ["glue.schemata", "schemata", "s3.nothing_list_only", "_list_only"]
)
def test_an_unknown_name_is_no_alias(name: str) -> None:
    assert find_alias(catalog(), name) is None


def test_no_table_is_called_like_an_alias() -> None:
    assert not [name for name in catalog().dotted_names() if find_alias(catalog(), name)]


def test_a_list_only_table_shows_the_identifiers_properties() -> None:
    stream = catalog().type("AWS::CustomerProfiles::EventStream")
    assert list_only_properties(stream) == ("DomainName", "EventStreamName")
    schedule = catalog().type("AWS::QuickSight::RefreshSchedule")
    assert list_only_properties(schedule) == ("AwsAccountId", "DataSetId", "Schedule")


def test_the_nearest_names_are_those_of_the_same_resource_first() -> None:
    assert nearest(catalog(), "event_streams") == [
        "aws.customerprofiles.event_streams",
        "aws.pinpoint.event_streams",
    ]
    assert "aws.s3.buckets" in nearest(catalog(), "s3.bucket")
