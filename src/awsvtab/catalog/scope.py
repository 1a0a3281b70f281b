"""Where rows live: types that exist once per partition, and listings that span regions.

A type is global if its rows are the same whichever region is asked. Judged from the services'
documentation and from ARNs, which have no region then:

- IAM, Organizations, Shield, Route 53 (zones, records, health checks; not Resolver, not Profiles,
  which are regional), CloudFront, WAF Classic's ``AWS::WAF`` (``AWS::WAFRegional`` and
  ``AWS::WAFv2`` are regional: the latter's Scope CLOUDFRONT is a value that only the home region
  takes), Global Accelerator, Network Manager, Route 53 Global Resolver, Application Recovery
  Controller's routing control, readiness checks and region switch.
- Billing: Budgets, Cost Explorer, cost and usage reports and exports, Billing Conductor, billing
  views, invoice units, the pricing calculator, dashboards.
- Chatbot, User Notifications and its contacts: account-wide settings behind one endpoint.
- Single types of regional services: Direct Connect gateways and their associations (ARNs without
  a region), ECR's public repositories, Lightsail's domains and distributions (ARNs with
  ``global`` for a region), S3's multi-region access points.

Regional although they may seem global: IAM Identity Center and its identity store (they exist in
the region where they were enabled), Control Tower, Resource Access Manager, Firewall Manager,
License Manager, and the global clusters and tables of RDS, DocumentDB, Neptune and DynamoDB, which
are seen from the regions that take part.

Listing buckets, and their policies, gives those of all regions, while GetResource fails outside a
bucket's own region. A bucket's regional domain name has its region in it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

GLOBAL_SERVICES = frozenset(
    {"IAM", "Organizations", "Shield", "Route53", "CloudFront", "WAF", "GlobalAccelerator"}
    | {"NetworkManager", "Route53GlobalResolver", "Route53RecoveryControl"}
    | {"Route53RecoveryReadiness", "ARCRegionSwitch"}
    | {"Budgets", "CE", "CUR", "BCM", "BCMDataExports", "BcmPricingCalculator"}
    | {"Billing", "BillingConductor", "Invoicing"}
    | {"Chatbot", "Notifications", "NotificationsContacts"}
)

GLOBAL_TYPES = frozenset(
    {
        "AWS::DirectConnect::DirectConnectGateway",
        "AWS::DirectConnect::DirectConnectGatewayAssociation",
        "AWS::ECR::PublicRepository",
        "AWS::Lightsail::Distribution",
        "AWS::Lightsail::Domain",
        "AWS::S3::MultiRegionAccessPoint",
        "AWS::S3::MultiRegionAccessPointPolicy",
    }
)

SPANS_REGIONS: Mapping[str, Mapping[str, str]] = {
    "AWS::S3::Bucket": {"property": "RegionalDomainName"},
    "AWS::S3::BucketPolicy": {"property": "RegionalDomainName", "type": "AWS::S3::Bucket"},
}

# By the beginning of a region's name; the longest that fits counts.
HOME_REGIONS = {
    "": "us-east-1",
    "cn-": "cn-north-1",
    "eu-isoe-": "eu-isoe-west-1",
    "eusc-": "eusc-de-east-1",
    "us-gov-": "us-gov-west-1",
    "us-iso-": "us-iso-east-1",
    "us-isob-": "us-isob-east-1",
    "us-isof-": "us-isof-south-1",
}

_HOST_REGION = re.compile(r"\.s3[.-](?:dualstack\.)?([a-z]{2,}(?:-[a-z]+)+-\d+)\.[a-z.-]+$")


def scope_record(type_name: str) -> dict[str, Any]:
    """What a type's record says about where its rows live; empty for the many regional ones."""
    provider, service, _ = type_name.split("::", 2)
    if provider == "AWS" and (service in GLOBAL_SERVICES or type_name in GLOBAL_TYPES):
        return {"scope": "global"}
    if type_name in SPANS_REGIONS:
        return {"spans_regions": dict(SPANS_REGIONS[type_name])}
    return {}


def home_region(region: str, lacking: Collection[str] = (), known: Sequence[str] = ()) -> str:
    """Where the rows of a global type live, for the partition that ``region`` is in.

    That is the partition's home region, or, if it is among the regions ``lacking`` the type, the
    first of the ``known`` ones that has it.
    """
    home = _home(region)
    if home not in lacking:
        return home
    having = (each for each in known if _home(each) == home and each not in lacking)
    return next(having, home)


def host_region(host_name: str) -> str | None:
    """The region in the host name of an S3 endpoint: ``b.s3.eu-west-1.amazonaws.com``."""
    found = _HOST_REGION.search(host_name)
    return None if found is None else found[1]


def _home(region: str) -> str:
    return HOME_REGIONS[max(filter(region.startswith, HOME_REGIONS), key=len)]
