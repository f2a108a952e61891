"""Reading every run of some experiments, in pages, while others add and delete runs.

MLflow pages by offset: delete one run that has been read, and the next page misses one that has not. Here a page is
"the oldest runs from this start time on" instead, deleted runs included, so that nothing which happens to other runs
can hide one; runs at the seam come twice and count once. Several requests at once can share spans of time.

Only where more runs than fit on a page began in the same millisecond does an offset remain, within that millisecond:
a run that ``mlflow gc`` erases for good during those requests could hide another. Setting a run to deleted can't.
"""

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, replace
from typing import Any

from mlreview.store.base import PageCallback

FIRST_PAGE = 200
"""Runs asked for at first: enough for most experiments, and an answer in time where runs are large."""

LARGEST_PAGE = 1_000
SMALLEST_PAGE = 50
PAGE_SECONDS = 2.0
"""Pages grow or shrink towards this, far within the timeout even when a server answers one request at a time."""

BEGINNING = -(2**62)

Fetch = Callable[["Span", int], tuple[list[dict[str, Any]], str | None]]
"""Runs of a span, oldest first, at most so many; and a token if there are more."""


@dataclass(frozen=True, slots=True)
class Span:
    """Start times from ``first`` up to, not including, ``end``; ``token`` goes on among runs of one start time."""

    first: int
    end: int | None = None
    token: str | None = None

    def filter(self) -> str:
        """As MLflow's search takes it."""
        end = "" if self.end is None else f" AND attributes.start_time < {self.end}"
        return f"attributes.start_time >= {self.first}{end}"


@dataclass(frozen=True, slots=True)
class _Answer:
    span: Span
    runs: list[dict[str, Any]]
    rest: Span | None
    limit: int


def scan(
    fetch: Fetch,
    newest: Callable[[], int | None],
    *,
    pool: Executor,
    at_once: int = 4,
    page_size: int | None = None,
    on_page: PageCallback | None = None,
) -> dict[str, dict[str, Any]]:
    """Read all runs, by run id.

    Args:
        fetch: Asks for one page.
        newest: Asks for the newest start time, where more than one page is there.
        pool: Runs the requests.
        at_once: How many requests may be under way together.
        page_size: The same for every page; left out, it follows the server's pace.
        on_page: Told in the calling thread, after each page, how many runs have arrived.
    """
    found: dict[str, dict[str, Any]] = {}

    def keep(answer: _Answer) -> None:
        found.update((run["info"]["run_id"], run) for run in answer.runs)
        if on_page:
            on_page(len(found))

    fixed = page_size is not None
    first = _ask(fetch, Span(BEGINNING), page_size or FIRST_PAGE, fixed)
    keep(first)
    if first.rest is None:
        return found
    spans = [first.rest]
    if at_once > 1 and not first.rest.token:
        spans = _split(first.rest, at_once, newest())
    waiting: set[Future[_Answer]] = {pool.submit(_ask, fetch, span, first.limit, fixed) for span in spans}
    try:
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for answer in (future.result() for future in done):
                keep(answer)
                if answer.rest:
                    parts = _split(answer.rest, at_once - len(waiting), answer.rest.end)
                    waiting |= {pool.submit(_ask, fetch, part, answer.limit, fixed) for part in parts}
    finally:
        for future in waiting:
            future.cancel()
    return found


def _ask(fetch: Fetch, span: Span, limit: int, fixed: bool) -> _Answer:
    began = time.monotonic()
    runs, token = fetch(span, limit)
    pace = PAGE_SECONDS / max(time.monotonic() - began, 1e-3)
    fitting = limit if fixed else min(max(int(limit * min(pace, 4)), SMALLEST_PAGE), LARGEST_PAGE)
    if not token or not runs:
        return _Answer(span, runs, None, fitting)
    last = int(runs[-1]["info"]["start_time"])
    seen_past_first = last > span.first
    rest = replace(span, first=last, token=None) if seen_past_first else replace(span, token=token)
    return _Answer(span, runs, rest, limit if rest.token else fitting)


def _split(span: Span, parts: int, newest: int | None) -> list[Span]:
    """The same span in parts of equal length up to the newest run, and one open to what is added meanwhile."""
    if span.token or newest is None or parts < 2 or newest - span.first < parts:
        return [span]
    edges = [span.first + (newest - span.first) * part // parts for part in range(parts)]
    ends = [*edges[1:], newest]
    pieces = [Span(first, end) for first, end in zip(edges, ends, strict=True)]
    return pieces if span.end is not None else [*pieces, Span(newest, None)]
