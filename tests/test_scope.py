"""Which rows exist once per partition, and where those of a spanning listing live."""

import pytest

from awsvtab.catalog import catalog
from awsvtab.catalog.model import RegionSource
from awsvtab.catalog.scope import GLOBAL_SERVICES, GLOBAL_TYPES, home_region, host_region


@pytest.mark.parametrize(
    "name",
    [
        "IAM::Role",
        "CloudFront::Distribution",
        "Route53::RecordSet",
        "Organizations::OrganizationalUnit",
        "GlobalAccelerator::Accelerator",
        "Shield::Protection",
        "WAF::WebACL",
        "Budgets::Budget",
        "CE::CostCategory",
        "NetworkManager::CoreNetwork",
        "Chatbot::SlackChannelConfiguration",
        "DirectConnect::DirectConnectGateway",
        "S3::MultiRegionAccessPoint",
    ],
)
def test_global_types_have_each_row_once(name: str) -> None:
    assert catalog().type(f"AWS::{name}").is_global


@pytest.mark.parametrize(
    "name",
    [
        "CustomerProfiles::EventStream",
        "WAFv2::WebACL",
        "WAFRegional::WebACL",
        "Route53Resolver::ResolverRule",
        "Route53Profiles::Profile",
        "DirectConnect::Connection",
        "S3::Bucket",
        "SSO::Instance",
        "IdentityStore::Group",
        "RDS::GlobalCluster",
        "ECR::Repository",
    ],
)
def test_types_that_seem_global_and_are_not(name: str) -> None:
    assert not catalog().type(f"AWS::{name}").is_global


def test_every_global_service_and_type_is_in_the_catalog() -> None:
    names = [each.name for each in catalog() if each.is_global]
    assert {name.split("::")[1] for name in names} >= GLOBAL_SERVICES
    assert set(names) >= GLOBAL_TYPES


def test_the_parents_of_global_types_are_global() -> None:
    for each in catalog():
        for parent in each.parents:
            if each.is_global and parent.type_name is not None:
                assert catalog().type(parent.type_name).is_global, each.name


def test_listing_buckets_spans_regions() -> None:
    spanning = {each.name: each.region_source for each in catalog() if each.region_source}
    assert spanning == {
        "AWS::S3::Bucket": RegionSource("RegionalDomainName"),
        "AWS::S3::BucketPolicy": RegionSource("RegionalDomainName", "AWS::S3::Bucket"),
    }


def test_what_tells_a_rows_region_is_a_property_under_the_same_identifier() -> None:
    for each in catalog():
        source = each.region_source
        if source is not None:
            row = catalog().type(source.type_name) if source.type_name else each
            assert source.property in row.by_name
            assert len(row.identifier) == len(each.identifier) == 1


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("b.s3.us-east-2.amazonaws.com", "us-east-2"),
        ("my.s3.bucket.s3.eu-west-1.amazonaws.com", "eu-west-1"),
        ("b.s3.dualstack.ap-southeast-4.amazonaws.com", "ap-southeast-4"),
        ("b.s3.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("b.s3.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("b.s3.us-iso-east-1.c2s.ic.gov", None),
        ("b.s3-eu-west-1.amazonaws.com", "eu-west-1"),
        ("b.s3.amazonaws.com", None),
    ],
)
def test_a_regional_host_name_has_its_region(host: str, region: str | None) -> None:
    assert host_region(host) == region


@pytest.mark.parametrize(
    ("region", "home"),
    [
        ("eu-west-1", "us-east-1"),
        ("us-east-1", "us-east-1"),
        ("cn-northwest-1", "cn-north-1"),
        ("us-gov-east-1", "us-gov-west-1"),
        ("us-iso-west-1", "us-iso-east-1"),
        ("us-isob-west-1", "us-isob-east-1"),
        ("us-isof-east-1", "us-isof-south-1"),
        ("eusc-de-east-1", "eusc-de-east-1"),
        ("eu-isoe-west-1", "eu-isoe-west-1"),
    ],
)
def test_each_partition_has_a_home_region(region: str, home: str) -> None:
    assert home_region(region) == home


def test_a_type_that_the_home_region_lacks_lives_where_it_is() -> None:
    connection = catalog().type("AWS::NetworkManager::Connection")
    assert "us-east-1" in connection.not_in
    assert home_region("eu-west-1", connection.not_in, catalog().regions) == "us-west-2"


def test_a_type_that_no_region_of_the_partition_has_keeps_the_home_region() -> None:
    assert home_region("cn-north-1", {"cn-north-1", "cn-northwest-1"}, catalog().regions) == (
        "cn-north-1"
    )
