"""Resource type and property names to table and column names: StackQL's rules.

The rules give the names that StackQL's registry uses, odd ones included, so that its documented
SQL runs. The exceptions are the names that no rule gives.
"""

from __future__ import annotations

import re

# Words that StackQL reserves: a column of that name gets a leading underscore.
RESERVED_COLUMNS = frozenset(
    {"database", "force", "format", "match", "registry", "schema", "update", "values"}
)

COLUMN_EXCEPTIONS = {
    "AIAgentArn": "a_iagent_arn",
    "AIAgentId": "a_iagent_id",
    "AIAgentVersionId": "a_iagent_version_id",
    "AIGuardrailArn": "a_iguardrail_arn",
    "AIGuardrailId": "a_iguardrail_id",
    "AIGuardrailVersionId": "a_iguardrail_version_id",
    "AIPromptArn": "a_iprompt_arn",
    "AIPromptId": "a_iprompt_id",
    "AIPromptVersionId": "a_iprompt_version_id",
    "CSS": "c_ss",
    "ClientIdsForOIDC": "client_ids_for_oid_c",
    "CustomerContactsToSendToOCI": "customer_contacts_to_send_to_oc_i",
    "EC2InboundPermissions": "e_c2_inbound_permissions",
    "EC2InstanceType": "e_c2_instance_type",
    "EC2ManagedInstance": "e_c2_managed_instance",
    "EIP": "e_ip",
    "Group": "group_id",
    "MaxACU": "max_ac_u",
    "MinACU": "min_ac_u",
    "OnSourceDDoSProtectionConfig": "on_source_ddo_sprotection_config",
    "OpenZFSConfiguration": "open_zf_sconfiguration",
    "SamlProviderUUID": "saml_provider_uu_id",
    "VPNGatewayId": "v_pn_gateway_id",
}

RESOURCE_EXCEPTIONS = {
    "AWS::EC2::EC2Fleet": "ec2fleets",
    "AWS::FSx::S3AccessPointAttachment": "s3access_point_attachments",
}

# StackQL has a second table for each type, which shows the identifier only.
LIST_ONLY = "_list_only"
# Its older provider had Latin plurals where its newer one has English ones.
OLDER_NAMES = {
    ("eventschemas", "schemata"): ("eventschemas", "schemas"),
    ("personalize", "schemata"): ("personalize", "schemas"),
}

UNCHANGED_PLURALS = frozenset(
    {"metadata", "lens", "efs", "hdfs", "nfs", "zfs", "windows", "actions", "options"}
    | {"permissions", "associations", "attributes", "preferences", "settings"}
)
IRREGULAR_PLURALS = {"index": "indices", "analysis": "analyses"}

_TRAILING_CAPITALS = re.compile(r"([A-Z]{2,})(s?)$")
_ACRONYM_END = re.compile(r"([A-Z]+)([A-Z][a-z])")
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z][a-z0-9])")
_PLURAL_ACRONYM = re.compile(r"([A-Z])([A-Z]+)s(?=[A-Z]|$)")
_LONG_UNDERSCORES = re.compile(r"_{3,}")


def service_name(type_name: str) -> str:
    """``AWS::CustomerProfiles::EventStream`` -> ``customerprofiles``."""
    return type_name.split("::")[1].lower()


def resource_name(type_name: str) -> str:
    """``AWS::CustomerProfiles::EventStream`` -> ``event_streams``."""
    if type_name in RESOURCE_EXCEPTIONS:
        return RESOURCE_EXCEPTIONS[type_name]
    name = type_name.rsplit("::", 1)[1]
    name = _TRAILING_CAPITALS.sub(lambda run: run[1].title() + run[2], name)
    name = _ACRONYM_END.sub(r"\1_\2", name)
    return plural(_WORD_START.sub("_", name).lower())


def plural(name: str) -> str:
    """The plural of a snake_case name: that of its last word."""
    head, underscore, word = name.rpartition("_")
    return head + underscore + _plural_word(word)


def _plural_word(word: str) -> str:
    if word in UNCHANGED_PLURALS:
        return word
    if word in IRREGULAR_PLURALS:
        return IRREGULAR_PLURALS[word]
    if re.search("[^aeiou]y$", word):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "z", "ch", "sh")) else "s")


def table_name(service: str, resource: str) -> str:
    """The one-word name that works on every connection."""
    return f"aws_{service}_{resource}"


def column_name(property_name: str) -> str:
    """``EventStreamArn`` -> ``event_stream_arn``."""
    if property_name in COLUMN_EXCEPTIONS:
        return COLUMN_EXCEPTIONS[property_name]
    name = _PLURAL_ACRONYM.sub(lambda run: run[1] + run[2].lower() + "s", property_name)
    name = name.replace("OAuth", "Oauth").replace(".", "__")
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()
    name = _LONG_UNDERSCORES.sub("__", name)
    return f"_{name}" if name in RESERVED_COLUMNS else name
