"""Flows: what is there comes at once, and nobody waits for what has not been started."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future

from awsvtab.flow import Flow, Waiting, Window, drained, in_order, mapped, merged, ready

WIDE = 16


def done(value: str) -> Future[str]:
    future: Future[str] = Future()
    future.set_result(value)
    return future


def arriving(*futures: Future[str]) -> Flow[str]:
    """The results one by one, as pages of a listing come."""
    for future in futures:
        while not future.done():
            yield Waiting((future,))
        yield [future.result()]


def steps(flow: Flow[str], most: int) -> Iterator[list[str] | frozenset[Future[str]]]:
    """The next steps, a wait as the set of what is waited for."""
    for _ in range(most):
        step = next(flow, None)
        if step is None:
            return
        yield frozenset(step.futures) if isinstance(step, Waiting) else list(step)


def test_what_is_there_comes_before_what_is_waited_for() -> None:
    late: Future[str] = Future()
    flows = {"a": arriving(late), "b": arriving(done("b1"), done("b2"))}
    flow = merged(ready("ab"), flows.__getitem__, Window(WIDE, WIDE))
    assert list(steps(flow, 3)) == [["b1"], ["b2"], {late}]
    late.set_result("a1")
    assert list(steps(flow, 9)) == [["a1"]]


def test_all_are_started_before_anything_is_waited_for() -> None:
    waited: list[Future[str]] = [Future() for _ in range(3)]
    flow = merged(ready(waited), arriving, Window(WIDE, WIDE))
    assert list(steps(flow, 1)) == [set(waited)]


def test_those_that_are_there_are_read_while_their_source_waits() -> None:
    more: Future[str] = Future()

    def source() -> Flow[str]:
        yield ["a"]
        yield from arriving(more)

    flow = merged(source(), lambda name: ready([f"{name}1"]), Window(WIDE, WIDE))
    assert list(steps(flow, 2)) == [["a1"], {more}]
    more.set_result("b")
    assert list(steps(flow, 9)) == [["b1"]]


def test_flows_of_which_each_has_much_take_turns() -> None:
    flows = {name: iter([[f"{name}1"], [f"{name}2"]]) for name in "ab"}
    flow = merged(ready("ab"), flows.__getitem__, Window(WIDE, WIDE))
    assert list(steps(flow, 9)) == [["a1"], ["b1"], ["a2"], ["b2"]]


def test_a_window_grows_with_what_is_used() -> None:
    started: list[str] = []

    def start(name: str) -> Future[str]:
        started.append(name)
        return done(name)

    flow = in_order(ready("abcdefghijk"), start, Window(1, 4))
    ahead = [len(started) - taken for taken, _ in enumerate(flow)]
    assert ahead == [1, 2, 3, 4, 4, 4, 4, 4, 3, 2, 1]


def test_results_keep_their_order_and_only_the_first_is_waited_for() -> None:
    first: Future[str] = Future()
    futures = {"a": first, "b": done("b")}
    flow = mapped(
        in_order(ready("ab"), futures.__getitem__, Window(WIDE, WIDE)),
        lambda batch: [future.result() for future in batch],
    )
    assert list(steps(flow, 1)) == [{first}]
    first.set_result("a")
    assert list(steps(flow, 9)) == [["a"], ["b"]]


def test_nothing_that_has_come_is_waited_for() -> None:
    """A reader who is told to wait for what is done would spin."""
    more: Future[str] = Future()
    late: Future[str] = Future()

    def source() -> Flow[str]:
        yield ["a"]
        yield from arriving(more)

    for flow in (
        in_order(source(), lambda _: late, Window(1, 1)),
        merged(source(), lambda _: arriving(late), Window(1, 1)),
    ):
        assert list(steps(flow, 1)) == [{late}]  # type: ignore[arg-type]
    more.set_result("b")
    assert list(steps(flow, 1)) == [{late}]  # type: ignore[arg-type]


def test_the_reader_waits_only_when_told_to() -> None:
    late: Future[str] = Future()
    waits: list[Sequence[Future[str]]] = []

    def wait(futures: Sequence[Future[str]]) -> None:
        waits.append(futures)
        late.set_result("late")

    assert list(drained(arriving(done("soon"), late), wait)) == [["soon"], ["late"]]
    assert waits == [(late,)]
