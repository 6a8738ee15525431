"""The queue before the worker: who is served when, who is told what. The worker here draws nothing
and does as it is told.
"""

from __future__ import annotations

import errno
import json
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from clipasso_core.errors import Cancelled, UserError
from clipasso_core.machine.log import log_path
from clipasso_core.service.envelope import Envelope, read_envelope
from clipasso_core.service.scheduler import CANCEL, KEEP, Caller, Scheduler, Urgency, _Request

LIMIT_S = 10
Event = dict[str, Any]


class Bench:
    """A worker whose sketches take until the test lets them go."""

    def __init__(self) -> None:
        self.begun: queue.Queue[Any] = queue.Queue()
        self._step = threading.Condition()
        self._free: set[Any] = set()
        self.fault: Exception | None = None

    def about(self) -> Event:
        return {"event": "about"}

    def sketch(
        self,
        envelope: Envelope,
        tell: Callable[[Event], None],
        wish: Callable[[], str],
        give_way: Callable[[], None],
    ) -> Event:
        self.begun.put(envelope.ident)
        tell({"event": "started"})
        if self.fault is not None:
            raise self.fault
        with self._step:
            while not (wish() or envelope.ident in self._free):
                self._step.wait(0.005)
                self._step.release()
                give_way()
                self._step.acquire()
        if wish() == CANCEL:
            raise Cancelled
        return {"event": "result", "kept": wish() == KEEP}

    def finish(self, ident: Any) -> None:
        with self._step:
            self._free.add(ident)
            self._step.notify_all()


class Person(Caller):
    """A caller that remembers what it heard."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._heard: queue.Queue[Event] = queue.Queue()
        super().__init__(self._heard.put)
        self._scheduler = scheduler
        scheduler.join(self)

    def ask(self, ident: Any, **more: Any) -> None:
        self._scheduler.ask(self, json.dumps({"id": ident, **(more or {"photo": "a"})}))

    def ask_patiently(self, ident: Any) -> None:
        """As a job in the background does."""
        self._scheduler.ask(self, json.dumps({"id": ident, "photo": "a"}), patient=True)

    def hear(self) -> str:
        """The next event as ``id event``, with the position of ``queued``."""
        event = self._heard.get(timeout=LIMIT_S)
        return " ".join(
            str(event[name]) for name in ("id", "event", "position", "code") if name in event
        )

    def hear_until(self, last: str) -> list[str]:
        """The events before that one."""
        return list(iter(self.hear, last))

    def hears_no_more(self) -> bool:
        return self._heard.empty()


@pytest.fixture
def scheduler() -> Scheduler:
    return Scheduler()


@pytest.fixture
def bench(scheduler: Scheduler) -> Iterator[Bench]:
    """The worker at work in a thread of its own."""
    bench = Bench()
    thread = threading.Thread(target=scheduler.work, args=(bench,))
    thread.start()
    yield bench
    scheduler.close()
    thread.join(LIMIT_S)
    assert not thread.is_alive()


def test_first_come_first_served_and_who_waits_is_told_the_place(
    scheduler: Scheduler, bench: Bench
) -> None:
    ann, bob, cleo = Person(scheduler), Person(scheduler), Person(scheduler)
    ann.ask("a")
    assert ann.hear() == "a started"
    bob.ask("b")
    assert bob.hear() == "b queued 1"
    cleo.ask("c")
    assert cleo.hear() == "c queued 2"
    bench.finish("a")
    assert ann.hear() == "a result"
    assert bob.hear() == "b started"
    assert cleo.hear() == "c queued 1"
    bench.finish("b")
    bench.finish("c")
    assert bob.hear() == "b result"
    assert cleo.hear() == "c started"
    assert cleo.hear() == "c result"
    assert ann.hears_no_more()


def test_a_draft_goes_first_and_the_long_job_goes_on_where_it_was(
    scheduler: Scheduler, bench: Bench
) -> None:
    ann, bob = Person(scheduler), Person(scheduler)
    ann.ask(1)
    assert ann.hear() == "1 started"
    bob.ask(2, photo="a", request={"preset": "draft"})
    assert bob.hear() == "2 started", "it is not told of a queue"
    assert scheduler.state()["working"]
    bench.finish(1)
    bench.finish(2)
    assert bob.hear() == "2 result"
    assert ann.hear() == "1 result"
    assert ann.hears_no_more()


def test_an_edit_goes_first_too_and_equals_wait(scheduler: Scheduler, bench: Bench) -> None:
    ann, bob, cleo, dan = (Person(scheduler) for _ in range(4))
    ann.ask(1)
    assert ann.hear() == "1 started"
    bob.ask(2)
    assert bob.hear() == "2 queued 1"
    cleo.ask(3, photo="a", edit={"do": "refine"})
    assert cleo.hear() == "3 started"
    dan.ask(4, photo="a", request={"preset": "draft"})
    assert dan.hear() == "4 queued 1", "it waits for the edit alone"
    for ident in (3, 4, 1, 2):
        bench.finish(ident)
    assert [cleo.hear(), dan.hear(), dan.hear()] == ["3 result", "4 started", "4 result"]
    assert ann.hear() == "1 result"
    places = ["2 queued 2", "2 queued 3", "2 queued 2", "2 queued 1"]
    assert bob.hear_until("2 started") == places, "who goes first comes before it, for a while"
    assert bob.hear() == "2 result"


def test_a_background_job_lets_every_sketch_go_first(scheduler: Scheduler, bench: Bench) -> None:
    ann, bob, cleo = Person(scheduler), Person(scheduler), Person(scheduler)
    ann.ask_patiently(1)
    assert ann.hear() == "1 started"
    cleo.ask_patiently(3)
    assert cleo.hear() == "3 queued 1"
    bob.ask(2)
    assert bob.hear() == "2 started"
    for ident in (2, 1, 3):
        bench.finish(ident)
    assert bob.hear() == "2 result"
    assert ann.hear() == "1 result"
    assert cleo.hear_until("3 started") == ["3 queued 2", "3 queued 1"]
    assert cleo.hear() == "3 result"


def test_a_job_that_gave_way_can_be_kept_or_called_off(scheduler: Scheduler, bench: Bench) -> None:
    ann, bob, cleo = Person(scheduler), Person(scheduler), Person(scheduler)
    ann.ask_patiently(1)
    assert ann.hear() == "1 started"
    bob.ask(2)
    assert bob.hear() == "2 started"
    cleo.ask(3, photo="a", request={"preset": "draft"})
    assert cleo.hear() == "3 started"
    scheduler.leave(ann)
    bob.ask("stop", stop=True)
    bench.finish(3)
    assert cleo.hear() == "3 result"
    assert bob.hear() == "2 result"
    assert ann.hear() == "1 cancelled"
    scheduler.settle(ann)
    assert not scheduler.state()["working"]


def test_a_place_is_told_once(scheduler: Scheduler, bench: Bench) -> None:
    ann, bob, cleo = Person(scheduler), Person(scheduler), Person(scheduler)
    ann.ask("a")
    assert ann.hear() == "a started"
    bob.ask("b")
    cleo.ask("c")
    cleo.ask("c2")
    assert [cleo.hear() for _ in range(3)] == ["c queued 2", "c cancelled", "c2 queued 2"]
    assert bob.hear() == "b queued 1"
    assert bob.hears_no_more()


def test_a_place_is_not_told_to_whom_is_served_already(scheduler: Scheduler) -> None:
    ann = Person(scheduler)
    ticket = _Request(ann, read_envelope('{"id": 1, "photo": "a"}'), Urgency.SKETCH)
    ticket.waits = False  # between the announcer's look at the queue and its word
    ticket.tell_place(1)
    assert ann.hears_no_more()


def test_a_later_request_replaces_the_one_that_computes(scheduler: Scheduler, bench: Bench) -> None:
    ann = Person(scheduler)
    ann.ask(1)
    assert ann.hear() == "1 started"
    ann.ask(2)
    assert [ann.hear() for _ in range(2)] == ["1 cancelled", "2 started"]
    bench.finish(2)
    assert ann.hear() == "2 result"


def test_a_later_request_replaces_the_one_that_waits(scheduler: Scheduler, bench: Bench) -> None:
    ann, bob = Person(scheduler), Person(scheduler)
    ann.ask("a")
    assert ann.hear() == "a started"
    bob.ask(1)
    bob.ask(2)
    assert [bob.hear() for _ in range(3)] == ["1 queued 1", "1 cancelled", "2 queued 1"]
    bench.finish("a")
    assert bob.hear() == "2 started"


def test_a_sketch_does_not_replace_a_question(scheduler: Scheduler) -> None:
    ann, bench = Person(scheduler), Bench()
    ann.ask("what", about=True)
    ann.ask(1)  # before the worker is there, as while an engine warms up
    thread = threading.Thread(target=scheduler.work, args=(bench,))
    thread.start()
    assert [ann.hear() for _ in range(2)] == ["what about", "1 started"]
    scheduler.close()
    thread.join(LIMIT_S)


def test_a_question_does_not_replace_a_sketch(scheduler: Scheduler, bench: Bench) -> None:
    ann = Person(scheduler)
    ann.ask(1)
    assert ann.hear() == "1 started"
    ann.ask("what", about=True)
    bench.finish(1)
    assert sorted(ann.hear() for _ in range(2)) == ["1 result", "what about"]


def test_a_mistake_is_told_at_once_and_replaces_nothing(scheduler: Scheduler, bench: Bench) -> None:
    ann = Person(scheduler)
    ann.ask(1)
    assert ann.hear() == "1 started"
    ann.ask(2, photo=3)
    assert ann.hear() == "2 error bad-request"
    bench.finish(1)
    assert ann.hear() == "1 result"


def test_stop_keeps_the_sketch_of_the_one_who_says_it(scheduler: Scheduler, bench: Bench) -> None:
    ann, bob = Person(scheduler), Person(scheduler)
    ann.ask("a")
    assert ann.hear() == "a started"
    bob.ask("b")
    assert bob.hear() == "b queued 1"
    bob.ask("b", stop=True)  # it waits: it will be kept as soon as there is something to keep
    assert ann.hears_no_more()
    ann.ask("a", stop=True)
    assert ann.hear() == "a result"
    assert [bob.hear() for _ in range(2)] == ["b started", "b result"]


def test_who_leaves_wants_nothing_more(scheduler: Scheduler, bench: Bench) -> None:
    ann, bob = Person(scheduler), Person(scheduler)
    ann.ask("a")
    assert ann.hear() == "a started"
    bob.ask("b")
    assert bob.hear() == "b queued 1"
    scheduler.leave(ann)
    assert ann.hear() == "a cancelled"
    assert bob.hear() == "b started"
    scheduler.leave(bob)
    scheduler.settle(bob)
    assert bob.hear() == "b cancelled"
    assert scheduler.state()["clients"] == 0


def test_who_can_not_be_told_is_gone_and_the_next_is_served(
    scheduler: Scheduler, bench: Bench
) -> None:
    def broken(_: Event) -> None:
        raise BrokenPipeError

    gone, bob = Caller(broken), Person(scheduler)
    scheduler.ask(gone, '{"id": 1, "photo": "a"}')
    assert bench.begun.get(timeout=LIMIT_S) == 1
    bob.ask("b")
    while (heard := bob.hear()) != "b started":
        assert heard == "b queued 1"
    assert gone.gone


@pytest.mark.parametrize(
    ("fault", "code"), [(UserError("bad-day", "wait"), "bad-day"), (RuntimeError("oh"), "bug")]
)
def test_an_error_ends_one_request_and_not_the_work(
    scheduler: Scheduler, bench: Bench, fault: Exception, code: str
) -> None:
    ann = Person(scheduler)
    bench.fault = fault
    ann.ask(1)
    assert [ann.hear() for _ in range(2)] == ["1 started", f"1 error {code}"]
    bench.fault = None
    ann.ask(2)
    assert ann.hear() == "2 started"


@pytest.mark.parametrize(
    ("fault", "text", "values"),
    [
        (UserError("bad-day", "wait {days} days", days=2), "wait {days} days", {"days": 2}),
        (
            PermissionError(errno.EACCES, "closed", "a{b}"),
            "{path} can't be used ({reason}): mend that, and run the same command again",
            {"path": "a{b}", "reason": "closed"},
        ),
    ],
    ids=["a mistake", "the machine's"],
)
def test_an_error_carries_what_other_languages_are_made_of(
    scheduler: Scheduler, bench: Bench, fault: Exception, text: str, values: dict[str, Any]
) -> None:
    told: queue.Queue[Event] = queue.Queue()
    bench.fault = fault
    scheduler.ask(Caller(told.put), '{"id": 1, "photo": "a"}')
    while (event := told.get(timeout=LIMIT_S))["event"] != "error":
        pass
    assert (event["text"], event["values"]) == (text, values)
    assert event["message"] == text.format(**values)


def test_a_bug_is_told_in_parts_too(scheduler: Scheduler, bench: Bench) -> None:
    told: queue.Queue[Event] = queue.Queue()
    bench.fault = RuntimeError("oh {dear}")
    scheduler.ask(Caller(told.put), '{"id": 1, "photo": "a"}')
    while (event := told.get(timeout=LIMIT_S))["event"] != "error":
        pass
    assert event["code"] == "bug"
    assert event["values"] == {"bug": "RuntimeError: oh {dear}", "log": str(log_path())}
    assert event["message"] == event["text"].format(**event["values"])


def test_closing_calls_everything_off(scheduler: Scheduler) -> None:
    bench, ann, bob = Bench(), Person(scheduler), Person(scheduler)
    thread = threading.Thread(target=scheduler.work, args=(bench,))
    thread.start()
    ann.ask("a")
    assert ann.hear() == "a started"
    bob.ask("b")
    assert bob.hear() == "b queued 1"
    scheduler.close()
    thread.join(LIMIT_S)
    assert not thread.is_alive()
    assert ann.hear() == "a cancelled"
    assert bob.hear() == "b cancelled"
    bob.ask("late")
    assert bob.hear() == "late cancelled"
    assert not scheduler.join(bob)


def test_the_work_ends_when_nobody_has_been_there_for_a_while(scheduler: Scheduler) -> None:
    ann = Person(scheduler)
    thread = threading.Thread(target=scheduler.work, args=(Bench(), 0.05))
    thread.start()
    thread.join(0.3)
    assert thread.is_alive()  # somebody is there
    scheduler.leave(ann)
    thread.join(LIMIT_S)
    assert not thread.is_alive()
    assert not scheduler.join(ann)  # whoever comes now has to look for another engine


def test_every_request_has_exactly_one_end_whatever_the_clients_do(
    scheduler: Scheduler, bench: Bench
) -> None:
    last = {"result", "error", "cancelled", "about"}
    heard: dict[str, list[str]] = {}

    def rush(name: str) -> None:
        caller = Caller(lambda event: heard.setdefault(event["id"], []).append(event["event"]))
        scheduler.join(caller)
        for number in range(30):
            ident = f"{name}{number}"
            heard.setdefault(ident, [])
            bench.finish(ident) if number % 3 == 0 else None
            scheduler.ask(
                caller,
                json.dumps(
                    {"id": ident, "about": True} if number % 5 == 0 else {"id": ident, "photo": "a"}
                ),
            )
            if number % 4 == 0:
                scheduler.ask(caller, json.dumps({"id": ident, "stop": True}))
        scheduler.leave(caller)
        scheduler.settle(caller)

    threads = [threading.Thread(target=rush, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT_S)
    assert len(heard) == 120
    for ident, events in heard.items():
        assert len(last.intersection(events[-1:])) == 1, (ident, events)
        assert sum(event in last for event in events) == 1, (ident, events)
        assert "queued" not in events[events.index("started") :] if "started" in events else True, (
            ident,
            events,
        )
