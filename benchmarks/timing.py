"""Timing that can be compared: the same store, the same run of the program, best of several where that is cheap."""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """One comparison.

    Attributes:
        what: What was done.
        ours, theirs: In ``unit``; less is better.
        peer: What ``theirs`` is.
        unit: Seconds, where nothing else is said.
        bar: The ratio ``theirs / ours`` to reach; a bar below 1 allows us to be slower.
    """

    what: str
    ours: float
    theirs: float
    peer: str
    bar: float
    unit: str = "s"

    @property
    def ratio(self) -> float:
        """How many times faster we are."""
        return self.theirs / self.ours

    @property
    def reached(self) -> bool:
        """The ratio is at least the bar."""
        return self.ratio >= self.bar


def best_of(call: Callable[[], object], times: int) -> float:
    """Shortest of several timed calls, in seconds."""
    return min(_timed(call) for _ in range(times))


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def fresh_process(program: str, *arguments: str, times: int = 1) -> float:
    """Shortest wall time of a Python program in a process of its own, imports included, in seconds."""
    command = [sys.executable, "-c", program, *arguments]
    return best_of(lambda: subprocess.run(command, check=True, capture_output=True), times)
