"""Reads, against programs written by hand: ``python benchmarks/reads.py``.

Prints one line per scenario, as Markdown: the fewest calls that can answer it, then calls made and
wall time of each contender. ``benchmarks/README.md`` says what is compared and how. Exit status 1
where awsvtab misses an aim.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

import apsw
import boto3
from benchmarks.reading.contenders import CONTENDERS, OURS, POOL, is_slow, left_out, takes_part
from benchmarks.reading.measuring import Figures, measure, measure_once
from benchmarks.reading.scenarios import Scale, Scenario, scenarios
from benchmarks.stub import Settings, Stub

FULL = Scale()


def main(arguments: Sequence[str] | None = None, scale: Scale = FULL) -> int:
    known = list(scenarios(scale))
    options = parsed(arguments, [each.name for each in known])
    chosen = [each for each in known if each.name in (options.only or [each.name])]
    names = [OURS, POOL] if options.quick else [*CONTENDERS]
    latency_s = options.latency / 1000
    print_setting(options, sys.argv[1:] if arguments is None else arguments)
    slow = [
        (name, scenario)
        for scenario in chosen
        for name in names
        if takes_part(name, scenario) and is_slow(name, scenario)
    ]
    done = dict(zip(slow, measure_once(slow, scale, latency_s, options.at_once), strict=True))
    print_heading(names)
    missed = []
    for scenario in chosen:
        quick = [
            name for name in names if takes_part(name, scenario) and not is_slow(name, scenario)
        ]
        figures = measure(quick, scenario, scale, latency_s, options.rounds)
        figures |= {name: done[name, scenario] for name in names if (name, scenario) in done}
        print_row(names, scenario, figures)
        if not is_met(scenario, figures, latency_s):
            missed.append(scenario.name)
    for name, reason in left_out().items():
        print(f"\n{name} is left out: {reason}")
    print(f"\nmissed: {', '.join(missed) or 'none'}")
    return 1 if missed else 0


def parsed(arguments: Sequence[str] | None, names: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=names, help="may be repeated")
    parser.add_argument("--latency", type=float, default=50, help="of each call, in ms")
    parser.add_argument("--rounds", type=int, default=3, help="after one that warms up")
    parser.add_argument("--quick", action="store_true", help=f"{OURS} and {POOL} alone")
    parser.add_argument("--at-once", type=int, default=8, help="how many slow ones")
    return parser.parse_args(arguments)


def print_setting(options: argparse.Namespace, arguments: Sequence[str]) -> None:
    with Stub(settings=Settings(latency_s=0)) as stub:
        rate, cpu_us = stub.speed()
    print(
        f"`{' '.join(['python benchmarks/reads.py', *arguments])}`: "
        f"Python {platform.python_version()}, boto3 {boto3.__version__}, "
        f"APSW {apsw.apsw_version()}; latency {options.latency:g} ms, best of "
        f"{options.rounds} rounds. Without latency the endpoint answers {rate:,.0f} requests a "
        f"second that come one after the other, with {cpu_us:.0f} µs of CPU each.\n"
    )


def print_heading(names: Sequence[str]) -> None:
    ours, *others = names
    print(f"| scenario | least calls | {ours} | ratio | aim | {' | '.join(others)} |")
    print(f"|---|--:|--:|--:|--:{'|--:' * len(others)}|")


def print_row(names: Sequence[str], scenario: Scenario, figures: dict[str, Figures]) -> None:
    ours, *others = names
    ratio = figures[OURS].seconds / figures[POOL].seconds
    cells = [f"{scenario.title} (`{scenario.name}`)", f"{scenario.least:,}", figures[ours]]
    cells += [f"{ratio:.2f}", scenario.aim, *(figures.get(name, "") for name in others)]
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


def is_met(scenario: Scenario, figures: dict[str, Figures], latency_s: float) -> bool:
    """Whether awsvtab made no more calls, and took no longer, than it aims at."""
    ours, allowed = figures[OURS], scenario.aim.seconds(figures[POOL].seconds, latency_s)
    return ours.calls <= scenario.aim.calls * scenario.least and ours.seconds <= allowed


if __name__ == "__main__":
    sys.exit(main())
