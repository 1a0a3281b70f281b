"""Several changes of a resource come to one."""

from __future__ import annotations

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsvtab.catalog import catalog
from awsvtab.changes import Change, Operation
from awsvtab.fold import concatenated, fold, together
from awsvtab.options import Place

TYPE = catalog().type("AWS::SQS::Queue")
HERE = Place("", "us-east-1")


def create(name: str | None = "a", statement: int = 0, **document: object) -> Change:
    return Change(Operation.CREATE, TYPE, HERE, name, document, statement)


def update(name: str = "a", *operations: tuple[object, ...], statement: int = 0) -> Change:
    document = [
        {"op": op, "path": path, **({"value": value[0]} if value else {})}
        for op, path, *value in operations
    ]
    return Change(Operation.UPDATE, TYPE, HERE, name, document, statement)


def delete(name: str = "a", statement: int = 0) -> Change:
    return Change(Operation.DELETE, TYPE, HERE, name, statement=statement)


def shown(plan: list[Change]) -> list[tuple[str, str | None]]:
    return [(str(change.operation), change.identifier) for change in plan]


def test_what_is_about_different_resources_stays_as_it_is() -> None:
    queue = [create("a"), update("b"), delete("c"), create(None), create(None)]
    assert fold(queue) == queue


def test_an_update_of_a_new_resource_goes_into_its_desired_state() -> None:
    first = create("a", QueueName="a", DelaySeconds=1)
    second = update("a", ("replace", "/DelaySeconds", 5), ("add", "/Tags", []))
    (folded,) = fold([first, second])
    assert folded.operation is Operation.CREATE
    assert folded.document == {"QueueName": "a", "DelaySeconds": 5, "Tags": []}
    assert folded.client_token == first.client_token
    assert folded.folded == (second.client_token,)


def test_a_new_resource_without_a_name_goes_by_its_client_token() -> None:
    new = create(None, DelaySeconds=1)
    (folded,) = fold([new, update(new.client_token, ("remove", "/DelaySeconds"))])
    assert (folded.identifier, folded.document) == (None, {})
    assert fold([new, delete(new.client_token)]) == []


def test_a_new_resource_that_is_deleted_is_none() -> None:
    assert fold([create("a"), update("a"), delete("a")]) == []


def test_what_is_deleted_is_not_updated_before() -> None:
    first, second = update("a"), delete("a")
    (folded,) = fold([first, second])
    assert (folded.operation, folded.client_token) == (Operation.DELETE, second.client_token)
    assert folded.folded == (first.client_token,)


def test_a_resource_that_is_made_anew_is_deleted_before() -> None:
    plan = fold([update("a"), delete("a"), create("a", DelaySeconds=1), update("a")])
    assert shown(plan) == [("DELETE", "a"), ("CREATE", "a")]
    assert shown(fold([delete("a"), create("a"), delete("a")])) == [("DELETE", "a")]


def test_updates_stand_where_the_first_did_and_deletes_where_they_are() -> None:
    plan = fold([update("a"), create("b"), update("a"), update("c"), create("d"), delete("c")])
    assert shown(plan) == [("UPDATE", "a"), ("CREATE", "b"), ("CREATE", "d"), ("DELETE", "c")]


def test_the_same_identifier_in_another_region_is_another_resource() -> None:
    there = Change(Operation.DELETE, TYPE, Place("", "eu-west-1"), "a")
    assert len(fold([create("a"), there])) == 2


def test_a_property_that_two_updates_set_is_set_once() -> None:
    first = update("a", ("replace", "/DelaySeconds", 1), ("add", "/KmsMasterKeyId", "k"))
    second = update("a", ("replace", "/DelaySeconds", 2), ("remove", "/KmsMasterKeyId"))
    (folded,) = fold([first, second])
    assert folded.document == [
        {"op": "replace", "path": "/DelaySeconds", "value": 2},
        {"op": "add", "path": "/KmsMasterKeyId", "value": "k"},
        {"op": "remove", "path": "/KmsMasterKeyId"},
    ]


def test_a_test_in_between_keeps_both() -> None:
    document = [
        {"op": "replace", "path": "/DelaySeconds", "value": 1},
        {"op": "test", "path": "/DelaySeconds", "value": 1},
    ]
    last = [{"op": "replace", "path": "/DelaySeconds", "value": 2}]
    assert concatenated(document, last) == [*document, *last]


def test_the_whole_document_is_all_properties() -> None:
    document = [
        {"op": "replace", "path": "/DelaySeconds", "value": 1},
        {"op": "replace", "path": "", "value": {"DelaySeconds": 2}},
    ]
    last = [{"op": "replace", "path": "/DelaySeconds", "value": 3}]
    assert concatenated(document, last) == [*document, *last]
    assert concatenated(last, document[1:]) == [*last, document[1]]


NAMES = st.sampled_from(["A", "B", "a/b"])
VALUES = st.one_of(st.integers(0, 3), st.dictionaries(st.sampled_from("xy"), st.integers(0, 3)))


@st.composite
def patched(draw: st.DrawFn, state: dict[str, object]) -> tuple[list[dict[str, object]], object]:
    """A patch document that fits a state, and the state that it makes."""
    document: list[dict[str, object]] = []
    for _ in range(draw(st.integers(0, 4))):
        name = draw(NAMES)
        if draw(st.integers(0, 9)) == 0:
            document.append({"op": "replace", "path": "", "value": {name: draw(VALUES)}})
            state = jsonpatch.apply_patch(state, document[-1:])
            continue
        path = "/" + name.replace("/", "~1")
        inside = isinstance(state.get(name), dict) and draw(st.booleans())
        ops = ["add"] if inside or name not in state else ["add", "replace", "remove"]
        operation: dict[str, object] = {"op": draw(st.sampled_from(ops)), "path": path}
        if inside:
            operation["path"] = f"{path}/z"
        if operation["op"] != "remove":
            operation["value"] = draw(VALUES)
        document.append(operation)
        state = jsonpatch.apply_patch(state, [operation])
    return document, state


@given(st.data(), st.dictionaries(NAMES, VALUES))
def test_the_two_documents_as_one_do_what_they_do(data: st.DataObject, state: dict) -> None:
    first, between = data.draw(patched(state))
    second, after = data.draw(patched(between))
    both = concatenated(first, second)
    assert jsonpatch.apply_patch(state, both) == after
    assert len(both) <= len(first) + len(second)


@pytest.mark.parametrize(
    ("plan", "sizes"),
    [
        ([create("a", 1), create("b", 1), create("c", 2)], [2, 1]),
        ([create("a", 1), create("b", 2), create("c", 1)], [1, 1, 1]),
        ([delete("a", 1), create("b", 1), create("a", 1)], [2, 1]),
        ([create(None, 1), create(None, 1)], [2]),
        ([], []),
    ],
)
def test_what_one_statement_changes_in_one_table_goes_out_together(
    plan: list[Change], sizes: list[int]
) -> None:
    groups = list(together(plan))
    assert [len(group) for group in groups] == sizes
    assert [change for group in groups for change in group] == plan
