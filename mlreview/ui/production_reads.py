"""What the page Production reads, kept for as long as other reads are."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from mlreview.entities import ModelVersion
from mlreview.errors import MlreviewError
from mlreview.reproduce.recipe import Recipe, plan
from mlreview.reproduce.recorded import read_run
from mlreview.review.people import people_from
from mlreview.review.production import Deployed, Move, Place
from mlreview.review.production_read import read_deployments, read_history, read_places
from mlreview.review.service import Reviews
from mlreview.ui import reads


@dataclass(frozen=True, slots=True, eq=False)
class Production:
    """What is deployed.

    Attributes:
        found: Deployments, what lacks a valid review on top.
        complete: Every run was looked through for recorded deployments.
        at, until: When it was read, and until when it is used (s since 1970).
        error: Why it could not be read.
    """

    found: tuple[Deployed, ...] = ()
    complete: bool = True
    at: float = 0.0
    until: float = 0.0
    error: MlreviewError | None = None


def production(versions: Sequence[ModelVersion]) -> Production:
    """Everything that is deployed.

    Raises:
        StoreError: The store can't be read.
    """
    with st.spinner("Reading what is deployed", show_time=True):
        read = _production(_key(versions), versions)
    if read.error is not None:
        raise reads.own_copy(read.error)
    reads.note_age(read.at)
    return read


def moves(place: Place, versions: Sequence[ModelVersion]) -> tuple[Move, ...]:
    """How things came to a place, newest first."""
    with st.spinner("Reading the history", show_time=True):
        return _moves(_key(versions), place.key, place, versions)


def recipe(run_id: str) -> Recipe:
    """How a run is done again."""
    with st.spinner("Reading what was recorded", show_time=True):
        return _recipe(reads.key(), run_id)


def reviews() -> Reviews:
    """The reviews of the store, for reading."""
    current = reads.settings()
    return Reviews(reads.store(), None, people_from(current.people, current.lead))


def _key(versions: Sequence[ModelVersion]) -> tuple[object, ...]:
    current = reads.settings()
    registered = tuple((one.name, one.version, one.run_id, one.aliases) for one in versions)
    return (*reads.key(), repr(current.people), repr(current.lead), registered)


def _usable(read: Production) -> bool:
    return time.time() < read.until


@st.cache_resource(max_entries=4, show_spinner=False, validate=_usable)
def _production(key: tuple[object, ...], _versions: Sequence[ModelVersion]) -> Production:
    began = time.time()
    try:
        places, complete = read_places(reads.store(), _versions)
        found = read_deployments(reads.store(), reviews(), places)
    except MlreviewError as error:
        return Production(error=error, at=began, until=time.time() + reads.ERROR_S)
    ended = time.time()
    return Production(found, complete, began, ended + reads.fresh_for(ended - began))


@st.cache_resource(max_entries=32, ttl=reads.FRESH_S, show_spinner=False)
def _moves(
    key: tuple[object, ...], place_key: str, _place: Place, _versions: Sequence[ModelVersion]
) -> tuple[Move, ...]:
    return read_history(reads.store(), reviews(), _place, _versions, round(time.time() * 1000))


@st.cache_resource(max_entries=16, ttl=60, show_spinner=False)
def _recipe(key: tuple[str, ...], run_id: str) -> Recipe:
    return plan(read_run(reads.store(), run_id))


for _cached in (_production, _moves, _recipe):
    reads.forget_too(_cached.clear)
