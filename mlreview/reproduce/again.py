"""A run done again and judged: carried out, found in the store, compared, and marked there."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mlreview import names
from mlreview.entities import Run
from mlreview.errors import MlreviewError
from mlreview.reproduce.attempt import Attempt, Here, carry_out, counterpart, runs_of
from mlreview.reproduce.command import Command
from mlreview.reproduce.compare import Difference, Outcome, Part, compare_runs
from mlreview.reproduce.predictions import compare_predictions
from mlreview.reproduce.processes import StepFailedError
from mlreview.reproduce.recipe import Recipe
from mlreview.reproduce.recorded import RecordedRun
from mlreview.reproduce.redirect import Redirected
from mlreview.reproduce.texts import one_line
from mlreview.store.base import RunStore, RunWriter


@dataclass(frozen=True, slots=True)
class Place:
    """The store that a run is in, as another process is told of it.

    Attributes:
        store: To read from.
        tracking_uri: Its whole address.
        registry_uri: The model registry, where it is another.
    """

    store: RunStore
    tracking_uri: str
    registry_uri: str | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """What the person at the keyboard chose.

    Attributes:
        trusted: Packages from addresses are installed, and packages are built.
        into: The folder to make; a temporary one where it is ``None``.
        predictions: Both models are loaded, by another process, to compare what they predict.
        tolerance: Largest relative difference of a metric that counts as the same.
    """

    trusted: bool = False
    into: Path | None = None
    predictions: bool = True
    tolerance: float = 0.001


@dataclass(frozen=True, slots=True)
class Again:
    """A training that was done again.

    Attributes:
        attempt: How it was carried out.
        new: Its run; ``None`` where it ended before it recorded any.
        outcome: The comparison; ``None`` for other data.
        problem: What could not be written to the store; empty when all is well.
    """

    attempt: Attempt
    new: Run | None
    outcome: Outcome | None = None
    problem: str = ""


def reproduce(
    place: Place,
    writer: Callable[[], RunWriter],
    recorded: RecordedRun,
    recipe: Recipe,
    here: Here,
    choices: Choices,
    say: Callable[[str], None],
) -> Again:
    """Do it again, compare, and say so on the new run, where the old one's page finds it.

    Raises:
        MlreviewError: A step failed before anything was trained, or the training left no run that can be found.
    """
    assert recipe.command is not None
    attempt = _carry_out(place, recorded, recipe, here, recipe.command, None, names.REPRODUCES_TAG, choices, say)
    old = recorded.run
    new = counterpart(old, runs_of(place.store, attempt.nonce, old.experiment_id))
    ended = _ended(attempt)
    if new is None:
        if ended is None:
            raise _no_run(attempt, place)
        return Again(attempt, None, Outcome((ended,)))
    metrics = sorted(old.metrics)
    curves: dict[str, list] = {old.run_id: [], new.run_id: []}
    for curve in place.store.curves([old.run_id, new.run_id], metrics) if metrics else ():
        curves[curve.run_id].append(curve)
    predictions = None
    if choices.predictions and recorded.has_example and recorded.model and new.models and ended is None:
        say("Comparing predictions on the example")
        predictions = compare_predictions(
            attempt.python,
            recorded.model,
            new.models[-1],
            attempt.environment,
            attempt.worktree,
            choices.tolerance,
        )
    outcome = compare_runs(old, new, curves, choices.tolerance, predictions)
    if ended is not None:
        outcome = Outcome((ended, *outcome.parts))
    return Again(attempt, new, outcome, _mark(writer, new, outcome))


def retrain(
    place: Place,
    recorded: RecordedRun,
    recipe: Recipe,
    here: Here,
    redirected: Redirected,
    choices: Choices,
    say: Callable[[str], None],
) -> Again:
    """Train on other data; the new run says of itself which one it was made from.

    Raises:
        StepFailedError: The training failed, or left no run that can be found.
        MlreviewError: A step failed before anything was trained.
    """
    attempt = _carry_out(
        place, recorded, recipe, here, redirected.command, redirected, names.RETRAINS_TAG, choices, say
    )
    new = counterpart(recorded.run, runs_of(place.store, attempt.nonce, recorded.run.experiment_id))
    ended = _ended(attempt)
    if ended is not None:
        raise StepFailedError(f"The training on the new data {ended.differing[0].words}.", hint=_left(attempt))
    if new is None:
        raise _no_run(attempt, place)
    return Again(attempt, new)


def _carry_out(
    place: Place,
    recorded: RecordedRun,
    recipe: Recipe,
    here: Here,
    command: Command,
    redirected: Redirected | None,
    link: str,
    choices: Choices,
    say: Callable[[str], None],
) -> Attempt:
    return carry_out(
        recipe,
        recorded,
        here,
        command,
        link=link,
        tracking_uri=place.tracking_uri,
        registry_uri=place.registry_uri,
        placed=redirected.placed if redirected else None,
        replaced=redirected.contexts if redirected else frozenset(),
        trusted=choices.trusted,
        into=choices.into,
        say=say,
    )


def _ended(attempt: Attempt) -> Part | None:
    """How the training ended, where it was not well."""
    if attempt.done.code == 0:
        return None
    last = one_line(attempt.done.last, 300).rstrip(".")
    words = f"ended with exit code {attempt.done.code}: {last}"
    return Part("run", differing=(Difference("run", "the training", words),))


def _no_run(attempt: Attempt, place: Place) -> StepFailedError:
    return StepFailedError(
        f"The training ended well, but no run in {place.store.info().label} has its mark, so nothing was compared.",
        hint="Code that sets a tracking URI of its own, or makes runs with MlflowClient.create_run, can't be found. "
        + _left(attempt),
    )


def _left(attempt: Attempt) -> str:
    return f"Its code and output are in {attempt.folder}."


def _mark(writer: Callable[[], RunWriter], new: Run, outcome: Outcome) -> str:
    """Keep the outcome on the new run. Where that can't be written, the outcome is still worth saying."""
    try:
        marking = writer()
        marking.set_tag(new.run_id, names.REPRODUCTION_VERDICT_TAG, outcome.verdict)
        if outcome.reason:
            marking.set_tag(new.run_id, names.REPRODUCTION_DIFFERS_TAG, one_line(outcome.reason, 1_000))
    except MlreviewError as error:
        return f"The outcome could not be kept on the new run: {error}"
    return ""
