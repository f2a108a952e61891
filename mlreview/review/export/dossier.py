"""All that a record of a review is made of, read once."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from mlreview import names
from mlreview.analysis.pairs import Pair, find_pairs
from mlreview.analysis.team import team_choice
from mlreview.entities import Curve, ModelVersion, Run
from mlreview.errors import MlreviewError
from mlreview.review.events import ReviewEvent
from mlreview.review.people import People
from mlreview.review.results import Review
from mlreview.store.base import RunStore, RunWriter

MOST_CHARTS = 4
FOLDER = "mlreview/record"
"""Among a run's artifacts: ``<id of the event>.html`` and ``.md`` for each decision."""

DECIDED = frozenset({"approved", "outdated", "changes_requested", "withdrawn"})
"""States of a review that has come to a decision."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Dossier:
    """A run and its review, with what a reader without the server wants to know.

    Attributes:
        run: The run.
        review: Its review.
        people: The team.
        experiment: Name of its experiment.
        metric: The team's metric; empty where it has none.
        baseline: The run that it would have replaced when the review was asked; ``None`` where there is none any more.
        pairs: Quantities with a curve, the most telling first.
        curves: Whole histories, by metric.
        versions: Registered from the run.
        at: When this was put together (ms, UTC).
    """

    run: Run
    review: Review
    people: People = field(default_factory=People)
    experiment: str = ""
    metric: str = ""
    baseline: Run | None = None
    pairs: tuple[Pair, ...] = ()
    curves: tuple[Curve, ...] = ()
    versions: tuple[ModelVersion, ...] = ()
    at: int = 0

    @property
    def name(self) -> str:
        """Of the run, on one line."""
        return " ".join((self.run.name or "").split())[:200] or self.run.run_id[:8]

    @property
    def note(self) -> str:
        """The narrative, as written."""
        return self.run.tags.get(names.NOTE_TAG, "")


def read_dossier(store: RunStore, review: Review, people: People, at: int) -> Dossier:
    """Read the rest of what a record needs. What is not there any more is left out.

    Args:
        store: To read from.
        review: Of the run, read with its content.
        people: The team.
        at: ms, UTC.

    Raises:
        NotFoundError: There is no such run.
        StoreError: The store can't be read.
    """
    run = store.run(review.run_id)
    here = [one for one in store.experiments("all") if one.experiment_id == run.experiment_id]
    choice = team_choice(here) if here else None
    known = store.curves([run.run_id], [one for one in run.metrics if not one.startswith("system/")])
    curves = {one.metric: one for one in known if one.total > 1}
    pairs = find_pairs(curves, {key: one.total for key, one in curves.items()})
    metric = choice.metric if choice else ""
    chosen = sorted(pairs, key=lambda one: metric not in one.keys)[:MOST_CHARTS]
    asked = review.request.body.baseline if review.request else None
    return Dossier(
        run,
        review,
        people,
        here[0].name if here else "",
        metric,
        _or_none(lambda: store.run(asked.run_id)) if asked and asked.run_id else None,
        tuple(chosen),
        tuple(curves[key] for one in chosen for key in one.keys if key in curves),
        _or_none(lambda: store.model_versions((run.run_id,))) or (),
        at,
    )


def record_keeper(store: RunStore, writer: RunWriter, people: People) -> Callable[[Review, ReviewEvent], None]:
    """Keeps the record of a decided review beside its run; hand it to ``Reviews`` as ``notify``.

    It is kept anew after each event that decides, a lifted request for changes too: a review can end with that. A file
    once written is never replaced.

    Where artifacts can't be written the decision stands all the same, and the record can be exported at any time.
    """

    def keep(review: Review, event: ReviewEvent) -> None:
        if not event.decides or review.state not in DECIDED:
            return
        from mlreview.review.export.card import model_card
        from mlreview.review.export.html import html_record

        try:
            found = read_dossier(store, review, people, event.at)
            writer.put_artifact(review.run_id, f"{FOLDER}/{event.event_id}.html", html_record(found).encode())
            writer.put_artifact(review.run_id, f"{FOLDER}/{event.event_id}.md", model_card(found).encode())
        except MlreviewError as error:
            _log.warning("The record of the review of run %s was not kept: %s", review.run_id, error.message)

    return keep


def both(*told: Callable[[Review, ReviewEvent], None] | None) -> Callable[[Review, ReviewEvent], None]:
    """Tell all of these of an event; what one of them raises is logged and keeps nothing from the others."""

    def tell(review: Review, event: ReviewEvent) -> None:
        for one in told:
            if one is None:
                continue
            try:
                one(review, event)
            except Exception:  # the event is in the store, whoever listens
                _log.warning("Somebody could not be told of a %s of run %s", event.kind, event.run_id, exc_info=True)

    return tell


Found = TypeVar("Found")


def _or_none(read: Callable[[], Found]) -> Found | None:
    try:
        return read()
    except MlreviewError:
        return None
