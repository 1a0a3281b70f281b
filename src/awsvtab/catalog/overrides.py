"""What the schemas do not say about listing, known from the services' own APIs. Data only.

Each entry states its reason. Records of parents are those of `awsvtab.catalog.schema`; several
parents of one type are listed one after the other, and a type that is its own parent is walked
down from the rows that the others give.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def _from(type_name: str, **take: str) -> dict[str, Any]:
    return {"type": f"AWS::{type_name}", "take": take}


# Input that a list handler needs although its schema calls it optional: the handler's only action
# is one whose API requires it (ListFilters has the detector in its path), or one that without it
# answers for the default alone (DescribeEventBus).
LIST_INPUT: Mapping[str, Sequence[Sequence[str]]] = {
    "AWS::AppStream::User": [["AuthenticationType"]],
    "AWS::Batch::QuotaShare": [["JobQueue"]],
    "AWS::EC2::EnclaveCertificateIamRoleAssociation": [["CertificateArn"]],
    "AWS::Events::EventBusPolicy": [["EventBusName"]],
    **{
        f"AWS::GuardDuty::{name}": [["DetectorId"]]
        for name in (
            "Filter",
            "IPSet",
            "Master",
            "Member",
            "PublishingDestination",
            "ThreatEntitySet",
            "ThreatIntelSet",
            "TrustedEntitySet",
        )
    },
    "AWS::SSO::ApplicationAssignment": [["ApplicationArn"]],
    "AWS::Signer::ProfilePermission": [["ProfileName"]],
    "AWS::VpcLattice::ServiceNetworkServiceAssociation": [
        ["ServiceNetworkIdentifier"],
        ["ServiceIdentifier"],
    ],
    "AWS::VpcLattice::ServiceNetworkVpcAssociation": [
        ["ServiceNetworkIdentifier"],
        ["VpcIdentifier"],
    ],
}

# Values of an enum that only the partition's home region takes.
# https://docs.aws.amazon.com/waf/latest/APIReference/API_ListWebACLs.html (Scope)
HOME_VALUES: Mapping[str, Sequence[str]] = {"Scope": ("CLOUDFRONT",)}

_LATTICE_NETWORKS = _from("VpcLattice::ServiceNetwork", ServiceNetworkIdentifier="Arn")
_RTB_GATEWAYS = [
    _from("RTBFabric::RequesterGateway", GatewayId="GatewayId"),
    _from("RTBFabric::ResponderGateway", GatewayId="GatewayId"),
]
_PORTFOLIOS = [
    _from("ServiceCatalog::Portfolio", PortfolioId="Id"),
    _from("ServiceCatalog::AcceptedPortfolioShare", PortfolioId="PortfolioId"),
]

PARENTS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    # The handler's Arn is the workspace's, not that of what is listed.
    "AWS::APS::AnomalyDetector": [_from("APS::Workspace", Arn="Arn")],
    "AWS::APS::RuleGroupsNamespace": [_from("APS::Workspace", Arn="Arn")],
    # The second version maps private domain names, which are a type of their own.
    "AWS::ApiGateway::BasePathMappingV2": [
        _from("ApiGateway::DomainNameV2", DomainNameArn="DomainNameArn")
    ],
    # The API knows users of a pool only: "You must specify USERPOOL."
    # https://docs.aws.amazon.com/appstream2/latest/APIReference/API_DescribeUsers.html
    "AWS::AppStream::User": [{"values": {"AuthenticationType": ["USERPOOL"]}}],
    # AppSync has two kinds of APIs, both with an ApiId. Event APIs have namespaces and keys ...
    "AWS::AppSync::ApiKey": [
        _from("AppSync::GraphQLApi", ApiId="ApiId"),
        _from("AppSync::Api", ApiId="ApiId"),
    ],
    # ... the rest belongs to GraphQL APIs.
    **{
        f"AWS::AppSync::{child}": [_from("AppSync::GraphQLApi", ApiId="ApiId")]
        for child in ("ApiCache", "DataSource", "FunctionConfiguration", "Type")
    },
    "AWS::Batch::QuotaShare": [_from("Batch::JobQueue", JobQueue="JobQueueArn")],
    # "This feature is currently available only for AgentCore Runtime and Gateway."
    # https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_GetResourcePolicy.html
    "AWS::BedrockAgentCore::ResourcePolicy": [
        _from("BedrockAgentCore::Runtime", ResourceArn="AgentRuntimeArn"),
        _from("BedrockAgentCore::RuntimeEndpoint", ResourceArn="AgentRuntimeEndpointArn"),
        _from("BedrockAgentCore::Gateway", ResourceArn="GatewayArn"),
    ],
    # Each bearer lists what it may see, and a channel's identifier names the bearer.
    "AWS::Chime::Channel": [
        _from(
            "Chime::AppInstanceUser",
            AppInstanceArn="AppInstanceArn",
            ChimeBearer="AppInstanceUserArn",
        ),
        _from(
            "Chime::AppInstanceBot",
            AppInstanceArn="AppInstanceArn",
            ChimeBearer="AppInstanceBotArn",
        ),
    ],
    # An identity pool has providers of five kinds.
    "AWS::Cognito::IdentityPoolPrincipalTag": [
        _from("Cognito::IdentityPool", IdentityPoolId="Id", IdentityProviderName=provider)
        for provider in (
            "CognitoIdentityProviders/*/ProviderName",
            "DeveloperProviderName",
            "OpenIdConnectProviderARNs/*",
            "SamlProviderARNs/*",
            "SupportedLoginProviders/*",
        )
    ],
    # A number is claimed to an instance or to a traffic distribution group.
    "AWS::Connect::PhoneNumber": [
        _from("Connect::Instance", TargetArn="Arn"),
        _from("Connect::TrafficDistributionGroup", TargetArn="TrafficDistributionGroupArn"),
    ],
    # ListChangeSets takes a stack's id for its name.
    "AWS::CloudFormation::ChangeSet": [_from("CloudFormation::Stack", StackName="StackId")],
    "AWS::ConnectCampaignsV2::Campaign": [_from("Connect::Instance", ConnectInstanceId="Id")],
    # The schema requires the domain, ListDataSources the project as well; each has one.
    "AWS::DataZone::DataSource": [
        _from("DataZone::Project", DomainIdentifier="DomainId", ProjectIdentifier="Id")
    ],
    # SearchGroupProfiles requires the type of group, which the schema calls optional.
    "AWS::DataZone::GroupProfile": [
        _from("DataZone::Domain", DomainIdentifier="Id")
        | {"values": {"GroupType": ["DATAZONE_SSO_GROUP", "IAM_ROLE_SESSION_GROUP"]}}
    ],
    # Domain units form a tree below the domain's root unit.
    "AWS::DataZone::DomainUnit": [
        _from(
            "DataZone::Domain",
            DomainIdentifier="Id",
            ParentDomainUnitIdentifier="RootDomainUnitId",
        ),
        _from(
            "DataZone::DomainUnit",
            DomainIdentifier="DomainId",
            ParentDomainUnitIdentifier="Id",
        ),
    ],
    # Only domain units have owners; the root unit is no row of DomainUnit.
    "AWS::DataZone::Owner": [
        _from("DataZone::Domain", DomainIdentifier="Id", EntityIdentifier="RootDomainUnitId")
        | {"values": {"EntityType": ["DOMAIN_UNIT"]}},
        _from("DataZone::DomainUnit", DomainIdentifier="DomainId", EntityIdentifier="Id")
        | {"values": {"EntityType": ["DOMAIN_UNIT"]}},
    ],
    # The schema requires the domain, ListSubscriptionTargets the environment as well.
    "AWS::DataZone::SubscriptionTarget": [
        _from(
            "DataZone::Environment",
            DomainIdentifier="DomainId",
            EnvironmentIdentifier="Id",
        )
    ],
    # The associated gateway is of one of several types; the Direct Connect gateway always is one.
    "AWS::DirectConnect::DirectConnectGatewayAssociation": [
        _from(
            "DirectConnect::DirectConnectGateway", DirectConnectGatewayId="DirectConnectGatewayId"
        )
    ],
    "AWS::EC2::EnclaveCertificateIamRoleAssociation": [
        _from("CertificateManager::Certificate", CertificateArn="CertificateArn")
    ],
    # The schema's pattern for Arn names these four.
    "AWS::EntityResolution::PolicyStatement": [
        _from("EntityResolution::IdMappingWorkflow", Arn="WorkflowArn"),
        _from("EntityResolution::IdNamespace", Arn="IdNamespaceArn"),
        _from("EntityResolution::MatchingWorkflow", Arn="WorkflowArn"),
        _from("EntityResolution::SchemaMapping", Arn="SchemaArn"),
    ],
    # The schema is named by an object.
    "AWS::Glue::SchemaVersion": [
        {"type": "AWS::Glue::Schema", "take": {"Schema/SchemaArn": "Arn"}}
    ],
    "AWS::IdentityStore::Group": [_from("SSO::Instance", IdentityStoreId="IdentityStoreId")],
    "AWS::IdentityStore::User": [_from("SSO::Instance", IdentityStoreId="IdentityStoreId")],
    "AWS::Lambda::Url": [_from("Lambda::Function", TargetFunctionArn="FunctionName")],
    # A web function is no Function.
    "AWS::Lambda::WebFunctionEndpoint": [_from("Lambda::WebFunction", FunctionName="FunctionName")],
    "AWS::Lambda::WebFunctionRevision": [_from("Lambda::WebFunction", FunctionName="FunctionName")],
    "AWS::Lex::ResourcePolicy": [
        _from("Lex::Bot", ResourceArn="Arn"),
        _from("Lex::BotAlias", ResourceArn="Arn"),
    ],
    "AWS::OpenSearchServerless::Index": [
        _from("OpenSearchServerless::Collection", CollectionEndpoint="CollectionEndpoint")
    ],
    # Units form a tree below the organization's root.
    "AWS::Organizations::OrganizationalUnit": [
        _from("Organizations::Organization", ParentId="RootId"),
        _from("Organizations::OrganizationalUnit", ParentId="Id"),
    ],
    "AWS::RTBFabric::InboundExternalLink": _RTB_GATEWAYS,
    "AWS::RTBFabric::Link": _RTB_GATEWAYS,
    "AWS::RTBFabric::OutboundExternalLink": _RTB_GATEWAYS,
    # The resource is the DNS view.
    "AWS::Route53GlobalResolver::HostedZoneAssociation": [
        _from("Route53GlobalResolver::DnsView", ResourceArn="Arn")
    ],
    "AWS::S3Outposts::Bucket": [_from("Outposts::Outpost", OutpostId="OutpostId")],
    # Portfolios that other accounts shared are not among one's own.
    **{
        f"AWS::ServiceCatalog::{child}": _PORTFOLIOS
        for child in (
            "LaunchNotificationConstraint",
            "LaunchRoleConstraint",
            "LaunchTemplateConstraint",
            "PortfolioPrincipalAssociation",
            "ResourceUpdateConstraint",
            "StackSetConstraint",
        )
    },
    "AWS::ServiceCatalog::PortfolioProductAssociation": [
        _from("ServiceCatalog::CloudFormationProduct", ProductId="Id")
    ],
    # The product keeps the ids of its versions in one text.
    "AWS::ServiceCatalog::ServiceActionAssociation": [
        _from(
            "ServiceCatalog::CloudFormationProduct",
            ProductId="Id",
            ProvisioningArtifactId="ProvisioningArtifactIds/*",
        )
    ],
    # The API's reference names every setting that there is.
    # https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetServiceSetting.html
    "AWS::SSM::ServiceSetting": [
        {
            "values": {
                "SettingId": [
                    "/ssm/appmanager/appmanager-enabled",
                    "/ssm/automation/customer-script-log-destination",
                    "/ssm/automation/customer-script-log-group-name",
                    "/ssm/automation/enable-adaptive-concurrency",
                    "/ssm/documents/console/public-sharing-permission",
                    "/ssm/managed-instance/activation-tier",
                    "/ssm/managed-instance/default-ec2-instance-management-role",
                    "/ssm/opsinsights/opscenter",
                    "/ssm/parameter-store/default-parameter-tier",
                    "/ssm/parameter-store/high-throughput-enabled",
                ]
            }
        }
    ],
    "AWS::Signer::ProfilePermission": [_from("Signer::SigningProfile", ProfileName="ProfileName")],
    # The schema's pattern names these three.
    "AWS::VpcLattice::AccessLogSubscription": [
        _from("VpcLattice::Service", ResourceIdentifier="Arn"),
        _from("VpcLattice::ServiceNetwork", ResourceIdentifier="Arn"),
        _from("VpcLattice::ResourceConfiguration", ResourceIdentifier="Arn"),
    ],
    # The other side may belong to another account: the network's owner sees all of a network's
    # associations, a service's and a VPC's owner those of their own.
    "AWS::VpcLattice::ServiceNetworkServiceAssociation": [
        _LATTICE_NETWORKS,
        _from("VpcLattice::Service", ServiceIdentifier="Arn"),
    ],
    "AWS::VpcLattice::ServiceNetworkVpcAssociation": [
        _LATTICE_NETWORKS,
        _from("EC2::VPC", VpcIdentifier="VpcId"),
    ],
    # The profile is an agent's, by the pattern of its ARN.
    "AWS::WellArchitected::AgentContext": [
        _from("WellArchitected::AgentProfile", ProfileArn="Arn")
    ],
    "AWS::WellArchitected::AgentGoal": [_from("WellArchitected::AgentProfile", ProfileArn="Arn")],
}

_ANY_RESOURCE = "the resource may be of any type"
_NOT_A_TYPE = "what holds it is no resource type"
_NOT_LISTED = "the type that holds it has no list handler"

# Types that were looked at and have no way, with the reason: their input has to be told.
NO_WAY: Mapping[str, str] = {
    "AWS::AmplifyUIBuilder::Component": "Amplify's backend environments are no resource type",
    "AWS::AmplifyUIBuilder::Form": "Amplify's backend environments are no resource type",
    "AWS::AmplifyUIBuilder::Theme": "Amplify's backend environments are no resource type",
    "AWS::AppFabric::AppAuthorization": _NOT_A_TYPE,
    "AWS::AppFabric::IngestionDestination": _NOT_A_TYPE,
    "AWS::AppSync::SourceApiAssociation": "it would take every pair of GraphQL APIs",
    "AWS::ApplicationSignals::InstrumentationConfig": _NOT_A_TYPE,
    "AWS::CloudWatch::ResourceMetricsConfiguration": _ANY_RESOURCE,
    "AWS::EC2::ClientVpnAuthorizationRule": _NOT_LISTED,
    "AWS::EC2::ClientVpnRoute": _NOT_LISTED,
    "AWS::EMR::InstanceFleetConfig": _NOT_LISTED,
    "AWS::EMR::InstanceGroupConfig": _NOT_LISTED,
    "AWS::GreengrassV2::ComponentVersion": _NOT_A_TYPE,
    "AWS::IoT::PolicyPrincipalAttachment": "a principal may be a Cognito identity",
    "AWS::LakeFormation::PrincipalPermissions": _ANY_RESOURCE,
    "AWS::LakeFormation::TagAssociation": _ANY_RESOURCE,
    "AWS::Lambda::LayerVersion": _NOT_A_TYPE,
    "AWS::Lambda::LayerVersionPermission": "layer versions are listed by a layer's name only",
    "AWS::Notifications::ManagedNotificationAccountContactAssociation": _NOT_A_TYPE,
    "AWS::Notifications::ManagedNotificationAdditionalChannelAssociation": _NOT_A_TYPE,
    "AWS::OpenSearch::DataSource": _NOT_LISTED,
    "AWS::PI::PerfReports": "most instances have no Performance Insights, which is an error",
    "AWS::QLDB::Stream": _NOT_LISTED,
    "AWS::QuickSight::Assignment": "QuickSight's namespaces are no resource type",
    "AWS::QuickSight::Customization": "QuickSight's namespaces are no resource type",
    "AWS::QuickSight::Group": "QuickSight's namespaces are no resource type",
    "AWS::SSO::Assignment": "it would take every principal in every account",
    "AWS::StorageGateway::Volume": _NOT_A_TYPE,
}
