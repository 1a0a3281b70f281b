"""The benchmarks: all who are compared give the right rows, and the calls printed were made."""

from __future__ import annotations

import re

import pytest
from benchmarks import reads, writes
from benchmarks.reading.api import Cli, cli_command
from benchmarks.reading.contenders import CLI, CONTENDERS, LOOP, OURS, POOL, left_out, takes_part
from benchmarks.reading.measuring import WrongAnswer, check, measure
from benchmarks.reading.scenarios import Scale, Scenario, scenarios
from benchmarks.stub import Settings, Sizes, Stub
from benchmarks.stub.estate import DOMAIN, HOME

SIZES = Sizes(domains=3, streams=7, instances=60, subnets=9, regions=3, kinesis_streams=12, page=5)
SCALE = Scale(SIZES, hosts=60, keys=20, host_subnets=10, wanted=12, throttled=15, rate=100)
SCENARIOS = {each.name: each for each in scenarios(SCALE)}
MS = 0.001


def in_process(scenario: Scenario) -> list[str]:
    return [name for name in CONTENDERS if takes_part(name, scenario) and name != CLI]


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_all_give_the_right_rows_and_none_makes_fewer_calls_than_the_least(name):
    scenario = SCENARIOS[name]
    figures = measure(in_process(scenario), scenario, SCALE, MS, rounds=1)
    calls = {name: each.calls for name, each in figures.items()}
    assert calls[LOOP] == min(calls.values()) == scenario.least
    # With a limit, what the threads have begun when the last row comes is too much.
    assert calls[POOL] <= (2 * scenario.least if scenario.limit else scenario.least)


@pytest.mark.skipif(CLI in left_out(), reason="the AWS CLI is not installed")
def test_the_aws_cli_is_answered():
    with Stub(SIZES, Settings(latency_s=MS)) as stub:
        api = Cli(stub.url, cli_command() or "")
        assert api.page(HOME, DOMAIN, {}, None) == (["domain-0", "domain-1", "domain-2"], None)
        assert stub.counts().answered == {"ListResources": 1}


@pytest.mark.parametrize(
    ("limit", "rows", "right"),
    [
        (0, [(2,), (1,)], True),
        (0, [(1,)], False),
        (0, [(1,), (2,), (2,)], False),
        (1, [(2,)], True),
        (1, [(3,)], False),
        (1, [(1,), (2,)], False),
    ],
)
def test_wrong_rows_are_noticed(limit, rows, right):
    scenario = Scenario("name", "", "", 1, SCENARIOS["names"].aim, limit=limit)
    if right:
        check(OURS, scenario, rows, [(1,), (2,)])
    else:
        with pytest.raises(WrongAnswer):
            check(OURS, scenario, rows, [(1,), (2,)])


def test_reads_prints_the_calls_that_were_made(capsys):
    reads.main(["--quick", "--rounds", "1", "--latency", "1", "--only", "names"], SCALE)
    (row,) = [line for line in capsys.readouterr().out.splitlines() if "`names`" in line]
    least = SCENARIOS["names"].least
    assert re.fullmatch(
        rf"\| names of 21 streams in 3 domains \(`names`\) \| {least} \| {least} in [\d.]+ s "
        rf"\| [\d.]+ \| 1.10 \| {least} in [\d.]+ s \|",
        row,
    )


def test_writes_prints_the_calls_that_were_made(capsys):
    writes.main(
        ["--creates", "5", "--polls", "2", "--retry-after", "1", "--latency", "1", "--rounds", "0"]
    )
    rows = [line for line in capsys.readouterr().out.splitlines() if " in " in line]
    assert [row.split("|")[1].strip() for row in rows] == [*writes.CONTENDERS]
    assert all("| 15 in " in row for row in rows)
