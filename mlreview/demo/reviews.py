"""The demo's reviews: one model reviewed and deployed, a challenger in review, and one deployed without a review.

The events are real ones, written as the dashboard writes them, by people who are made up.
"""

from collections.abc import Callable, Mapping

from mlreview.demo.plan import Plan
from mlreview.errors import MlreviewError
from mlreview.review.asking import background_of
from mlreview.review.bodies import Anchor, Comment, PromoteBody
from mlreview.review.events import Actor
from mlreview.review.export.dossier import record_keeper
from mlreview.review.people import People
from mlreview.review.results import Review
from mlreview.review.service import Reviews
from mlreview.store.base import RunStore, RunWriter

MODELLER, FIRST, SECOND, OTHER = (
    Actor(name, via="demo") for name in ("Maria Keller", "Jonas Weber", "Mei Tanaka", "Tom Okafor")
)
CAST = frozenset(one.name for one in (MODELLER, FIRST, SECOND, OTHER))
ENVIRONMENT = "trade-fair"


def write_reviews(
    store: RunStore,
    writer: RunWriter,
    plan: Plan,
    runs: Mapping[str, str],
    champion: str,
    registered: str | None,
    say: Callable[[str], None],
) -> None:
    """Write what is missing of the demo's reviews; what somebody else has begun on a run is left alone.

    Args:
        store: To read from.
        writer: To write with.
        plan: Of the demo.
        runs: Ids of the runs by their name in the plan.
        champion: Name of the run whose model is registered.
        registered: Address of the registered model; ``None`` where it is not the demo's.
        say: Called with what went wrong: a demo without reviews is still one.
    """
    people = People()
    reviews = Reviews(store, writer, people, notify=record_keeper(store, writer, people))
    try:
        if registered is not None:
            _reviewed_and_deployed(store, reviews, plan, runs[champion], registered)
        _challenged(store, reviews, runs[plan.logistic])
        _never_reviewed(reviews, runs[plan.unreviewed])
    except MlreviewError as error:
        say(f"Not all of the demo's reviews could be written: {error.message}")


class _Story:
    """The events of one run, each written once, whatever an interrupted call has left."""

    def __init__(self, reviews: Reviews, run_id: str) -> None:
        self._reviews = reviews
        self._run_id = run_id
        self.review = reviews.read(run_id, content=False)
        self._taken = any(one.actor.name not in CAST for one in self.review.events)

    def tell(self, kind: str, actor: Actor, write: Callable[[str, Actor], Review]) -> None:
        """Write an event, unless this person has written one of that kind, or the run is somebody else's by now."""
        if self._taken or any((one.kind, one.actor.name) == (kind, actor.name) for one in self.review.events):
            return
        self.review = write(self._run_id, actor)


def _reviewed_and_deployed(store: RunStore, reviews: Reviews, plan: Plan, run_id: str, registered: str) -> None:
    posts = plan.data == "newsgroups"
    story = _Story(reviews, run_id)
    question = "Is the gain over the logistic regression more than the noise between seeds?"
    asked = "Which words would make it send a post to the wrong queue?" if posts else "What does it do with outliers?"
    answer = (
        "Mostly words of the head and of quoting, which both sports share; the note lists them."
        if posts
        else "Measurements are standardised, so one of them alone moves the score little."
    )
    later = (
        "Measure again on posts of this year: the training posts are from 1993."
        if posts
        else "Measure again on another hospital's samples before anybody relies on it."
    )
    story.tell(
        "requested",
        MODELLER,
        lambda run, who: reviews.request(run, who, FIRST.name, SECOND.name, question=question),
    )
    story.tell("comment", FIRST, lambda run, who: reviews.comment(run, who, asked, kind="question"))
    for thread in story.review.open_questions:
        story.tell("answered", MODELLER, lambda run, who, at=thread: reviews.answer(run, who, at.comment_id, answer))
    story.tell("approved", FIRST, lambda run, who: reviews.approve(run, who, "Beyond the noise, and simple to serve."))
    follow_up = Comment(later, "follow_up", owner=MODELLER.name)
    story.tell("approved", SECOND, lambda run, who: reviews.approve(run, who, "Ship it.", follow_ups=(follow_up,)))
    model, _, alias = registered.removeprefix("models:/").rpartition("@")
    version = next((one for one in store.model_versions((run_id,)) if alias in one.aliases), None)
    if version is None:
        return
    before = sorted(int(one.version) for one in store.model_versions() if one.name == model)
    before = [number for number in before if number < int(version.version)]
    body = PromoteBody(registered, version.version, str(before[-1]) if before else "", "Approved by both reviewers.")
    story.tell("promoted", MODELLER, lambda run, who: reviews.record(run, who, body))


def _challenged(store: RunStore, reviews: Reviews, run_id: str) -> None:
    story = _Story(reviews, run_id)

    def request(run: str, who: Actor) -> Review:
        found = background_of(store, store.run(run))
        return reviews.request(
            run,
            who,
            FIRST.name,
            MODELLER.name,
            question="Would the simpler model do? It needs no TensorFlow to serve.",
            baseline=found.baseline,
            carried=[one.reference for one in found.follow_ups[:50]],
        )

    story.tell("requested", SECOND, request)
    remarks = (
        Comment("Is the difference to the champion within the noise between seeds?", "question", _on("val_AUROC")),
        Comment("What does serving cost today, and what would this save?", "question"),
    )
    story.tell("comment", FIRST, lambda run, who: reviews.comments(run, who, remarks))


def _never_reviewed(reviews: Reviews, run_id: str) -> None:
    body = PromoteBody(ENVIRONMENT, text="Small enough for the tablet at our stand, and only for three days.")
    _Story(reviews, run_id).tell("promoted", OTHER, lambda run, who: reviews.record(run, who, body))


def _on(metric: str) -> Anchor:
    return Anchor("metric", metric)
