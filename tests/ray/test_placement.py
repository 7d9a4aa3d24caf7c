"""What fits on the machines of a cluster: machines that are gone, and the first ones, are waited for."""

from __future__ import annotations

import pytest

from ray_executor.errors import ImpossibleResourcesError
from ray_executor.placement import AWAITED, Machines, Shape
from ray_executor.reasons import in_words
from workflow_kernel.contracts import Machine

HEAD = Machine("head", {"memory": 8e9}, {})
PLAIN = Machine("plain", {"CPU": 2.0, "memory": 8e9}, {})
GRAPHICS = Machine("graphics", {"CPU": 4.0, "GPU": 1.0, "memory": 8e9}, {})


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_machine_that_is_gone_is_waited_for_and_not_for_ever() -> None:
    clock = Clock()
    machines = Machines([HEAD, PLAIN, GRAPHICS], clock=clock)
    assert (machines.slots(Shape()), machines.slots(Shape(gpus=1))) == (6, 1)
    clock.now = 10.0
    machines = Machines([HEAD, PLAIN], machines, clock)
    assert (machines.slots(Shape()), machines.slots(Shape(gpus=1))) == (2, 0)
    clock.now = 10.0 + AWAITED
    with pytest.raises(ImpossibleResourcesError, match="No machine of the cluster has CPU 1, GPU 1"):
        Machines([HEAD, PLAIN], machines, clock).slots(Shape(gpus=1))
    assert Machines([HEAD, GRAPHICS], machines, clock).slots(Shape(gpus=1)) == 1


def test_the_first_machine_of_a_cluster_is_waited_for() -> None:
    clock = Clock()
    machines = Machines([HEAD], clock=clock)
    assert machines.slots(Shape()) == 0
    clock.now = AWAITED + 1
    with pytest.raises(ImpossibleResourcesError):
        Machines([HEAD], machines, clock).slots(Shape())


def test_what_no_machine_ever_had_is_refused_at_once() -> None:
    with pytest.raises(ImpossibleResourcesError):
        Machines([HEAD, PLAIN]).slots(Shape(gpus=1))


def test_what_is_asked_is_told_in_words() -> None:
    assert in_words(Shape()) == "1 CPU"
    wide = Shape(cpus=4.0, gpus=1.0, memory=8 << 30, custom=(("licence", 1.0),))
    assert in_words(wide) == "1 licence and 1 GPU and 4 CPUs and 8 GB of memory"
