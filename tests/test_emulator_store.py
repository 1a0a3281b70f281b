"""The store against the plainest model of itself, whatever is done to it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from awsvtab.emulator.store import ORDERS, Resource, Resources

NAMES = st.sampled_from("abcdefgh")
PARENTS = st.sampled_from(["p", "q", None])
STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "remove", "list"]), NAMES, PARENTS), min_size=1, max_size=40
)


def pages(resources, order, model, size):
    """A whole listing, page by page."""
    index, after = resources.index(order, tuple((name,) for name in model)), None
    while True:
        page, after = index.page(list(model.values()), after, size)
        yield page
        if after is None:
            return


@given(STEPS, st.sampled_from(sorted(ORDERS)), st.integers(1, 4), st.booleans())
def test_pages_hold_what_was_put_and_not_removed(steps, order, size, below_a_parent):
    resources, held = Resources(), {}
    model = {"Parent": "p"} if below_a_parent else {}
    for serial, (step, name, parent) in enumerate(steps):
        if step == "put":
            held[name] = Resource(name, {"Parent": parent}, serial, "us-east-1")
            resources.put(held[name])
        elif step == "remove":
            assert resources.remove(name) is held.pop(name, None)
        wanted = [r for r in held.values() if not model or r.properties == model]
        wanted.sort(key=ORDERS[order])
        found = list(pages(resources, order, model, size))
        assert [resource for page in found for resource in page] == wanted
        assert all(len(page) == size for page in found[:-1])
        assert len(resources) == len(held)


@given(st.lists(st.integers(0, 30), unique=True), st.sets(st.integers(0, 30)), st.integers(1, 5))
def test_what_is_removed_between_pages_hides_nothing_else(serials, removed, size):
    resources = Resources()
    for serial in serials:
        resources.put(Resource(str(serial), {}, serial, "us-east-1"))
    index = resources.index("created")
    first, after = index.page([], None, size)
    for serial in removed:
        resources.remove(str(serial))
    seen = [resource.serial for resource in first]
    while after is not None:
        page, after = index.page([], after, size)
        seen.extend(resource.serial for resource in page)
    assert seen == sorted(set(seen))
    assert set(serials) - removed <= set(seen)
