"""What a statement would ask of AWS, found out without asking.

SQLite prepares the statement, which tells its plans. Then what it reads is run as if AWS had not
answered yet, which tells the calls that each access path begins with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from awsvtab.catalog import ResourceType
from awsvtab.catalog.columns import Kind, table_columns
from awsvtab.errors import ProgrammingError
from awsvtab.explain import (
    WRITES,
    AccessPath,
    Explanation,
    Setting,
    asking_for_requests,
    reading,
    writing,
)
from awsvtab.options import Place
from awsvtab.plan import USED_BITS, Plan
from awsvtab.prepared import Prepared, prepare
from awsvtab.readahead import Discovery, Enough, Probe, Request, Start
from awsvtab.rerun import Rerun
from awsvtab.resources import ResourceKey
from awsvtab.selects import ignores_conflicts, is_several
from awsvtab.snapshot import Snapshot
from awsvtab.write_tables import RESOURCE_REQUESTS

Planned = tuple[ResourceType, Plan]
Seen = dict[Hashable, list[tuple[Counter[str], bool]]]
Target = Callable[[str], ResourceType | None]


READ = "SQLITE_READ"
LONGEST_S = 2.0  # that local tables are read for keys


class Survey(Discovery):
    """A discovery in which every scan goes on though nothing is known, and nothing is asked.

    ``calls`` are those that each table reference would begin with; ``guessed`` are the references
    that were scanned while the rows of others were unknown: what they look up is not known.
    """

    def __init__(self, snapshot: Snapshot, regions: Sequence[str]) -> None:
        super().__init__(snapshot, known=(), wanted=None, deadline_s=LONGEST_S)
        self.calls: dict[str, Counter[str]] = {}
        self.guessed: set[str] = set()
        self.regions = tuple(regions)
        self._told: set[Probe] = set()  # the scans whose keys the statement itself gives

    def probe(self, reference: str, keyed: bool, narrowed: bool) -> Probe:
        """The source for a scan, which has no rows, whatever leads to it."""
        self.calls.setdefault(reference, Counter())
        probe = self._enter(SurveyProbe(self, reference))
        if not keyed:
            self._told.add(probe)
        if self.guesses(probe):
            self.guessed.add(reference)
        return probe

    def note(self, probe: Probe, request: Request, start: Start) -> None:
        """Counts a request; none counts twice."""
        known = len(self.found)
        super().note(probe, request, start)
        if len(self.found) > known:
            operation = "GetResource" if isinstance(request, ResourceKey) else "ListResources"
            self.calls[probe.reference][operation] += 1

    def guesses(self, probe: Probe) -> bool:
        """Whether a scan's keys come from rows of others; not where the statement gives them."""
        return probe not in self._told and super().guesses(probe)


class SurveyProbe(Probe):
    """A probe that asks AWS nothing at all."""

    def __init__(self, survey: Survey, reference: str) -> None:
        super().__init__(survey, reference, keyed=True)
        self._survey = survey

    def account_id(self, place: Place) -> str:
        """No account's id."""
        return ""

    def enabled_regions(self, account: str) -> tuple[str, ...]:
        """All regions that there may be; which of them are enabled is a guess."""
        self._survey.guessed.add(self.reference)
        return self._survey.regions


def survey(
    rerun: Rerun, setting: Setting, target: Target, snapshot: Snapshot, sql: str, bindings: Any
) -> Explanation:
    """The access paths of a statement, as SQLite is given it.

    Local tables are read for the keys that they hold. Raises what preparing the statement raises,
    and ProgrammingError for regions and identifiers that do not do.
    """
    if is_several(sql):
        raise ProgrammingError("explain() takes one statement at a time")
    plans: dict[str, Planned] = {}
    rerun.noted_plans = plans
    try:
        prepared = prepare(rerun.connection, sql, bindings)
        found = Survey(snapshot, setting.catalog.regions)
        with suppress(Enough):
            rerun.survey(found, sql, prepared.readonly, bindings)
    finally:
        rerun.noted_plans = None
    seen = _by_plan(found, plans)
    references = (text.partition(" ")[0] for text in prepared.scans)
    scans = [plans[reference] for reference in references if reference in plans]
    columns = _columns_read(target, prepared)
    reads = [
        _reading(setting, each, _with_late(plan, each, columns.get(each.name, ())), seen)
        for each, plan in scans
    ]
    others = (*_requests(setting, prepared), *_writes(setting, target, prepared, sql))
    return Explanation((*reads, *dict.fromkeys(others)))


def _columns_read(target: Target, prepared: Prepared) -> dict[str, set[str]]:
    """The columns that a statement reads of each resource type."""
    by_table: dict[str, set[str]] = {}
    for access in prepared.accesses:
        if access.action == READ:
            by_table.setdefault(access.table, set()).add(access.column)
    read: dict[str, set[str]] = {}
    for table, columns in by_table.items():
        resource_type = target(table)
        if resource_type is not None:
            read.setdefault(resource_type.name, set()).update(columns)
    return read


def _with_late(plan: Plan, resource_type: ResourceType, read: Collection[str]) -> Plan:
    """The plan with what is read of columns that SQLite does not tell apart when it plans."""
    late = [each for each in table_columns(resource_type)[USED_BITS:] if each.name in read]
    properties = (each.property for each in late)
    needs = {each.name for each in properties if each is not None and not each.write_only}
    whole = plan.whole or any(each.kind is Kind.RAW for each in late)
    return replace(plan, needs=plan.needs | needs, whole=whole)


def _writes(setting: Setting, target: Target, prepared: Prepared, sql: str) -> Iterator[AccessPath]:
    """What a statement writes, triggers included.

    An UPDATE may read a row that it was shown only in part, INSERT OR IGNORE whether there is one.
    """
    ignores = ignores_conflicts(sql)
    for access in prepared.accesses:
        handler = WRITES.get(access.action)
        resource_type = target(access.table) if handler else None
        if handler is None or resource_type is None:
            continue
        looks = ignores or access.within is not None
        reads = handler == "update" or (handler == "create" and looks and _is_chosen(resource_type))
        yield writing(setting, resource_type, handler, *(["read"] if reads else []))


def _is_chosen(resource_type: ResourceType) -> bool:
    """Whether a new row's identifier can be known before AWS has made it."""
    parts = map(resource_type.by_name.get, resource_type.identifier)
    return all(part is None or not part.read_only for part in parts)


def _requests(setting: Setting, prepared: Prepared) -> Iterator[AccessPath]:
    """The path to the table of what was asked of AWS, where a statement reads it."""
    if any((each.table, each.action) == (RESOURCE_REQUESTS, READ) for each in prepared.accesses):
        yield asking_for_requests(setting, RESOURCE_REQUESTS)


def _by_plan(found: Survey, plans: Mapping[str, Planned]) -> Seen:
    """What each plan was seen to begin with, and whether that is certain, scan by scan."""
    seen: Seen = {}
    for reference, calls in found.calls.items():
        certain = reference not in found.guessed and not found.out_of_time
        seen.setdefault(_asks(*plans[reference]), []).append((calls, certain))
    return seen


def _reading(setting: Setting, resource_type: ResourceType, plan: Plan, seen: Seen) -> AccessPath:
    """The prepared statement asks what the one that ran has asked, in the same order."""
    scans = seen.get(_asks(resource_type, plan))
    calls, certain = scans.pop(0) if scans else (Counter[str](), False)
    return reading(setting, resource_type, plan, calls, certain)


def _asks(resource_type: ResourceType, plan: Plan) -> Hashable:
    """What the calls of a plan depend on. A write looks at more columns than its SELECT."""
    return resource_type.name, plan.access, plan.arguments
