"""The catalog as data, and the names and columns made from it."""

import json

import pytest

from awsvtab.catalog import Catalog, Parent, catalog
from awsvtab.catalog.columns import Kind, declaration, property_columns, table_columns
from awsvtab.catalog.difference import differences
from awsvtab.catalog.names import column_name, plural, resource_name, service_name
from awsvtab.catalog.schema import ANY, FLAGS, JSON_TYPES, record, resource_type
from awsvtab.catalog.store import DATA_FILE, dump, version_line

EVENT_STREAM = "AWS::CustomerProfiles::EventStream"
UNCHANGED = """
    metadata lens efs hdfs nfs zfs windows actions options permissions associations attributes
    preferences settings
"""
ODD_COLUMNS = """
    AIAgentArn a_iagent_arn
    AIAgentId a_iagent_id
    AIAgentVersionId a_iagent_version_id
    AIGuardrailArn a_iguardrail_arn
    AIGuardrailId a_iguardrail_id
    AIGuardrailVersionId a_iguardrail_version_id
    AIPromptArn a_iprompt_arn
    AIPromptId a_iprompt_id
    AIPromptVersionId a_iprompt_version_id
    CSS c_ss
    ClientIdsForOIDC client_ids_for_oid_c
    CustomerContactsToSendToOCI customer_contacts_to_send_to_oc_i
    EC2InboundPermissions e_c2_inbound_permissions
    EC2InstanceType e_c2_instance_type
    EC2ManagedInstance e_c2_managed_instance
    EIP e_ip
    Group group_id
    MaxACU max_ac_u
    MinACU min_ac_u
    OnSourceDDoSProtectionConfig on_source_ddo_sprotection_config
    OpenZFSConfiguration open_zf_sconfiguration
    SamlProviderUUID saml_provider_uu_id
    VPNGatewayId v_pn_gateway_id
"""


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
        (
            "AWS::ECS::ClusterCapacityProviderAssociations",
            "ecs.cluster_capacity_provider_associations",
        ),
        ("AWS::EC2::NetworkInsightsAnalysis", "ec2.network_insights_analyses"),
        ("AWS::Kendra::Index", "kendra.indices"),
        ("AWS::Config::ConfigRule", "config.config_rules"),
        ("AWS::RDS::DBInstance", "rds.db_instances"),
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
        ("batch", "batches"),
        ("dash", "dashes"),
        ("box", "boxes"),
        ("quiz", "quizes"),
        ("event_stream", "event_streams"),
        *((f"some_{word}", f"some_{word}") for word in UNCHANGED.split()),
    ],
)
def test_the_plural_is_that_of_the_last_word(word: str, expected: str) -> None:
    assert plural(word) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("DomainName", "domain_name"),
        ("EventStreamArn", "event_stream_arn"),
        ("DBInstanceIdentifier", "db_instance_identifier"),
        ("VPCs", "vpcs"),
        ("VPCsInUse", "vpcs_in_use"),
        ("OAuthScopes", "oauth_scopes"),
        ("AllowedOAuthFlows", "allowed_oauth_flows"),
        ("Engine.Version", "engine__version"),
        ("Key___Name", "key__name"),
        *(
            (word.title(), f"_{word}")
            for word in ("database", "force", "format", "match", "registry", "schema", "update")
        ),
        ("Values", "_values"),
        ("Groups", "groups"),
    ],
)
def test_column_names_are_stackqls(name: str, expected: str) -> None:
    assert column_name(name) == expected


@pytest.mark.parametrize("pair", ODD_COLUMNS.strip().splitlines())
def test_columns_that_no_rule_names_are_stackqls_all_the_same(pair: str) -> None:
    name, expected = pair.split()
    assert column_name(name) == expected
    assert any(name in each.by_name for each in catalog())


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


COLLISIONS = {
    "Region": (
        "ARCZonalShift::AutoshiftObserverNotificationStatus GroundStation::MissionProfile "
        "Notifications::NotificationHub SNS::Subscription Route53::RecordSet"
    ),
    "Identifier": (
        "Cognito::UserPoolResourceServer DataZone::DomainUnit DataZone::EnvironmentActions "
        "DataZone::ProjectProfile DSQL::Cluster MediaLive::CloudWatchAlarmTemplate "
        "MediaLive::CloudWatchAlarmTemplateGroup MediaLive::EventBridgeRuleTemplate "
        "MediaLive::EventBridgeRuleTemplateGroup MediaLive::SignalMap Rbin::Rule"
    ),
    "Properties": "ApiGateway::DocumentationPart SageMaker::Artifact",
    "AccountId": "Organizations::Account Logs::AccountPolicy",
}


@pytest.mark.parametrize(
    ("property_name", "type_name"),
    [(prop, f"AWS::{name}") for prop, types in COLLISIONS.items() for name in types.split()],
)
def test_a_property_that_collides_takes_an_underscore(property_name: str, type_name: str) -> None:
    columns = property_columns(catalog().type(type_name))
    assert columns[property_name] == f"_{column_name(property_name)}"


def test_no_other_property_is_renamed() -> None:
    renamed = {
        prop
        for each in catalog()
        for prop, column in property_columns(each).items()
        if column != column_name(prop)
    }
    assert renamed == set(COLLISIONS)


def test_every_property_has_one_visible_column_that_leads_back_to_it() -> None:
    for each in catalog():
        columns = property_columns(each)
        assert list(columns) == [prop.name for prop in each.properties], each.name
        assert len({column.lower() for column in columns.values()}) == len(columns), each.name


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
    assert stream.parents == (
        Parent("AWS::CustomerProfiles::Domain", {"DomainName": "DomainName"}),
    )


SCHEMA = {
    "typeName": "Org::Svc::Thing",
    "definitions": {"Text": {"type": "string", "format": "date-time"}},
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


def test_a_record_keeps_what_a_table_needs_of_a_schema() -> None:
    made = resource_type("Org::Svc::Thing", record(SCHEMA))
    types = {prop.name: prop.json_type for prop in made.properties}
    assert types == {"Id": "string", "C": "array", "A": "any", "B": "string"}
    assert made.by_name["Id"].read_only
    assert made.by_name["C"].required
    assert made.by_name["C"].unordered
    assert [prop.name for prop in made.properties if prop.timestamp] == ["B"]
    declared = {column.name: column.declared_type for column in table_columns(made)}
    assert (declared["b"], declared["id"]) == ("TIMESTAMP", "TEXT")
    assert made.nested_read_only == ("A/X",)
    assert made.nested_write_only == ("C/*/Secret",)
    assert made.list_requires == (("A",), ("B",))
    assert made.can("read")
    assert not made.can("create")


def test_a_record_names_the_nested_arrays_whose_order_means_nothing() -> None:
    schema = {
        "typeName": "Org::Svc::Thing",
        "definitions": {
            "Unordered": {"type": "array", "insertionOrder": False, "items": {"type": "string"}},
            "Tree": {
                "type": "object",
                "properties": {
                    "Labels": {"$ref": "#/definitions/Unordered"},
                    "Children": {
                        "type": "array",
                        "uniqueItems": True,
                        "items": {"$ref": "#/definitions/Tree"},
                    },
                },
            },
        },
        "properties": {
            "Root": {"oneOf": [{"$ref": "#/definitions/Tree"}, {"type": "string"}]},
            "ByName": {
                "type": "object",
                "patternProperties": {".*": {"$ref": "#/definitions/Unordered"}},
            },
            "Names": {"$ref": "#/definitions/Unordered"},
        },
    }
    made = resource_type("Org::Svc::Thing", record(schema))
    assert made.nested_unordered == ("ByName/*", "Root/Labels")
    assert made.marks.member("Names").is_unordered
    assert made.marks.member("Root").member("Labels").is_unordered
    assert not made.marks.member("Root").member("Children").is_unordered


@pytest.mark.parametrize(
    ("order", "expected"),
    [(None, "B A C Id"), ([], "C A B Id"), (["Id"], "Id C A B"), (["Gone", "B"], "B C A Id")],
)
def test_properties_are_in_the_schemas_order_unless_its_source_sorts_them(
    order: list[str] | None, expected: str
) -> None:
    made = resource_type("Org::Svc::Thing", record(SCHEMA, order))
    assert [prop.name for prop in made.properties] == expected.split()


def test_the_catalog_says_where_it_comes_from() -> None:
    assert catalog().metadata["types"] == len(catalog())
    assert version_line(catalog()) == (
        f"catalog: {len(catalog())} resource types from {catalog().metadata['source']}"
    )


def test_a_catalog_of_a_known_day_says_the_day() -> None:
    text = dump({"source": "Schemas.zip", "date": "2026-03-01", "types": 0, "regions": []}, {})
    assert Catalog(text).version == "Schemas.zip (2026-03-01)"


def test_types_are_decoded_when_they_are_first_used(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded = []
    monkeypatch.setattr(
        "awsvtab.catalog.store.resource_type",
        lambda name, entry: decoded.append(name) or resource_type(name, entry),
    )
    fresh = Catalog(DATA_FILE.read_text(encoding="utf-8"))
    assert "aws_s3_buckets" in fresh.known_names
    assert decoded == []
    assert fresh.table("aws_s3_buckets") is fresh.type("AWS::S3::Bucket")
    assert decoded == ["AWS::S3::Bucket"]


def test_the_data_file_has_names_and_none_of_awss_prose() -> None:
    _, *blocks = DATA_FILE.read_text(encoding="utf-8").split("\n\n")
    for block in blocks:
        entry = json.loads(block.partition("\n")[2])
        words = {
            word
            for property_words in entry.pop("properties").values()
            for word in property_words.split()
        }
        assert words <= {*JSON_TYPES, ANY, *FLAGS}
        assert " " not in json.dumps(entry, separators=(",", ":")), block[:60]


def thing(**changed: object) -> Catalog:
    entry = record(SCHEMA) | changed
    return Catalog(dump({"source": "x", "regions": []}, {"Org::Svc::Thing": entry}))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, []),
        ({"properties": {"Id": "string"}}, ["-B; -A; -C; Id string read_only -> string"]),
        ({"handlers": {"read": ["svc:Read"]}}, ["-handler list; handler read"]),
        ({"identifier": ["B"], "scope": "global"}, ["identifier; is_global"]),
        (
            {"properties": dict(reversed(record(SCHEMA)["properties"].items()))},
            ["order of properties"],
        ),
    ],
)
def test_a_difference_names_what_changed_in_a_type(changed: dict, expected: list[str]) -> None:
    assert list(differences(thing(), thing(**changed))) == [
        f"~ Org::Svc::Thing: {each}" for each in expected
    ]


def test_a_difference_names_the_types_that_came_and_went() -> None:
    empty = Catalog(dump({"source": "x", "regions": []}, {}))
    assert list(differences(empty, thing())) == ["+ Org::Svc::Thing"]
    assert list(differences(thing(), empty)) == ["- Org::Svc::Thing"]
