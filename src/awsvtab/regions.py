"""Which regions a scan asks: pure."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import lru_cache

from awsvtab.catalog import ResourceType
from awsvtab.catalog.scope import home_region
from awsvtab.errors import ProgrammingError
from awsvtab.keys import Keys


def check_regions(
    regions: Iterable[str], is_region: Callable[[str], bool], known: Sequence[str]
) -> None:
    """Raises ProgrammingError for a region that the user wrote and that is none.

    ``known`` are regions that a correction may suggest.
    """
    for region in regions:
        if not is_region(region):
            raise ProgrammingError(f"unknown region '{region}'{_did_you_mean(region, known)}")


def scan_regions(
    keys: Keys,
    regions: Sequence[str] | None,
    default: str | None,
    lacking: Collection[str],
    is_region: Callable[[str], bool],
) -> list[str]:
    """The regions to ask for a regional type, in order.

    ``regions`` are the connection's, None if it has no list of its own; ``default`` the session's;
    ``lacking`` those without the type, which a scan over several leaves out. A region that the user
    wrote and that is none of the connection's is a ProgrammingError; one that a join came up with
    just has no rows.
    """
    if keys.regions is None:
        return _unpinned(regions, default, lacking)
    if regions is None:
        return sorted(filter(is_region, keys.regions))
    for region in sorted(keys.written_regions.difference(regions)):
        raise ProgrammingError(
            f"region '{region}' is none of the connection's: add it, "
            f"connect(regions={[*regions, region]!r})"
        )
    return sorted(keys.regions.intersection(regions))


def global_region(
    resource_type: ResourceType,
    keys: Keys,
    regions: Sequence[str] | None,
    default: str | None,
    known: Sequence[str],
) -> str:
    """The one region that the rows of a global type have: their partition's home region."""
    hints = (*(regions or ()), default, *sorted(keys.regions or ()))
    reference = next((region for region in hints if region is not None and region in known), "")
    return home_region(reference, resource_type.not_in, known)


def _unpinned(
    regions: Sequence[str] | None, default: str | None, lacking: Collection[str]
) -> list[str]:
    if regions is None:
        if default is None:
            raise ProgrammingError(
                "no region: write WHERE region = 'us-east-1', or connect(regions=['us-east-1'])"
            )
        return [default]
    wanted = list(dict.fromkeys(regions))
    return [region for region in wanted if region not in lacking] if len(wanted) > 1 else wanted


def plausible(region: str, known: Sequence[str]) -> bool:
    """Whether a name is made of words that name regions; the pattern alone takes ``us-esat-1``."""
    return _words(tuple(known)).issuperset(region.split("-")[:-1])


@lru_cache(maxsize=8)
def _words(known: tuple[str, ...]) -> frozenset[str]:
    return frozenset(word for name in known for word in name.split("-")[:-1])


def _did_you_mean(region: str, known: Sequence[str]) -> str:
    close = [f"'{name}'" for name in difflib.get_close_matches(region, known, n=2)]
    return f"; did you mean {' or '.join(close)}?" if close else ": write for example 'us-east-1'"
