"""Answers, checked against what is right, with the calls that the endpoint counted, and timed."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from typing import Any

from benchmarks.stub import Settings, Stub

from .contenders import CONTENDERS, Contender, right_answer
from .programs import Rows
from .scenarios import Scale, Scenario

# What takes longer is measured in its first round, which otherwise only warms up.
LONG_S = 10.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What an answer took: calls answered, calls throttled, and seconds."""

    calls: int
    throttled: int
    seconds: float

    def __str__(self) -> str:
        refused = f" + {self.throttled:,}" if self.throttled else ""
        return f"{self.calls:,}{refused} in {self.seconds:.2f} s"


class WrongAnswer(Exception):
    """A contender's rows are not those of SQLite."""


def measure(
    names: Sequence[str], scenario: Scenario, scale: Scale, latency_s: float, rounds: int
) -> dict[str, Figures]:
    """The best of the rounds of each contender; the contenders take turns."""
    right = right_answer(scenario, scale)
    settings = Settings(latency_s=latency_s, rate=scenario.rate, burst=scenario.rate)
    found: dict[str, list[Figures]] = {name: [] for name in names}
    with Stub(scale.sizes, settings) as stub, ExitStack() as closing:
        contenders = {}
        for name in names:
            contenders[name] = CONTENDERS[name](scenario, scale, stub.url)
            closing.callback(contenders[name].close)
        for number in range(rounds + 1):
            for name, contender in contenders.items():
                if number > 0 and found[name][0].seconds > LONG_S:
                    continue
                figures, rows = _answer(contender, stub)
                check(name, scenario, rows, right)
                found[name].append(figures)
    return {name: best(each) for name, each in found.items()}


def measure_once(
    jobs: Sequence[tuple[str, Scenario]], scale: Scale, latency_s: float, at_once: int
) -> list[Figures]:
    """Each contender's one answer, ``at_once`` of them at the same time, each in a process.

    For those who wait far more than they work: they hardly notice each other.
    """
    alone = partial(_measure_one, scale=scale, latency_s=latency_s)
    with ProcessPoolExecutor(at_once, mp_context=get_context("spawn")) as processes:
        return list(processes.map(alone, jobs))


def _measure_one(job: tuple[str, Scenario], scale: Scale, latency_s: float) -> Figures:
    name, scenario = job
    return measure([name], scenario, scale, latency_s, rounds=1)[name]


def best(rounds: Sequence[Figures]) -> Figures:
    """The quickest of the rounds after the first, if there are any, with the most calls of any."""
    counted = rounds[1:] or rounds
    quickest = min(counted, key=lambda each: each.seconds)
    return replace(quickest, calls=max(each.calls for each in rounds))


def check(name: str, scenario: Scenario, rows: Rows, right: Rows) -> None:
    """Raises WrongAnswer unless these are the rows, in any order, and each as often."""
    wanted, given = _counted(right), _counted(rows)
    if scenario.limit:
        is_right = len(rows) == scenario.limit and given <= wanted
    else:
        is_right = given == wanted
    if not is_right:
        wrong = f"{(given - wanted).total()} rows too many, {(wanted - given).total()} missing"
        raise WrongAnswer(f"{name}, {scenario.name}: {wrong}")


def _answer(contender: Contender, stub: Stub) -> tuple[Figures, Rows]:
    contender.prepare()
    stub.reset()
    start = time.perf_counter()
    rows = contender.answer()
    seconds = time.perf_counter() - start
    counts = stub.counts()
    return Figures(counts.calls, counts.refusals, seconds), rows


def _counted(rows: Rows) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(map(_value, row)) for row in rows)


def _value(value: Any) -> Any:
    """JSON is the same whatever its spaces and the order of its members."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        return json.dumps(json.loads(value), sort_keys=True)
    return value
