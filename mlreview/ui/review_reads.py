"""The record of one run and its review, read together and kept for a few seconds; and what is done in a review."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from mlreview.entities import Run
from mlreview.errors import MlreviewError
from mlreview.review.asking import Background, background_of, carried_into
from mlreview.review.content import Content
from mlreview.review.events import Actor, new_event_id
from mlreview.review.queue import QueuedFollowUp
from mlreview.review.results import Request, Review
from mlreview.review.service import Reviews
from mlreview.ui import identity, reads, writes
from mlreview.ui.errors import show_error

FRESH_S = 3.0
"""A review is used again for this long, in seconds, and longer where reading it took long: somebody else may act."""
BACKGROUND_S = 60
_IDS = "_review.ids"


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A run and its review, as they were at the same moment; ``at`` and ``until`` in seconds since 1970."""

    run: Run
    review: Review
    at: float
    until: float


def opened(run_id: str) -> Opened:
    """The run and its review.

    Raises:
        NotFoundError: There is no such run.
        StoreError: The store can't be read.
    """
    with st.spinner("Reading the review", show_time=True):
        found = _opened(_key(), run_id)
    reads.note_age(found.at)
    return found


def opened_again(run_id: str, review: Review) -> Opened:
    """The same a moment later, for what draws itself again and again: what is read of it does not grow with its files.

    Args:
        run_id: The run.
        review: As ``opened`` gave it; files are taken to be as they were then.

    Raises:
        NotFoundError: There is no such run any more.
        StoreError: The store can't be read.
    """
    found = _opened_again(_key(), run_id, review.digest, review.content)
    reads.note_age(found.at)
    return found


def background(run: Run) -> Background:
    """What the run would replace, and what earlier reviews of the model left to be done, as of now."""
    with st.spinner("Looking for what is deployed", show_time=True):
        return _background(reads.key(), run.run_id, run.experiment_id)


def carried(request: Request) -> tuple[QueuedFollowUp, ...]:
    """What earlier reviews left to be done and the request carries, as far as it is still open.

    Raises:
        StoreError: The store can't be read.
    """
    return _carried(reads.key(), request.body.carried, request)


def act(run_id: str, purpose: str, said: object, do: Callable[[Reviews, Actor, str], Review]) -> Review | None:
    """Do something in a review; an error is shown in place, and nothing that was typed is lost.

    Args:
        run_id: The run.
        purpose: Which control this is.
        said: What was typed: the same again, after an answer that did not come, is the same event.
        do: Writes it: takes the reviews, who acts, and the id of the event.

    Returns:
        The review as it is then; ``None`` where it was not done, or is not known to be.
    """
    person = identity.current()
    if not person.said:
        st.warning("Say who you are first: this stands under your name.", icon=":material/person:")
        return None
    ids = st.session_state.setdefault(_IDS, {})
    digest = hashlib.sha256(repr((run_id, purpose, person, said)).encode("utf-8", "surrogatepass")).hexdigest()
    event_id = ids.setdefault(digest, new_event_id())
    try:
        with st.spinner("Saving"):
            review = do(writes.reviews(), person.actor, event_id)
    except MlreviewError as error:
        show_error(error)
        return None
    finally:
        forget()
    del ids[digest]
    return review


def forget() -> None:
    """Something was written: read reviews, and tables that show how they stand, anew."""
    _opened.clear()
    _opened_again.clear()
    _carried.clear()
    reads.written()


def _key() -> tuple[str, ...]:
    current = reads.settings()
    return (*reads.key(), repr(current.people), repr(current.lead))


def _usable(found: Opened) -> bool:
    return time.time() < found.until


@st.cache_resource(max_entries=64, show_spinner=False, validate=_usable)
def _opened(key: tuple[str, ...], run_id: str) -> Opened:
    began = time.time()
    run = reads.store().run(run_id)
    review = writes.reviews().read(run_id)
    ended = time.time()
    return Opened(run, review, began, ended + max(FRESH_S, reads.FRESH_TIMES_READ * (ended - began)))


@st.cache_resource(max_entries=64, show_spinner=False, validate=_usable)
def _opened_again(key: tuple[str, ...], run_id: str, digest: str, _content: Content | None) -> Opened:
    began = time.time()
    run, review = writes.reviews().look_again(run_id, _content)
    ended = time.time()
    return Opened(run, review, began, max(began + FRESH_S, 2 * ended - began))  # a slow store has as long to rest


@st.cache_resource(max_entries=64, ttl=BACKGROUND_S, show_spinner=False)
def _background(key: tuple[str, ...], run_id: str, experiment_id: str) -> Background:
    store = reads.store()
    return background_of(store, store.run(run_id))


@st.cache_resource(max_entries=64, ttl=FRESH_S, show_spinner=False)
def _carried(key: tuple[str, ...], references: tuple[str, ...], _request: Request) -> tuple[QueuedFollowUp, ...]:
    return carried_into(reads.store(), _request)


reads.forget_too(_opened.clear)
reads.forget_too(_opened_again.clear)
reads.forget_too(_carried.clear)
reads.forget_too(_background.clear)
