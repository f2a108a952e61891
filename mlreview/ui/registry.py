"""What is registered, without waiting for it: a registry can be another server than the runs', slow or dead.

A thread reads it. One that answers at once is simply there; for any other the page is drawn without it, says so, and is
drawn again, once, when the answer has come. An answer that has grown old stands until the next one is there.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from mlreview.entities import ModelVersion
from mlreview.errors import MlreviewError
from mlreview.store.base import RunStore
from mlreview.ui import reads

PATIENCE_S = 0.3
LOOK_S = 1.0
ERROR_S = 60.0
"""A registry that did not answer is asked again after this long, in seconds: each attempt costs a time limit."""

_LOG = logging.getLogger(__name__)


class Lookup:
    """One read of everything that is registered, by a thread."""

    def __init__(self, store: RunStore) -> None:
        self.versions: tuple[ModelVersion, ...] | None = None
        self.finished = threading.Event()
        self.until = 0.0
        threading.Thread(target=self._run, args=(store,), daemon=True, name="mlreview-registry").start()

    def _run(self, store: RunStore) -> None:
        began = time.time()
        try:
            self.versions = store.model_versions()
        except MlreviewError as error:
            _LOG.warning("the model registry could not be read: %s", error)
        except Exception:  # a bug; the leaderboard stands without the registry
            _LOG.exception("the model registry could not be read")
        finally:
            ended = time.time()
            self.until = ended + (ERROR_S if self.versions is None else reads.fresh_for(ended - began))
            self.finished.set()


class Lookups:
    """The newest finished lookup of each store, and the one that is under way. Shared between sessions."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, ...], Lookup] = {}
        self._running: dict[tuple[str, ...], Lookup] = {}
        self._lock = threading.Lock()

    def ask(self, key: tuple[str, ...], start: Callable[[], Lookup]) -> tuple[Lookup | None, Lookup | None]:
        """What there is, and what is under way; at least one of them."""
        with self._lock:
            running = self._running.get(key)
            if running is not None and running.finished.is_set():
                self._last[key] = self._running.pop(key)
            last = self._last.get(key)
            if key not in self._running and (last is None or time.time() >= last.until):
                self._running[key] = start()
            return last, self._running.get(key)


@dataclass(frozen=True, slots=True)
class Registered:
    """What is registered; ``versions`` is ``None`` as long as nobody knows, ``waiting`` is a lookup under way."""

    versions: tuple[ModelVersion, ...] | None
    waiting: Lookup | None = None


@st.cache_resource(show_spinner=False)
def _lookups() -> Lookups:
    return Lookups()


reads.forget_too(_lookups.clear)


def versions() -> Registered:
    """Everything that is registered, as far as it is known now. Waits for less than half a second."""
    last, running = _lookups().ask(reads.key(), lambda: Lookup(reads.store()))
    if last is None and running is not None and running.finished.wait(PATIENCE_S):
        last, running = running, None
    return Registered(last.versions if last else None, None if last else running)


def render_wait(registered: Registered) -> None:
    """Where the answer is still to come: a line that says so, and draws the page again when it is there."""
    if registered.waiting is not None:
        _wait(registered.waiting)


@st.fragment(run_every=LOOK_S)
def _wait(lookup: Lookup) -> None:
    if lookup.finished.is_set():
        st.rerun(scope="app")
    st.caption(":material/progress_activity: Asking the model registry what is deployed")
