"""What a listing is asked by and what it shows, where the rows live: as the catalog knows it."""

from __future__ import annotations

import json

import pytest

from awsvtab.emulator import Emulator, parents, schemas, validation, values
from conftest import operations
from emulating import cloudcontrol, create, error, listed, read

BUCKET, POLICY = "AWS::S3::Bucket", "AWS::S3::BucketPolicy"
UNIT = "AWS::Organizations::OrganizationalUnit"
HERE = values.Place("123456789012", "us-east-1")


@pytest.fixture(scope="module")
def running():
    with Emulator() as emulator, cloudcontrol(emulator) as client:
        yield emulator, client


@pytest.fixture
def emulator(running):
    running[0].reset()
    return running[0]


@pytest.fixture
def client(running, emulator):
    return running[1]


def below(client, type_name, **model):
    return listed(client, type_name, ResourceModel=json.dumps(model))


def test_a_parent_is_known_by_the_property_that_the_catalog_takes(emulator, client):
    constraint = "AWS::ServiceCatalog::LaunchRoleConstraint"
    portfolio = emulator.put("AWS::ServiceCatalog::Portfolio", {})
    emulator.put("AWS::ServiceCatalog::AcceptedPortfolioShare", {"PortfolioId": "port-shared"})
    put = emulator.put(constraint, {"PortfolioId": portfolio})
    assert below(client, constraint, PortfolioId=portfolio) == [put]
    assert below(client, constraint, PortfolioId="port-shared") == []
    with error("ResourceNotFoundException"):
        below(client, constraint, PortfolioId="port-none")


def test_all_values_have_to_be_of_one_parent(emulator, client):
    stage = "AWS::AppConfig::Deployment"
    for application, environment in (("app1234", "env1234"), ("app5678", "env5678")):
        given = {"ApplicationId": application, "EnvironmentId": environment}
        emulator.put("AWS::AppConfig::Environment", given)
    assert below(client, stage, ApplicationId="app1234", EnvironmentId="env1234") == []
    with error("ResourceNotFoundException"):
        below(client, stage, ApplicationId="app1234", EnvironmentId="env5678")


def test_a_tree_has_parents_of_its_own_type(emulator, client):
    emulator.put("AWS::Organizations::Organization", {"RootId": "r-abcd"})
    first = emulator.put(UNIT, {"ParentId": "r-abcd", "Id": "ou-abcd-11111111"})
    second = emulator.put(UNIT, {"ParentId": first, "Id": "ou-abcd-22222222"})
    assert below(client, UNIT, ParentId="r-abcd") == [first]
    assert below(client, UNIT, ParentId=first) == [second]
    with error("ResourceNotFoundException"):
        below(client, UNIT, ParentId="ou-abcd-33333333")


def test_a_parent_may_be_named_within_an_object_or_a_list(emulator, client):
    schema = emulator.put("AWS::Glue::Schema", {"Name": "s"})
    version = emulator.put("AWS::Glue::SchemaVersion", {"Schema": {"SchemaArn": schema}})
    assert below(client, "AWS::Glue::SchemaVersion", Schema={"SchemaArn": schema}) == [version]

    tag = "AWS::Cognito::IdentityPoolPrincipalTag"
    pool = "us-east-1:01234567-89ab-cdef-0123-456789abcdef"
    provider = {"ProviderName": "cognito-idp.us-east-1.amazonaws.com/us-east-1_a", "ClientId": "c"}
    emulator.put("AWS::Cognito::IdentityPool", {"Id": pool, "CognitoIdentityProviders": [provider]})
    model = {"IdentityPoolId": pool, "IdentityProviderName": provider["ProviderName"]}
    assert below(client, tag, **model) == []
    with error("ResourceNotFoundException"):
        below(client, tag, **{**model, "IdentityProviderName": "other.example.com"})


def test_what_a_schema_calls_optional_may_be_required(client):
    with error("InvalidRequestException"):
        listed(client, "AWS::GuardDuty::Filter")
    with error("InvalidRequestException"):
        listed(client, "AWS::VpcLattice::ServiceNetworkVpcAssociation")


def test_a_list_handlers_own_references_lead_to_the_type(emulator, client):
    """Their names are the same as those of the members: read alone, they would go in circles."""
    attachment = "AWS::IoT::ThingPrincipalAttachment"
    emulator.put("AWS::IoT::Thing", {"ThingName": "t"})
    emulator.put(attachment, {"ThingName": "t", "Principal": "p"})
    assert below(client, attachment, ThingName="t") == ["t|p"]


def test_listeners_are_listed_by_their_own_arns(emulator, client):
    listener = "AWS::ElasticLoadBalancingV2::Listener"
    first, second, _ = (emulator.put(listener, {}) for _ in range(3))
    emulator.listing.page_size = 1
    assert below(client, listener, ListenerArns=[second, first]) == [first, second]


def test_creating_takes_a_parent_by_any_of_its_names(emulator, client):
    emulator.put("AWS::Lambda::Function", {"FunctionName": "f"})
    arn = emulator.get("AWS::Lambda::Function", "f")["Arn"]
    for name, status in (("f", "SUCCESS"), (arn, "SUCCESS"), ("g", "FAILED")):
        given = {"FunctionName": name, "FunctionVersion": "1", "Name": "a" + status[:1] + name[:1]}
        event = create(client, "AWS::Lambda::Alias", **given)
        assert event["OperationStatus"] == status


@pytest.mark.parametrize(
    ("type_name", "asked", "home"),
    [
        ("AWS::GlobalAccelerator::Accelerator", "eu-west-1", "us-east-1"),
        ("AWS::IAM::Group", "cn-northwest-1", "cn-north-1"),
        ("AWS::NetworkManager::GlobalNetwork", "us-west-2", "us-east-1"),
        # us-east-1 lacks the type.
        ("AWS::NetworkManager::Connection", "us-west-2", "us-west-2"),
    ],
)
def test_a_global_type_lives_once_in_its_home_region(emulator, type_name, asked, home):
    identifier = emulator.put(type_name, emulator.example(type_name, region=asked), region=asked)
    for region in {asked, home}:
        with cloudcontrol(emulator, region) as client:
            assert read(client, type_name, identifier)
    schema = schemas.find(type_name, asked)
    assert schema.home_region(asked) == home


def test_a_bucket_policy_is_where_its_bucket_is(emulator, client, connect_here):
    with cloudcontrol(emulator, "eu-west-2") as there:
        create(there, BUCKET, BucketName="bkt")
        assert (
            create(client, POLICY, Bucket="bkt", PolicyDocument={})["OperationStatus"] == "FAILED"
        )
        event = create(there, POLICY, Bucket="bkt", PolicyDocument={})
        assert event["OperationStatus"] == "SUCCESS"
    assert listed(client, POLICY) == ["bkt"]
    with error("GeneralServiceException"):
        read(client, POLICY, "bkt")
    rows = connect_here(regions=["us-east-1", "eu-west-2"]).execute(
        "SELECT region, bucket FROM aws.s3.bucket_policies"
    )
    assert rows.fetchall() == [("eu-west-2", "bkt")]


@pytest.fixture
def connect_here(emulator):
    made = []

    def connect(**options):
        made.append(emulator.connect(**options))
        return made[-1]

    yield connect
    for connection in made:
        connection.close()


def test_a_listing_of_buckets_tells_their_names_and_regions(emulator, client, connect_here):
    emulator.put(BUCKET, {"BucketName": "b"}, region="eu-west-2")
    [description] = client.list_resources(TypeName=BUCKET)["ResourceDescriptions"]
    found = json.loads(description["Properties"])
    assert found["RegionalDomainName"] == "b.s3.eu-west-2.amazonaws.com"
    assert {"BucketName", "Arn", "DomainName", "DualStackDomainName"} <= found.keys()
    emulator.calls.clear()
    connection = connect_here(regions=["us-east-1", "eu-west-2"])
    assert connection.execute("SELECT region, arn FROM aws.s3.buckets").fetchall() == [
        ("eu-west-2", "arn:aws:s3:::b")
    ]
    assert operations(emulator) == {"ListResources": 1}


@pytest.mark.parametrize(
    ("type_name", "given", "name", "pattern"),
    [
        ("AWS::Cognito::UserPool", {}, "UserPoolId", r"^[\w-]+_[0-9a-zA-Z]+$"),
        ("AWS::SSM::MaintenanceWindow", {}, "WindowId", "^mw-[0-9a-f]{17}$"),
        ("AWS::RTBFabric::RequesterGateway", {}, "GatewayId", "^(rtb-gw|rtbapp)-[a-z0-9-]{6,25}$"),
        (
            "AWS::Connect::ContactFlow",
            {},
            "ContactFlowArn",
            "^arn:aws:connect:us-east-1:123456789012:instance/[^/]+/contact-flow/[^/]+$",
        ),
        # Another type's pattern is stricter than its own.
        ("AWS::NetworkManager::GlobalNetwork", {}, "Id", "^global-network-[a-z0-9-]+$"),
        # The same under another name, and the beginning of another ARN.
        ("AWS::DataZone::DomainUnit", {"DomainIdentifier": "dzd_a1"}, "DomainId", "^dzd_a1$"),
        (
            "AWS::S3Tables::TablePolicy",
            {"TableARN": "arn:aws:s3tables:us-east-1:123456789012:bucket/b12/table/" + "0" * 36},
            "TableBucketARN",
            "^arn:aws:s3tables:us-east-1:123456789012:bucket/b12$",
        ),
    ],
)
def test_what_is_made_up_suits_the_types_below(type_name, given, name, pattern):
    schema = schemas.find(type_name)
    first, second = (values.complete(schema, given, HERE, n, 0.0)[name] for n in (1, 2))
    assert validation.matches(pattern, first)
    assert first != second or given


def test_a_type_that_the_catalog_lacks_has_no_parents():
    assert parents.ways("Org::Rail::Train") == ()
