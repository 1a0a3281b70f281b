"""The catalog as data, and the names and columns made from it."""

import pytest

from awsvtab.catalog import catalog
from awsvtab.catalog.columns import Kind, declaration, table_columns
from awsvtab.catalog.names import column_name, plural, resource_name, service_name
from awsvtab.catalog.schema import record, resource_type

EVENT_STREAM = "AWS::CustomerProfiles::EventStream"


@pytest.mark.parametrize(
    ("type_name", "dotted"),
    [
        (EVENT_STREAM, "customerprofiles.event_streams"),
        ("AWS::WAFv2::WebACL", "wafv2.web_acls"),
        ("AWS::EC2::VPC", "ec2.vpcs"),
        ("AWS::EC2::EC2Fleet", "ec2.ec2fleets"),
        ("AWS::FSx::S3AccessPointAttachment", "fsx.s3access_point_attachments"),
        ("AWS::DataSync::LocationFSxLustre", "datasync.locationf_sx_lustres"),
        ("AWS::IAM::VirtualMFADevice", "iam.virtualmfa_devices"),
        (
            "AWS::Cognito::UserPoolUICustomizationAttachment",
            "cognito.user_poolui_customization_attachments",
        ),
        ("AWS::SSM::Association", "ssm.associations"),
    ],
)
def test_table_names_are_stackqls(type_name: str, dotted: str) -> None:
    assert f"{service_name(type_name)}.{resource_name(type_name)}" == dotted


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("policy", "policies"),
        ("gateway", "gateways"),
        ("address", "addresses"),
        ("index", "indices"),
        ("data_analysis", "data_analyses"),
        ("instance_metadata", "instance_metadata"),
        ("batch", "batches"),
        ("box", "boxes"),
    ],
)
def test_the_plural_is_that_of_the_last_word(word: str, expected: str) -> None:
    assert plural(word) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("DomainName", "domain_name"),
        ("VPCs", "vpcs"),
        ("OAuthScopes", "oauth_scopes"),
        ("Schema", "_schema"),
        ("Group", "group_id"),
        ("EventStreamArn", "event_stream_arn"),
        ("DBInstanceIdentifier", "db_instance_identifier"),
    ],
)
def test_column_names_are_stackqls(name: str, expected: str) -> None:
    assert column_name(name) == expected


def test_event_streams_has_the_seed_pages_fields_in_its_order() -> None:
    columns = table_columns(catalog().type(EVENT_STREAM))
    assert [column.name for column in columns if not column.hidden] == [
        "domain_name",
        "event_stream_name",
        "uri",
        "event_stream_arn",
        "tags",
        "created_at",
        "state",
        "destination_details",
        "region",
    ]


def test_property_names_are_hidden_columns_where_they_differ_beyond_case() -> None:
    hidden = {
        column.name for column in table_columns(catalog().type(EVENT_STREAM)) if column.hidden
    }
    assert {"DomainName", "EventStreamName", "EventStreamArn"} <= hidden
    assert not {"Uri", "Tags", "State"} & hidden


@pytest.mark.parametrize(
    ("type_name", "property_name", "column"),
    [
        ("AWS::SNS::Subscription", "Region", "_region"),
        ("AWS::DSQL::Cluster", "Identifier", "_identifier"),
    ],
)
def test_a_property_that_collides_takes_an_underscore(
    type_name: str, property_name: str, column: str
) -> None:
    found = [
        c.name
        for c in table_columns(catalog().type(type_name))
        if c.property is not None and c.property.name == property_name
    ]
    assert found == [column]


def test_every_table_has_columns_that_are_unique_without_case() -> None:
    for each in catalog():
        names = [column.name.lower() for column in table_columns(each)]
        assert len(set(names)) == len(names), each.name


def test_every_table_name_is_unique_and_finds_its_type() -> None:
    found = {each.table_name: each.name for each in catalog()}
    assert len(found) == len(catalog()) > 1_800
    for table_name, type_name in found.items():
        assert catalog().table(table_name.upper()).name == type_name


def test_the_key_is_declared_as_sqlite_wants_it() -> None:
    text = declaration(table_columns(catalog().type(EVENT_STREAM)))
    assert '"data__key" TEXT HIDDEN NOT NULL' in text
    assert text.endswith("PRIMARY KEY(data__key)) WITHOUT ROWID")
    assert Kind.KEY == "key"


def test_a_list_that_needs_a_parent_knows_it() -> None:
    stream = catalog().type(EVENT_STREAM)
    assert stream.list_requires == (("DomainName",),)
    assert stream.parent is not None
    assert stream.parent.type_name == "AWS::CustomerProfiles::Domain"
    assert stream.parent.take == {"DomainName": "DomainName"}


def test_a_record_keeps_what_a_table_needs_of_a_schema() -> None:
    schema = {
        "typeName": "Org::Svc::Thing",
        "definitions": {"Text": {"type": "string"}},
        "properties": {
            "B": {"$ref": "#/definitions/Text"},
            "A": {"type": ["object", "string"]},
            "C": {"type": "array", "insertionOrder": False},
            "Id": {"type": "string"},
        },
        "required": ["C"],
        "primaryIdentifier": ["/properties/Id"],
        "readOnlyProperties": ["/properties/Id", "/properties/A/properties/X"],
        "writeOnlyProperties": ["/properties/C/items/properties/Secret"],
        "handlers": {
            "read": {"permissions": ["svc:Get"]},
            "list": {
                "permissions": [],
                "handlerSchema": {"oneOf": [{"required": ["A"]}, {"required": ["B"]}]},
            },
        },
    }
    made = resource_type("Org::Svc::Thing", record(schema, order=["Id"]))
    assert [(p.name, p.json_type) for p in made.properties] == [
        ("Id", "string"),
        ("C", "array"),
        ("A", "any"),
        ("B", "string"),
    ]
    assert made.by_name["Id"].read_only
    assert made.by_name["C"].required
    assert made.by_name["C"].unordered
    assert made.nested_read_only == ("A/X",)
    assert made.nested_write_only == ("C/*/Secret",)
    assert made.list_requires == (("A",), ("B",))
    assert made.can("read")
    assert not made.can("create")
