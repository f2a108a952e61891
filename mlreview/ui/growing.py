"""Tables that grow: where a store is slow, the newest runs stand at once and the rest is read behind them.

A server hands over 10,000 runs in twenty seconds. The first page of them is there after one, so it is drawn, and a
thread reads all of them; a line says how far it has come, and when it has them the page is drawn again, once. A table
that was read before and has grown old stays until the new one is there.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

import streamlit as st

from mlreview.entities import RunQuery
from mlreview.errors import MlreviewError
from mlreview.store.base import RunStore
from mlreview.ui import reads, urlstate
from mlreview.ui.reads import Read

FIRST_RUNS = 200
"""The first page, in runs: an answer in a second or less."""

PATIENCE_S = 0.8
"""An experiment that is read in this time is simply there; nothing is drawn twice."""

LOOK_S = 1.0
KEPT = 16


class Scan:
    """All runs of a query, read by a thread. Knows how many have arrived, and in the end the outcome."""

    def __init__(self, store: RunStore, query: RunQuery) -> None:
        self.arrived = 0
        self.finished = threading.Event()
        self.read: Read | None = None
        self.error: MlreviewError | None = None
        self.began = time.time()
        self.ended = 0.0
        threading.Thread(target=self._run, args=(store, query), daemon=True, name="mlreview-scan").start()

    def usable(self) -> bool:
        """Finished, and not too long ago for what it took."""
        if not self.finished.is_set():
            return False
        kept = reads.ERROR_S if self.error else reads.fresh_for(self.ended - self.began)
        return time.time() < self.ended + kept

    def _run(self, store: RunStore, query: RunQuery) -> None:
        try:
            self.read = Read(store.runs(query, self._arrived))
        except MlreviewError as error:
            self.error = error
        except Exception as error:  # a bug: shown as one by whoever waits for the runs
            self.error = MlreviewError("The rest of the runs could not be read.", hint="The log has the reason.")
            reads.LOG.exception("a scan failed", exc_info=error)
        finally:
            self.ended = time.time()
            self.finished.set()

    def _arrived(self, count: int) -> None:
        self.arrived = count


@dataclass(slots=True)
class _Kept:
    """The newest table that was read whole, and the scan that is to replace it."""

    last: Scan | None = None
    running: Scan | None = None


class Scans:
    """Scans of one server process, shared between sessions: two people who open a page cause one scan."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def ask(self, key: tuple, start: Callable[[], Scan]) -> tuple[Scan | None, Scan | None]:
        """The newest finished scan, and the one that is under way; at least one of them is there."""
        with self._lock:
            kept = self._kept.setdefault(key, _Kept())
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            if kept.running is not None and kept.running.finished.is_set():
                failed_beside_a_good_one = kept.running.error is not None and kept.last and kept.last.read
                if not failed_beside_a_good_one:
                    kept.last = kept.running
                elif kept.running.usable():
                    return kept.last, None
                kept.running = None
            if kept.running is None and not (kept.last and kept.last.usable()):
                kept.running = start()
            return kept.last, kept.running


@st.cache_resource(show_spinner=False)
def _scans() -> Scans:
    return Scans()


reads.forget_too(_scans.clear)


@dataclass(frozen=True, slots=True)
class Growing:
    """What there is of a table now; ``scan`` reads the rest of it, or a newer one, where one is under way."""

    read: Read
    scan: Scan | None = None


def runs(query: RunQuery) -> Growing:
    """Runs as columns: all of them, or the newest while the rest is read. A database is always read at once."""
    if reads.store().info().kind != "api" or not query.experiment_ids:
        return Growing(reads.runs(query))
    last, scan = _scans().ask((*reads.key(), query), lambda: Scan(reads.store(), query))
    if last is None and scan is not None and scan.finished.wait(PATIENCE_S):
        last, scan = scan, None
    if last is not None:
        if last.read is None:
            raise reads.own_copy(last.error)
        reads.note_age(last.began)
        return Growing(last.read, scan)
    first = reads.runs(replace(query, limit=FIRST_RUNS))
    return Growing(first, None if first.table.complete else scan)


def render_progress(growing: Growing) -> None:
    """A line that says how far the reading has come, and draws the page again when it is done."""
    if growing.scan is not None:
        _progress(growing.scan, growing.read.table.complete)


@st.fragment(run_every=LOOK_S)
def _progress(scan: Scan, again: bool) -> None:
    if scan.finished.is_set():
        urlstate.run_again()
    what = "Reading the runs again" if again else "Reading all runs"
    so_far = f"{scan.arrived:,} so far" if scan.arrived else "just begun"
    st.caption(f":material/progress_activity: {what}: {so_far}, {time.time() - scan.began:.0f} s")
