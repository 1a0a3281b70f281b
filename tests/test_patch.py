"""Patch documents: made and read."""

from __future__ import annotations

from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsvtab.catalog import catalog
from awsvtab.errors import DataError
from awsvtab.patch import desired_state, escaped, parse_patch_document, patch_document, top_property

STREAM = catalog().type("AWS::CustomerProfiles::EventStream")
SECRET = catalog().type("AWS::SecretsManager::Secret")

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


def test_a_desired_state_has_only_what_has_a_value() -> None:
    assert desired_state({"A": 1, "B": None, "C": False, "D": []}) == {"A": 1, "C": False, "D": []}


@pytest.mark.parametrize(
    ("current", "changed", "document"),
    [
        ({"Tags": [1]}, {"Tags": [2]}, [{"op": "replace", "path": "/Tags", "value": [2]}]),
        ({}, {"Tags": [2]}, [{"op": "add", "path": "/Tags", "value": [2]}]),
        ({"Tags": [1]}, {"Tags": None}, [{"op": "remove", "path": "/Tags"}]),
        ({}, {"Tags": None}, []),
        ({"Tags": [1]}, {"Tags": [1]}, []),
    ],
)
def test_the_smallest_document(
    current: dict[str, Any], changed: dict[str, Any], document: list[dict[str, Any]]
) -> None:
    assert patch_document(STREAM, current, changed) == document


def test_a_write_only_property_is_always_added() -> None:
    document = patch_document(SECRET, {}, {"SecretString": "new"})
    assert document == [{"op": "add", "path": "/SecretString", "value": "new"}]


names = st.sampled_from(["Tags", "State", "Uri", "DestinationDetails"])
some = values.filter(lambda value: value is not None)


@given(st.dictionaries(names, some), st.dictionaries(names, values))
def test_the_document_applied_gives_the_changed_properties(
    current: dict[str, Any], changed: dict[str, Any]
) -> None:
    patched = jsonpatch.apply_patch(current, patch_document(STREAM, current, changed))
    assert patched == desired_state(current | changed)


@pytest.mark.parametrize("name", ["Tags", "a/b", "a~b", "~1", "~0"])
def test_a_pointers_first_step_is_the_property(name: str) -> None:
    assert top_property(f"/{escaped(name)}/0/Value") == name


@pytest.mark.parametrize(
    "text",
    [
        None,
        5,
        "",
        "nonsense",
        "{}",
        "[]",
        "[1]",
        '[{"op":"replace"}]',
        '[{"path":"/Tags"}]',
        '[{"op":"increase","path":"/Tags"}]',
        '[{"op":"remove","path":"Tags"}]',
        '[{"op":"remove","path":"/Nope"}]',
        '[{"op":"add","path":"/Tags","value":NaN}]',
    ],
)
def test_what_is_no_patch_document_is_refused(text: Any) -> None:
    with pytest.raises(DataError, match="patch document"):
        parse_patch_document(text, "PatchDocument", STREAM)
