"""Constraints to plans, and the values of a plan to keys: no SQLite, no AWS."""

from __future__ import annotations

from typing import Any

import pytest

from awsvtab.catalog import ResourceType, catalog
from awsvtab.catalog.columns import table_columns
from awsvtab.catalog.schema import record, resource_type
from awsvtab.errors import ProgrammingError
from awsvtab.keys import (
    Condition,
    Keys,
    agrees,
    full_identifiers,
    parent_keys,
    read_keys,
    resource_models,
)
from awsvtab.options import Place
from awsvtab.plan import (
    GET,
    GET_IN_REGION,
    HASH_ROWS,
    HASH_SHARE,
    LIST_BY_MODEL,
    LIST_BY_PARENTS,
    LIST_BY_PARENTS_IN_REGION,
    Access,
    Choice,
    Constraint,
    Estimate,
    Role,
    Use,
    choose,
    decode,
    encode,
    needed_properties,
)
from awsvtab.predicates import Operator, Predicate
from awsvtab.regions import check_regions, plausible, scan_regions

STREAM = catalog().type("AWS::CustomerProfiles::EventStream")
COLUMNS = table_columns(STREAM)
NUMBER = {column.name: number for number, column in enumerate(COLUMNS)}
EQ, LT = Operator.EQ, Operator.LT
REGION, IDENTIFIER = (Role.REGION, ""), (Role.IDENTIFIER, "")
DOMAIN, NAME = (Role.PROPERTY, "DomainName"), (Role.PROPERTY, "EventStreamName")


def on(column: str, number: int = 0, /, **changes: Any) -> Constraint:
    """``column = …`` as SQLite offers it."""
    usual = Constraint(number, NUMBER[column], EQ, usable=True, binary=True)
    return usual._replace(**changes)


def choice(*constraints: Constraint, used: tuple[str, ...] = ()) -> Choice:
    numbered = [each._replace(number=number) for number, each in enumerate(constraints)]
    return choose(STREAM, COLUMNS, numbered, [NUMBER[name] for name in used])


def arguments(chosen: Choice, use: Use = Use.KEY) -> list[tuple[Role, str]]:
    """What the arguments of a use are about."""
    return [(each.role, each.property) for each in chosen.plan.arguments if each.use is use]


@pytest.mark.parametrize(
    ("columns", "access", "wanted", "estimate"),
    [
        (("region", "data__Identifier"), Access.GET, [REGION, IDENTIFIER], GET_IN_REGION),
        (("region", "Identifier"), Access.GET, [REGION, IDENTIFIER], GET_IN_REGION),
        (("data__Identifier",), Access.GET, [IDENTIFIER], GET),
        (
            ("region", "domain_name", "event_stream_name"),
            Access.GET,
            [REGION, DOMAIN, NAME],
            GET_IN_REGION,
        ),
        (("DomainName", "EventStreamName"), Access.GET, [DOMAIN, NAME], GET),
        (("data__Identifier", "domain_name"), Access.GET, [IDENTIFIER], GET),
        (("region", "domain_name"), Access.LIST, [REGION, DOMAIN], LIST_BY_MODEL),
        (("domain_name",), Access.LIST, [DOMAIN], LIST_BY_MODEL),
        (("region",), Access.LIST, [REGION], LIST_BY_PARENTS_IN_REGION),
        ((), Access.LIST, [], LIST_BY_PARENTS),
    ],
)
def test_the_access_path(
    columns: tuple[str, ...], access: Access, wanted: list[tuple[Role, str]], estimate: Estimate
) -> None:
    chosen = choice(*(on(column) for column in columns))
    assert chosen.plan.access is access
    assert arguments(chosen) == wanted
    assert chosen.estimate == estimate


@pytest.mark.parametrize(
    "changes", [{"usable": False}, {"binary": False}, {"operator": None}, {"column": -1}]
)
def test_what_aws_would_not_mean_the_same_by_is_left_to_sqlite(changes: dict[str, Any]) -> None:
    assert arguments(choice(on("region", **changes))) == []


def test_constraints_keep_their_number_when_others_are_left_out() -> None:
    constraints = [
        on("region", 0, usable=False),
        on("uri", 1),
        on("domain_name", 2),
        on("region", 3),
    ]
    chosen = choose(STREAM, COLUMNS, constraints, ())
    assert [constraint.number for constraint in chosen.taken] == [2, 3, 1]
    assert [each.use for each in chosen.plan.arguments] == [Use.KEY, Use.KEY, Use.HASH]


def test_of_several_constraints_on_one_key_a_single_value_is_taken() -> None:
    chosen = choice(on("region", many=True), on("region"), on("region", many=True))
    assert [constraint.number for constraint in chosen.taken] == [1, 0, 2]
    assert [each.use for each in chosen.plan.arguments] == [Use.KEY, Use.FILTER, Use.FILTER]


@pytest.mark.parametrize(
    ("constraint", "use", "about"),
    [
        (on("uri"), Use.HASH, (Role.PROPERTY, "Uri")),
        (on("event_stream_name"), Use.HASH, NAME),
        (on("tags"), Use.HASH, (Role.PROPERTY, "Tags")),
        (on("uri", literal=True), Use.FILTER, (Role.PROPERTY, "Uri")),
        (on("uri", many=True), Use.FILTER, (Role.PROPERTY, "Uri")),
        (on("uri", operator=Operator.IS), Use.FILTER, (Role.PROPERTY, "Uri")),
        (on("region", operator=Operator.LIKE), Use.FILTER, REGION),
        (on("region", operator=Operator.NE, binary=False), Use.FILTER, REGION),
        (on("data__Identifier", operator=Operator.GT), Use.FILTER, IDENTIFIER),
        (on("domain_name", operator=Operator.NOT_NULL), Use.FILTER, DOMAIN),
        (on("domain_name", operator=Operator.IS), Use.KEY, DOMAIN),
        (on("region", operator=Operator.IS), Use.KEY, REGION),
    ],
)
def test_what_does_not_narrow_calls_filters_or_hashes(
    constraint: Constraint, use: Use, about: tuple[Role, str]
) -> None:
    chosen = choice(constraint)
    assert arguments(chosen, use) == [about]
    assert [each.operator for each in chosen.plan.arguments] == [constraint.operator]
    assert chosen.plan.access is Access.LIST


@pytest.mark.parametrize(
    "constraint",
    [
        on("uri", operator=Operator.LT, binary=False),
        on("uri", operator=Operator.LIMIT),
        on("uri", operator=Operator.OFFSET),
        on("uri", usable=False),
        on("account_id"),
        on("properties"),
        on("data__PatchDocument"),
        on("data__key"),
    ],
)
def test_constraints_that_nothing_is_made_of(constraint: Constraint) -> None:
    assert choice(constraint).taken == ()


def test_what_aws_never_returns_is_sqlites_to_compare() -> None:
    secret = catalog().type("AWS::SecretsManager::Secret")
    columns = table_columns(secret)
    (number,) = (n for n, column in enumerate(columns) if column.name == "secret_string")
    for literal in (True, False):
        constraint = Constraint(0, number, EQ, usable=True, binary=True, literal=literal)
        assert choose(secret, columns, [constraint], ()).taken == ()


def test_nothing_is_hashed_where_rows_are_got_by_key() -> None:
    chosen = choice(on("data__Identifier"), on("uri"), on("event_stream_name"))
    assert arguments(chosen, Use.FILTER) == [(Role.PROPERTY, "Uri"), NAME]
    assert arguments(chosen, Use.HASH) == []


def test_a_hash_costs_more_than_a_key_and_less_than_beginning_with_the_listing() -> None:
    million = 1_000_000  # rows of a local table, for all that SQLite knows
    hashed = choice(on("uri")).estimate
    assert hashed == Estimate(LIST_BY_PARENTS.cost * HASH_SHARE, HASH_ROWS)
    assert GET.cost * million < hashed.cost
    assert hashed.cost * million < LIST_BY_PARENTS.cost
    assert choice(on("domain_name"), on("uri")).estimate.cost <= LIST_BY_MODEL.cost


def test_constants_make_fewer_rows_expected() -> None:
    rows = [choice(*[on("uri", literal=True)] * number).estimate.rows for number in (0, 1, 2, 3, 4)]
    assert rows == [10**9, 10**8, 10**7, 10**6, 10**6]


def test_a_region_that_another_table_tells_makes_it_come_first() -> None:
    unknown = choice(on("region", usable=False)).estimate
    known = choice(on("region")).estimate
    assert known.cost * 10**12 < unknown.cost
    pinned = choice(on("region", usable=False), on("region")).estimate
    assert pinned == known
    assert choice(on("region", usable=False, operator=Operator.NE)).estimate == LIST_BY_PARENTS


def test_only_single_values_of_identifier_and_region_make_a_unique_row() -> None:
    assert choice(on("region"), on("data__Identifier")).unique
    assert not choice(on("data__Identifier")).unique
    assert not choice(on("region"), on("data__Identifier", many=True)).unique
    assert not choice(on("region"), on("domain_name")).unique
    assert not choice(on("region"), on("domain_name"), on("event_stream_name")).unique


def test_a_number_may_equal_several_identifiers_of_one_part() -> None:
    queue = catalog().type("AWS::SQS::Queue")
    columns = table_columns(queue)
    numbers = {column.name: number for number, column in enumerate(columns)}
    for literal in (True, False):
        constraints = [
            Constraint(0, numbers["region"], EQ, usable=True, binary=True),
            Constraint(
                1, numbers["data__Identifier"], EQ, usable=True, binary=True, literal=literal
            ),
        ]
        assert choose(queue, columns, constraints, ()).unique is literal


def test_used_columns_say_which_properties_are_needed() -> None:
    chosen = choice(used=("uri", "Uri".lower(), "EventStreamArn", "region", "data__Identifier"))
    assert chosen.plan.needs == {"Uri", "EventStreamArn"}
    assert not chosen.plan.whole
    assert choice(used=("properties",)).plan.whole


def test_columns_that_share_a_bit_are_not_taken_as_used() -> None:
    wide = table_columns(catalog().type("AWS::RDS::DBInstance"))
    told_apart = {each.property.name for each in wide[:63] if each.property is not None}
    needs, whole = needed_properties(wide, range(len(wide)))
    assert whole
    assert len(needs) > 40
    assert needs < told_apart


def test_a_plan_survives_its_text() -> None:
    like = on("uri", operator=Operator.LIKE, literal=True)
    plan = choice(on("region", many=True), on("domain_name"), like, on("tags"), used=("uri",)).plan
    assert decode(encode(plan)) == plan


def test_a_type_without_read_handler_is_never_asked_for_one_resource() -> None:
    made = type_like({"list": {}})
    columns = table_columns(made)
    number = next(n for n, column in enumerate(columns) if column.name == "data__Identifier")
    chosen = choose(made, columns, [Constraint(0, number, EQ, usable=True, binary=True)], ())
    assert chosen.plan.access is Access.LIST


def type_like(handlers: dict[str, Any], **properties: str) -> ResourceType:
    """A type with these handlers and properties, identified by Id."""
    schema = {
        "typeName": "Org::Svc::Thing",
        "properties": {
            "Id": {"type": "string"},
            **{name: {"type": json_type} for name, json_type in properties.items()},
        },
        "primaryIdentifier": ["/properties/Id", *(f"/properties/{name}" for name in properties)],
        "handlers": handlers,
    }
    return resource_type("Org::Svc::Thing", record(schema))


def keys_of(*given: tuple[str, Any], wrote: bool = False) -> Keys:
    """The keys of a plan for these columns with these values."""
    chosen = choice(*(on(name, many=isinstance(value, set)) for name, value in given))
    values = [given[constraint.number][1] for constraint in chosen.taken]
    return read_keys(STREAM, chosen.plan, values, lambda value, argument: wrote)


@pytest.mark.parametrize(
    ("value", "identifiers"),
    [
        ("a|b", {"a|b"}),
        ({"a|b", "c|d", None}, {"a|b", "c|d"}),
        (None, set()),
        (b"a|b", set()),
        (5, set()),
        ("a", set()),
        ("|b", set()),
        ("a|" + "b" * 1023, set()),
    ],
)
def test_identifiers_that_can_be(value: Any, identifiers: set[str]) -> None:
    keys = keys_of(("data__Identifier", value))
    assert keys.identifiers == identifiers
    assert keys.impossible == (not identifiers)


def test_a_short_identifier_that_the_user_wrote_is_refused() -> None:
    with pytest.raises(ProgrammingError, match=r"<DomainName>\|<EventStreamName>"):
        keys_of(("data__Identifier", "a"), wrote=True)


@pytest.mark.parametrize("value", [1.5, 1, {"d", 1}])
def test_a_number_is_no_key_of_a_text(value: Any) -> None:
    """SQLite may compare them as numbers: '05' equals CAST(5 AS INTEGER)."""
    keys = keys_of(("domain_name", value))
    assert keys.properties == {}
    assert len(keys.filters) == 1


def test_an_integer_part_is_found_by_what_equals_it() -> None:
    made = type_like({"read": {}, "list": {}}, Version="integer")
    columns = table_columns(made)
    numbers = {column.name: number for number, column in enumerate(columns)}
    constraints = [
        Constraint(0, numbers["id"], EQ, usable=True, binary=True),
        Constraint(1, numbers["version"], EQ, usable=True, binary=True),
    ]
    chosen = choose(made, columns, constraints, ())
    keys = read_keys(made, chosen.plan, ["x", "5.0"], lambda value, argument: False)
    assert full_identifiers(made, keys) == ["x|5"]


def test_parts_and_sets_make_every_identifier_once() -> None:
    keys = keys_of(("domain_name", {"d", "e"}), ("event_stream_name", {"x", "y"}))
    assert full_identifiers(STREAM, keys) == ["d|x", "d|y", "e|x", "e|y"]
    assert full_identifiers(STREAM, keys_of(("domain_name", "d"))) is None


def test_models_come_from_what_the_list_handler_requires() -> None:
    keys = keys_of(("domain_name", {"d", "e"}))
    assert resource_models(STREAM, keys) == [{"DomainName": "d"}, {"DomainName": "e"}]
    assert resource_models(STREAM, Keys()) is None
    assert resource_models(catalog().type("AWS::SQS::Queue"), Keys()) == [{}]


def test_what_is_known_rules_out_what_does_not_agree() -> None:
    keys = keys_of(("domain_name", {"d"}))
    assert agrees(STREAM, keys, {"DomainName": "d"})
    assert not agrees(STREAM, keys, {"DomainName": "e"})
    assert agrees(STREAM, keys, {"Other": 1})


def filtered(*given: tuple[str, Operator, Any], wrote: bool = False) -> Keys:
    """The keys of a plan for these comparisons."""
    chosen = choice(
        *(
            on(name, operator=operator, many=isinstance(value, set))
            for name, operator, value in given
        )
    )
    values = [given[constraint.number][2] for constraint in chosen.taken]
    return read_keys(STREAM, chosen.plan, values, lambda value, argument: wrote)


def test_predicates_take_values_out_of_keys() -> None:
    keys = filtered(
        ("domain_name", EQ, {"a", "b", "c"}),
        ("domain_name", Operator.NE, "b"),
        ("domain_name", Operator.LT, "c"),
    )
    assert keys.properties == {"DomainName": {"a"}}
    keys = filtered(
        ("data__Identifier", EQ, {"a|x", "b|x", "b|y"}),
        ("domain_name", EQ, "b"),
        ("event_stream_name", Operator.IS_NOT, "y"),
    )
    assert keys.identifiers == {"b|x"}
    assert filtered(("domain_name", EQ, {"a", "b"}), ("domain_name", EQ, {"c"})).impossible


@pytest.mark.parametrize(
    ("operator", "value", "impossible"),
    [
        (EQ, None, True),
        (Operator.NE, None, True),
        (Operator.LIKE, None, True),
        (EQ, {None}, True),
        (Operator.IS, None, False),
        (Operator.IS_NOT, None, False),
        (Operator.IS_NULL, None, False),
        (EQ, {"a", None}, False),
    ],
)
@pytest.mark.parametrize("column", ["uri", "domain_name"])
def test_no_row_compares_with_null(
    column: str, operator: Operator, value: Any, impossible: bool
) -> None:
    assert filtered((column, operator, value)).impossible == impossible


def test_predicates_choose_among_regions() -> None:
    keys = filtered(("region", Operator.NE, "us-east-1"), ("region", Operator.GT, "eu"))
    regions = ("ap-south-1", "eu-west-1", "us-east-1", "us-west-2")
    assert list(filter(keys.takes_region, regions)) == ["eu-west-1", "us-west-2"]
    assert keys.regions is None


def test_regions_that_were_written_to_be_left_out_are_checked_too() -> None:
    for operator in (Operator.NE, Operator.IS_NOT):
        assert filtered(("region", operator, "x"), wrote=True).other_regions == {"x"}
        assert filtered(("region", operator, "x")).other_regions == frozenset()
        assert filtered(("region", operator, ""), wrote=True).other_regions == frozenset()
    assert filtered(("region", Operator.GT, "x"), wrote=True).other_regions == frozenset()


def test_a_parent_is_asked_for_what_its_children_shall_have() -> None:
    (parent,) = STREAM.parents
    domain = catalog().type(parent.type_name or "")
    keys = filtered(("domain_name", Operator.GT, "a"), ("event_stream_name", EQ, "x"))
    asked = parent_keys(STREAM, parent, domain, Place("", "us-east-1"), keys)
    assert [(each.property, each.predicate.operator) for each in asked.filters] == [
        ("DomainName", Operator.GT)
    ]
    assert asked.regions == {"us-east-1"}


def test_a_listings_input_is_not_compared_with_another_property_of_its_name() -> None:
    """Rule groups are listed by the Arn of their workspace, and have an Arn of their own."""
    groups = catalog().type("AWS::APS::RuleGroupsNamespace")
    own = Condition(Role.PROPERTY, "Arn", Predicate(Operator.LIKE, "own", match=str.__eq__))
    keys = Keys(filters=frozenset({own}))
    assert agrees(groups, keys, {"Arn": "workspace"})


KNOWN = ("us-east-1", "us-west-2", "eu-central-1")


def is_region(name: str) -> bool:
    return name.count("-") == 2 and plausible(name, KNOWN)


def regions_for(
    keys: Keys,
    regions: list[str] | None = None,
    default: str | None = "us-east-1",
    lacking: frozenset[str] = frozenset(),
) -> list[str]:
    check_regions(sorted(keys.written_regions), is_region, KNOWN)
    return scan_regions(keys, regions, default, lacking, is_region)


def test_without_a_constraint_the_connections_regions_are_asked() -> None:
    assert regions_for(Keys(), ["us-west-2", "us-east-1"]) == ["us-west-2", "us-east-1"]
    assert regions_for(Keys(), ["us-west-2", "us-west-2"]) == ["us-west-2"]
    assert regions_for(Keys()) == ["us-east-1"]


def test_regions_without_the_type_are_left_out_of_several_only() -> None:
    lacking = frozenset({"us-west-2"})
    assert regions_for(Keys(), ["us-west-2", "us-east-1"], lacking=lacking) == ["us-east-1"]
    assert regions_for(Keys(), ["us-west-2"], lacking=lacking) == ["us-west-2"]


def test_a_region_that_the_user_wrote_has_to_be_one() -> None:
    given = frozenset({"us-west-2"})
    assert regions_for(Keys(given, given)) == ["us-west-2"]
    with pytest.raises(ProgrammingError, match="add it"):
        regions_for(Keys(given, given), ["us-east-1"])
    for wrong in ("us-wets-2", "nonsense", ""):
        with pytest.raises(ProgrammingError, match="unknown region"):
            regions_for(Keys(frozenset({wrong}), frozenset({wrong})))


def test_a_region_that_a_join_came_up_with_need_not() -> None:
    keys = Keys(frozenset({"us-west-2", "nonsense"}))
    assert regions_for(keys, ["us-east-1"]) == []
    assert regions_for(keys) == ["us-west-2"]
