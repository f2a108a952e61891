"""From a run as a store gives it to its review."""

from mlreview import names
from mlreview.entities import Run
from mlreview.review.content import Content
from mlreview.review.contents import Contents
from mlreview.review.digest import read_content
from mlreview.review.events import claims_of, events_of
from mlreview.review.people import People
from mlreview.review.results import Review, RunFacts
from mlreview.review.state import project
from mlreview.store.base import RunStore


class Reading:
    """Projects reviews.

    Args:
        store: To read files from.
        people: The team.
        hash_bytes: How many bytes of a model's files are read and hashed.
    """

    def __init__(self, store: RunStore, people: People, hash_bytes: int) -> None:
        self._store = store
        self._hash_bytes = hash_bytes
        self.people = people
        self.contents = Contents(store)

    def content(self, run: Run, hash_bytes: int | None = None) -> Content:
        """What a run holds now."""
        return read_content(self._store, run, self._hash_bytes if hash_bytes is None else hash_bytes)

    def project(self, run: Run, content: Content | None) -> Review:
        """The review of a run, which holds ``content``; where nobody has looked nothing is said to be outdated."""
        events, broken = events_of(run.tags, run.run_id, run.experiment_id)
        voted = {one.digest for one in events if one.digest and one.kind == "approved"}
        kept = self.contents.of(run, voted - {content.digest}) if content else {}
        facts = RunFacts(
            run.run_id,
            run.experiment_id,
            run.status,
            run.lifecycle,
            recorded_authors(run),
            claims_of(run.params),
            content,
            kept,
        )
        return project(facts, events, self.people, broken)


def recorded_authors(run: Run) -> tuple[str, ...]:
    """Who made a run, as recorded: MLflow's user, the git author, who caused the CI job."""
    found = (run.user, run.tags.get(names.USER_TAG), run.tags.get(names.GIT_AUTHOR), run.tags.get(names.ENV_CI_ACTOR))
    return tuple(dict.fromkeys(one.strip() for one in found if one and one.strip() and one != names.UNKNOWN))
