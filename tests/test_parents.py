"""Where the input of listings comes from: the rules on made-up schemas, then the whole catalog."""

import importlib.metadata
from pathlib import Path

import pytest

from awsvtab.catalog import Parent, ResourceType, catalog
from awsvtab.catalog.build import build, property_order, review
from awsvtab.catalog.overrides import LIST_INPUT, NO_WAY, PARENTS
from awsvtab.catalog.page import parents_page
from awsvtab.catalog.parents import MAX_HOPS, find_ways
from awsvtab.catalog.sources import Source, read_cfn_lint
from awsvtab.catalog.store import DATA_FILE

NEEDING = [each for each in catalog() if each.list_requires]
WITH_PARENTS = [each for each in NEEDING if each.parents]
WAYS = [(each, parent) for each in WITH_PARENTS for parent in each.parents]
ARN = {"type": "string", "pattern": "^arn:aws:x:"}
TEXT = {"type": "string"}


def schema(
    name: str, identifier: str, properties: dict | None = None, requires: tuple = (), **more
) -> dict:
    """A schema of a type of the service Svc that can be listed."""
    return {
        "typeName": f"AWS::Svc::{name}",
        "properties": {identifier: TEXT, **(properties or {}), **dict.fromkeys(requires, TEXT)},
        "primaryIdentifier": [f"/properties/{identifier}"],
        "handlers": {"list": {"handlerSchema": {"required": list(requires)}}},
    } | more


def way(*schemas: dict) -> tuple[str, list[dict]] | None:
    """The rule and the parents found for the first of the schemas."""
    found = find_ways({each["typeName"]: each for each in schemas}).get(schemas[0]["typeName"])
    return found and (found.rule, list(found.parents))


def taking(name: str, **take: str) -> list[dict]:
    return [{"type": f"AWS::Svc::{name}", "take": take}]


@pytest.mark.parametrize(
    ("required", "properties", "source"),
    [
        ("ClusterName", ("ClusterName", "Name", "Arn"), "ClusterName"),
        ("ClusterName", ("Name", "Arn"), "Name"),
        ("ClusterArn", ("Name", "Arn"), "Arn"),
        ("ClusterId", ("Id", "Arn"), "Id"),
        ("ClusterIdentifier", ("ClusterId", "Name"), "Key"),
        ("Cluster", ("Id", "Name"), "Name"),
    ],
)
def test_a_type_of_the_propertys_name_is_the_parent(
    required: str, properties: tuple[str, ...], source: str
) -> None:
    child = schema("Node", "NodeId", requires=(required,))
    parent = schema("Cluster", "Key", dict.fromkeys(properties, TEXT))
    assert way(child, parent) == ("by_name", taking("Cluster", **{required: source}))


def test_a_type_that_is_called_like_the_property_wins_over_one_that_it_identifies() -> None:
    child = schema("Node", "NodeId", requires=("ClusterName",))
    cluster = schema("Cluster", "Arn", {"Name": TEXT})
    policy = schema("ClusterPolicy", "ClusterName")
    assert way(child, policy, cluster) == ("by_name", taking("Cluster", ClusterName="Name"))


def test_one_type_that_the_property_alone_identifies_is_the_parent() -> None:
    child = schema("Task", "TaskId", requires=("WindowId",))
    assert way(child, schema("MaintenanceWindow", "WindowId")) == (
        "by_identifier",
        taking("MaintenanceWindow", WindowId="WindowId"),
    )


def test_of_two_types_that_the_property_identifies_neither_is_guessed() -> None:
    child = schema("Task", "TaskId", requires=("WindowId",))
    assert way(child, schema("OneWindow", "WindowId"), schema("OtherWindow", "WindowId")) is None


@pytest.mark.parametrize("vague", ["Arn", "Id", "Name", "ResourceArn"])
def test_nothing_is_guessed_from_a_name_that_many_things_have(vague: str) -> None:
    child = schema("Rule", "RuleId", requires=(vague,))
    assert way(child, schema("Workspace", vague)) is None


def test_a_stated_reference_is_followed_into_another_service() -> None:
    reference = {
        "relationshipRef": {"typeName": "AWS::Key::Store", "propertyPath": "/properties/K"}
    }
    child = schema("Node", "NodeId")
    child["properties"]["StoreId"] = {"type": "string", "anyOf": [reference]}
    child["handlers"]["list"]["handlerSchema"]["required"] = ["StoreId"]
    store = schema("Store", "K", typeName="AWS::Key::Store")
    assert way(child, store) == (
        "by_reference",
        [{"type": "AWS::Key::Store", "take": {"StoreId": "K"}}],
    )


def test_where_an_arn_is_wanted_an_arn_is_taken() -> None:
    child = schema("Node", "NodeId", requires=("ClusterId",))
    child["properties"]["ClusterId"] = ARN
    parent = schema("Cluster", "ClusterId", {"Arn": ARN})
    assert way(child, parent) == ("by_name", taking("Cluster", ClusterId="Arn"))


def test_the_list_handlers_own_schema_says_what_it_wants() -> None:
    child = schema("Node", "NodeId", {"Owner": ARN}, requires=("ClusterId",))
    child["handlers"]["list"]["handlerSchema"]["properties"] = {
        "ClusterId": {"$ref": "resource-schema.json#/properties/Owner"}
    }
    parent = schema("Cluster", "ClusterId", {"Arn": ARN})
    assert way(child, parent) == ("by_name", taking("Cluster", ClusterId="Arn"))


def test_what_can_only_be_written_is_not_taken() -> None:
    child = schema("Run", "RunId", requires=("DomainIdentifier", "ProjectIdentifier"))
    parent = schema(
        "Project",
        "Id",
        {"DomainIdentifier": TEXT, "DomainId": TEXT},
        writeOnlyProperties=["/properties/DomainIdentifier"],
    )
    assert way(child, parent) == (
        "by_name",
        taking("Project", DomainIdentifier="DomainId", ProjectIdentifier="Id"),
    )


def test_all_required_properties_come_from_the_same_row() -> None:
    child = schema("Stop", "StopId", requires=("LineId", "TripId"))
    line = schema("Line", "LineId")
    trip = schema("Trip", "TripId", requires=("LineId",))
    assert way(child, line, trip) == ("by_name", taking("Trip", LineId="LineId", TripId="TripId"))
    assert way(child, line, schema("Trip", "TripId")) is None


def test_a_parent_that_cannot_be_listed_is_none() -> None:
    child = schema("Node", "NodeId", requires=("ClusterId",))
    assert way(child, schema("Cluster", "ClusterId", handlers={"read": {}})) is None


def test_types_that_need_each_other_have_no_way() -> None:
    one = schema("Secret", "ClusterArn", requires=("ClusterArn",))
    other = schema("Policy", "ClusterArn", requires=("ClusterArn",))
    assert way(one, other) is None


@pytest.mark.parametrize(("hops", "found"), [(MAX_HOPS, True), (MAX_HOPS + 1, False)])
def test_a_chain_of_parents_ends_after_three_hops(hops: int, found: bool) -> None:
    chain = [schema(f"T{n}", f"T{n}Id", requires=(f"T{n + 1}Id",)) for n in range(hops)]
    assert (way(*chain, schema(f"T{hops}", f"T{hops}Id")) is not None) == found


def test_values_that_are_known_need_no_parent() -> None:
    child = schema("Rule", "RuleId", requires=("Kind", "AwsAccountId"))
    child["properties"]["Kind"] = {"type": "string", "enum": ["A", "B"]}
    assert way(child) == (
        "account",
        [{"values": {"Kind": ["A", "B"]}, "account": ["AwsAccountId"]}],
    )


def test_a_value_of_the_home_region_is_kept_apart() -> None:
    acl = catalog().type("AWS::WAFv2::WebACL").parents[0]
    assert acl.constants(at_home=False) == {"Scope": ("REGIONAL",)}
    assert acl.constants(at_home=True) == {"Scope": ("REGIONAL", "CLOUDFRONT")}


ROW = {
    "Id": "pool",
    "Arn": "arn:x",
    "Providers": [{"Name": "a"}, {"Name": "b"}, {"Other": "c"}],
    "Arns": ["arn:1", "arn:2"],
    "Logins": {"facebook": "1", "google": "2"},
    "Artifacts": "pa-1,pa-2, pa-3",
}


@pytest.mark.parametrize(
    ("take", "constants", "models"),
    [
        ({"PoolId": "Id"}, {}, [{"PoolId": "pool"}]),
        ({"PoolId": "Missing"}, {}, []),
        ({"PoolId": "Id", "Name": "Missing/*"}, {}, []),
        ({}, {"Kind": ("A", "B")}, [{"Kind": "A"}, {"Kind": "B"}]),
        ({"PoolId": "Id"}, {"Kind": ("A",)}, [{"PoolId": "pool", "Kind": "A"}]),
        ({"Schema/Arn": "Arn"}, {}, [{"Schema": {"Arn": "arn:x"}}]),
        (
            {"Schema/Arn": "Arn", "Schema/Id": "Id"},
            {},
            [{"Schema": {"Arn": "arn:x", "Id": "pool"}}],
        ),
        ({"Name": "Providers/*/Name"}, {}, [{"Name": "a"}, {"Name": "b"}]),
        ({"Name": "Arns/*"}, {}, [{"Name": "arn:1"}, {"Name": "arn:2"}]),
        ({"Name": "Logins/*"}, {}, [{"Name": "facebook"}, {"Name": "google"}]),
        ({"Name": "Artifacts/*"}, {}, [{"Name": "pa-1"}, {"Name": "pa-2"}, {"Name": "pa-3"}]),
    ],
)
def test_a_row_gives_the_models_of_its_childrens_listings(
    take: dict[str, str], constants: dict[str, tuple[str, ...]], models: list[dict]
) -> None:
    parent = Parent("AWS::Svc::Pool", take)
    assert list(parent.models(ROW.get, constants)) == models


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("AppSync::Resolver", [("AppSync::Type", {"ApiId": "ApiId", "TypeName": "Name"})]),
        ("AppSync::Type", [("AppSync::GraphQLApi", {"ApiId": "ApiId"})]),
        ("AppSync::DataSource", [("AppSync::GraphQLApi", {"ApiId": "ApiId"})]),
        ("AppSync::FunctionConfiguration", [("AppSync::GraphQLApi", {"ApiId": "ApiId"})]),
        ("AppSync::ChannelNamespace", [("AppSync::Api", {"ApiId": "ApiId"})]),
        ("APS::RuleGroupsNamespace", [("APS::Workspace", {"Arn": "Arn"})]),
        ("APS::AnomalyDetector", [("APS::Workspace", {"Arn": "Arn"})]),
        ("IdentityStore::Group", [("SSO::Instance", {"IdentityStoreId": "IdentityStoreId"})]),
        ("Lambda::Url", [("Lambda::Function", {"TargetFunctionArn": "FunctionName"})]),
        ("Route53::RecordSet", [("Route53::HostedZone", {"HostedZoneId": "Id"})]),
        (
            "ElasticLoadBalancingV2::Listener",
            [("ElasticLoadBalancingV2::LoadBalancer", {"LoadBalancerArn": "LoadBalancerArn"})],
        ),
        ("EKS::Addon", [("EKS::Cluster", {"ClusterName": "Name"})]),
        ("MSK::ClusterPolicy", [("MSK::Cluster", {"ClusterArn": "Arn"})]),
        ("Transfer::User", [("Transfer::Server", {"ServerId": "ServerId"})]),
        ("SCN::Dataset", [("SCN::Namespace", {"InstanceId": "InstanceId", "Namespace": "Name"})]),
        ("Connect::IntegrationAssociation", [("Connect::Instance", {"InstanceId": "Arn"})]),
        ("Connect::Vocabulary", [("Connect::Instance", {"InstanceId": "Id"})]),
        ("Glue::SchemaVersion", [("Glue::Schema", {"Schema/SchemaArn": "Arn"})]),
        (
            "VpcLattice::Rule",
            [
                (
                    "VpcLattice::Listener",
                    {"ServiceIdentifier": "ServiceId", "ListenerIdentifier": "Arn"},
                )
            ],
        ),
        (
            "Organizations::OrganizationalUnit",
            [
                ("Organizations::Organization", {"ParentId": "RootId"}),
                ("Organizations::OrganizationalUnit", {"ParentId": "Id"}),
            ],
        ),
        (
            "Connect::PhoneNumber",
            [
                ("Connect::Instance", {"TargetArn": "Arn"}),
                (
                    "Connect::TrafficDistributionGroup",
                    {"TargetArn": "TrafficDistributionGroupArn"},
                ),
            ],
        ),
    ],
)
def test_the_catalog_knows_what_the_names_mislead_about(
    name: str, expected: list[tuple[str, dict[str, str]]]
) -> None:
    found = catalog().type(f"AWS::{name}").parents
    assert [(each.type_name, each.take) for each in found] == [
        (f"AWS::{parent}", take) for parent, take in expected
    ]


def test_nearly_every_listing_that_needs_input_has_a_way() -> None:
    """Of those whose schemas say so, in the home region: 381 require, 7 have a choice."""
    declared = [
        each for each in NEEDING if "us-east-1" not in each.not_in and each.name not in LIST_INPUT
    ]
    assert len(declared) == 388
    assert sum(bool(each.parents) for each in declared) >= 360


def test_the_others_were_looked_at() -> None:
    assert {each.name for each in NEEDING if not each.parents} == set(NO_WAY)


def test_no_type_both_has_a_way_and_has_none() -> None:
    assert not NO_WAY.keys() & PARENTS.keys()
    assert PARENTS.keys() <= {each.name for each in WITH_PARENTS}


def of(parent: Parent) -> ResourceType | None:
    return None if parent.type_name is None else catalog().type(parent.type_name)


def test_a_way_gives_one_whole_set_of_what_is_required() -> None:
    for each, parent in WAYS:
        given = {*parent.take, *parent.values, *parent.home_values, *parent.account}
        top = {pointer.split("/")[0] for pointer in given}
        assert any(set(required) <= top for required in each.list_requires), each.name
        assert top <= each.by_name.keys(), each.name


def test_what_a_way_takes_can_be_read_from_a_listed_row() -> None:
    for each, parent in WAYS:
        row = of(parent)
        assert (row is None) == (not parent.take), each.name
        for source in parent.sources:
            assert row is not None
            assert row.can("list"), each.name
            assert not row.by_name[source].write_only, each.name
            assert row.can("read") or source in row.identifier, each.name


def hops(each: ResourceType) -> int:
    """The number of listings before the one of this type."""
    above = [of(parent) for parent in each.parents]
    return max((1 + hops(row) for row in above if row not in (None, each)), default=0)


def test_no_way_is_longer_than_three_hops() -> None:
    longest = max(WITH_PARENTS, key=hops)
    assert (longest.name, hops(longest)) == ("AWS::DataZone::EnvironmentActions", MAX_HOPS)


def test_a_way_begins_at_a_listing_that_needs_nothing() -> None:
    for each in WITH_PARENTS:
        for row in map(of, each.parents):
            assert row is None or row is each or row.parents or not row.list_requires, each.name


def test_a_tree_has_a_root() -> None:
    trees = [e for e in WITH_PARENTS if any(p.type_name == e.name for p in e.parents)]
    assert {each.name for each in trees} == {
        "AWS::DataZone::DomainUnit",
        "AWS::Organizations::OrganizationalUnit",
    }
    assert all(len(each.parents) > 1 for each in trees)


def test_the_page_lists_every_type_that_needs_input() -> None:
    page = parents_page(catalog())
    committed = Path(__file__).parents[1] / "docs" / "parents.md"
    assert committed.read_text(encoding="utf-8") == page
    assert all(f"| {each.dotted_name} |" in page for each in NEEDING)
    assert "| aws.emr.instance_fleet_configs | cluster_id |" in page


@pytest.fixture(scope="module")
def cfn_lint() -> Source:
    if not str(catalog().metadata["source"]).endswith(importlib.metadata.version("cfn-lint")):
        pytest.skip("the catalog was built from another version of cfn-lint")
    return read_cfn_lint()


def test_the_data_file_is_what_the_build_gives(cfn_lint: Source) -> None:
    assert build(cfn_lint, property_order(None, catalog())) == DATA_FILE.read_text(encoding="utf-8")


def test_no_override_says_what_the_rules_say(
    cfn_lint: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    overridden = {name: tuple(parents) for name, parents in PARENTS.items()}
    monkeypatch.setattr("awsvtab.catalog.parents.PARENTS", {})
    guessed = find_ways(cfn_lint.schemas)
    assert [
        name
        for name, kept in overridden.items()
        if name in guessed and guessed[name].parents == kept
    ] == []


def test_the_review_shows_the_rule_of_each(cfn_lint: Source) -> None:
    lines = list(review(cfn_lint))
    assert len(lines) == len(NEEDING)
    assert (
        "AWS::CustomerProfiles::EventStream | by_name | DomainName | "
        "AWS::CustomerProfiles::Domain (DomainName)"
    ) in lines
    assert "AWS::EMR::InstanceFleetConfig | no way | ClusterId | " in lines
