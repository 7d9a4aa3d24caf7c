"""Who is next: priorities by weights, users and executions in turn, and nobody waits for ever."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

from ray_executor.costs import Cost
from ray_executor.placement import Shape
from ray_executor.units import Unit, Waiting


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def unit(execution: str, priority: int = 3, owner: str = "", number: int = 1) -> Unit:
    task: Any = SimpleNamespace(environment=SimpleNamespace(priority=priority, owner=owner), inputs=())
    return Unit((execution, number), task, Shape(), Cost(), lambda *_: None)


def line(price: float = 0.1, clock: Clock | None = None) -> Waiting:
    return Waiting(lambda _: price, clock or Clock())


def taken(waiting: Waiting, count: int) -> list[str]:
    return [waiting.take(0.02, 0.1, 2)[0].key[0] for _ in range(count)]


def test_the_first_priority_is_next_behind_many_of_the_last() -> None:
    waiting = line()
    for number in range(600):
        waiting.add(unit(f"low{number}", 5))
    taken(waiting, 50)
    waiting.add(unit("urgent", 1))
    assert taken(waiting, 1) == ["urgent"]
    assert waiting.counts() == {1: 0, 2: 0, 3: 0, 4: 0, 5: 550}


def test_each_priority_gets_its_share() -> None:
    waiting = line()
    for number in range(400):
        for priority in (1, 3, 5):
            waiting.add(unit(f"{priority}-{number}", priority))
    shares = Counter(name[0] for name in taken(waiting, 210))
    assert shares["1"] > 3 * shares["3"] > 9 * shares["5"] > 0


def test_users_take_turns_and_so_do_their_executions() -> None:
    waiting = line()
    for number in range(6):
        waiting.add(unit("a1", owner="ann", number=number))
        waiting.add(unit("a2", owner="ann", number=number))
    for number in range(3):
        waiting.add(unit("b", owner="bob", number=number))
    assert taken(waiting, 6) == ["a1", "b", "a2", "b", "a1", "b"]


def test_who_waits_for_long_comes_up() -> None:
    clock = Clock()
    waiting = line(clock=clock)
    waiting.add(unit("old", 5))
    clock.now = 61.0
    waiting.add(unit("new", 4))
    waiting.add(unit("other", 5))
    clock.now = 63.0
    taken(waiting, 1)
    assert waiting.counts()[4] + waiting.counts()[5] == 2
    clock.now = 400.0
    assert len(taken(waiting, 2)) == 2


def test_small_ones_share_a_bundle_and_long_ones_leave_room() -> None:
    waiting = line(0.001)
    for number in range(1000):
        waiting.add(unit(f"e{number}"))
    assert 20 <= len(waiting.take(0.02, 0.1, 2)) <= 100
    assert waiting.room(2) == 4
    long = line(0.1)
    long.add(unit("x"))
    assert long.room(2) == 3
    assert [found.key for found in long.remove(("x", 1))] == [("x", 1)]
    assert not long


def test_code_nobody_has_run_goes_alone_but_for_a_crowd_of_it() -> None:
    waiting = Waiting(lambda _: None, Clock())
    for number in range(40):
        waiting.add(unit("a", number=number))
    sizes: list[int] = []
    while waiting:
        sizes.append(len(waiting.take(0.01, 0.1, 2)))
    assert sizes[0] > 1
    assert set(sizes[-20:]) == {1}
    assert max(sizes) <= 8
