"""Names of AWS tables become SQLite's, and nothing else in the text changes."""

from __future__ import annotations

import pytest

from awsvtab.sql import rewrite

CATALOG = {
    ("customerprofiles", "event_streams"): "aws_customerprofiles_event_streams",
    ("customerprofiles", "domains"): "aws_customerprofiles_domains",
}


def find(service: str, resource: str) -> str | None:
    return CATALOG.get((service, resource))


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "SELECT event_streams.uri FROM aws.customerprofiles.event_streams",
            "SELECT event_streams.uri FROM aws_customerprofiles_event_streams AS event_streams",
        ),
        (
            "SELECT e.uri FROM customerprofiles.event_streams e",
            "SELECT e.uri FROM aws_customerprofiles_event_streams e",
        ),
        (
            "INSERT INTO awscc.customerprofiles.domains (domain_name) VALUES ('d')",
            "INSERT INTO aws_customerprofiles_domains (domain_name) VALUES ('d')",
        ),
        ("SELECT 'aws.customerprofiles.domains'", "SELECT 'aws.customerprofiles.domains'"),
    ],
)
def test_a_name_becomes_the_tables(sql, expected):
    assert rewrite(sql, find).text == expected
