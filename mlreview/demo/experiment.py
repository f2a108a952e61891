"""The demo from the first question to the last tag: what is there, what is missing, train it, register, take notes."""

import hashlib
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from mlreview import names
from mlreview.demo import DemoResult
from mlreview.demo.data import DemoData, Prepared, get_data, prepare
from mlreview.demo.notes import Facts, Recorded, write_notes
from mlreview.demo.plan import BaselineSpec, Plan, Spec, make_plan
from mlreview.demo.registry import champion, register, registered_address
from mlreview.demo.reviews import write_reviews
from mlreview.demo.tracking import (
    COMPLETE_TAG,
    create_experiment,
    demo_runs,
    find_experiment,
    sqlite_file,
    store_errors,
    tracking_to,
)
from mlreview.errors import BadInputError, MlreviewError
from mlreview.notes.revisions import new_save_id
from mlreview.notes.service import NoteService
from mlreview.redaction import redact
from mlreview.store import open_store, open_writer

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Experiment

Wanted = Literal["auto", "newsgroups", "breast-cancer"]
NOTE_DIGEST_TAG = names.DEMO_TAG + ".note"
"""On a run: the hash of the note that the demo wrote, by which it knows a note that somebody has changed since."""


def conduct(
    *,
    tracking_uri: str,
    artifact_root: str | None,
    data: Wanted,
    quick: bool,
    experiment: str | None,
    force: bool,
    say: Callable[[str], None],
    progress: Callable[[int, int, str], None],
) -> DemoResult:
    """See ``mlreview.demo.run_demo``, which this is."""
    began = time.monotonic()
    database = sqlite_file(tracking_uri)
    is_new_store = database is not None and not database.exists()
    with tracking_to(tracking_uri), store_errors(tracking_uri):
        from mlflow import MlflowClient

        # A client makes the file of a new store: not before it is said what will be in it, and not when that fails.
        client = None if is_new_store else MlflowClient()
        found = _made_before(client, data, experiment) if client else None
        if client and found and not force and _is_complete(found, quick=quick):
            return _nothing_to_do(client, found, began, say)
        examples = get_data(data if found is None else _data_of(found), say)
        plan = make_plan(examples.kind, quick=quick)
        name = experiment or plan.experiment
        found = found or (find_experiment(client, name) if client else None)
        runs, unfinished = demo_runs(client, found.experiment_id) if client and found else ({}, [])
        missing = [spec for spec in plan.specs if force or spec.name not in runs]
        _announce(plan, name, missing, tracking_uri, quick=quick, is_new_store=is_new_store, say=say)
        client = client or MlflowClient()
        if found:
            experiment_id = found.experiment_id
        else:
            experiment_id = create_experiment(client, name, examples, tracking_uri, artifact_root)
        for run in unfinished:
            client.delete_run(run.info.run_id)
            say(f"{run.info.run_name} was interrupted before: deleted, and trained again.")
        run_ids = _train(missing, examples, experiment_id, progress)
        registered = _finish(client, plan, examples, experiment_id, say)
        client.set_experiment_tag(experiment_id, COMPLETE_TAG, "quick" if quick else "full")
        return DemoResult(
            experiment_id=experiment_id,
            experiment_name=name,
            data=examples.kind,
            run_ids=tuple(run_ids),
            skipped=False,
            registered=registered,
            seconds=time.monotonic() - began,
        )


def _made_before(client: "MlflowClient", data: Wanted, experiment: str | None) -> "Experiment | None":
    """The experiment of an earlier call that this one would repeat or go on with.

    With ``auto`` that is whichever was made: a demo that began on one kind of data stays with it.
    """
    kinds = ("newsgroups", "breast-cancer") if data == "auto" else (data,)
    candidates = [experiment] if experiment else [make_plan(kind, quick=True).experiment for kind in kinds]
    for name in candidates:
        found = find_experiment(client, name)
        if found is None:
            continue
        if _data_of(found) not in kinds:
            raise BadInputError(
                f"The experiment {name!r} holds the demo on {_data_of(found)}, not on {data}. Nothing was written.",
                hint="Choose another name with --experiment.",
            )
        return found
    return None


def _data_of(experiment: "Experiment") -> Literal["newsgroups", "breast-cancer"]:
    return "breast-cancer" if experiment.tags[names.DEMO_TAG] == "breast-cancer" else "newsgroups"


def _is_complete(experiment: "Experiment", *, quick: bool) -> bool:
    return experiment.tags.get(COMPLETE_TAG) in (("full", "quick") if quick else ("full",))


def _nothing_to_do(client: "MlflowClient", found: "Experiment", began: float, say: Callable[[str], None]) -> DemoResult:
    runs, _ = demo_runs(client, found.experiment_id)
    say(f"The experiment {found.name!r} is there already, with {len(runs)} finished runs of the demo.")
    return DemoResult(
        experiment_id=found.experiment_id,
        experiment_name=found.name,
        data=_data_of(found),
        run_ids=(),
        skipped=True,
        registered=registered_address(client, make_plan(_data_of(found), quick=True)),
        seconds=time.monotonic() - began,
    )


def _announce(
    plan: Plan,
    experiment: str,
    missing: Sequence[Spec],
    tracking_uri: str,
    *,
    quick: bool,
    is_new_store: bool,
    say: Callable[[str], None],
) -> None:
    store = redact(tracking_uri)
    kept = "" if is_new_store else " What is there already stays as it is; a backup before is wise all the same."
    say(
        f"To {store}: the experiment {experiment!r} with {len(plan.specs)} runs, {len(missing)} of them to be trained, "
        f"and the registered model {plan.model!r}.{kept}"
    )
    if quick:
        say(f"The runs: {', '.join(spec.name for spec in plan.specs)}.")


def _train(
    specs: Sequence[Spec], data: DemoData, experiment_id: str, progress: Callable[[int, int, str], None]
) -> list[str]:
    """Train the runs in their order, and return their ids."""
    from mlreview.demo.baselines import train_baseline
    from mlreview.demo.train import train_network

    prepared: dict[tuple[object, ...], Prepared] = {}
    run_ids = []
    for done, spec in enumerate(specs):
        progress(done, len(specs), spec.name)
        key = (spec.vocabulary_size, spec.columns, spec.validation)
        if key not in prepared:
            prepared[key] = _prepared(data, spec)
        if isinstance(spec, BaselineSpec):
            run_ids.append(train_baseline(spec, data, prepared[key], experiment_id))
        else:
            run_ids.append(train_network(spec, data, prepared[key], experiment_id))
    progress(len(specs), len(specs), "notes, reviews and registered model")
    return run_ids


def _prepared(data: DemoData, spec: Spec) -> Prepared:
    return prepare(data, vocabulary_size=spec.vocabulary_size, columns=spec.columns, validation=spec.validation)


def _finish(
    client: "MlflowClient", plan: Plan, data: DemoData, experiment_id: str, say: Callable[[str], None]
) -> str | None:
    """Register the best model, write the notes and the reviews; each only where that hasn't been done."""
    runs, _ = demo_runs(client, experiment_id)
    registered = register(client, plan, runs, say)

    def curve(name: str, key: str) -> list[float]:
        history = client.get_metric_history(runs[name].info.run_id, key)
        return [metric.value for metric in sorted(history, key=lambda metric: metric.step)]

    facts = Facts(
        plan=plan,
        experiment_id=experiment_id,
        runs={
            spec.name: Recorded(runs[spec.name].info.run_id, runs[spec.name].data.params, runs[spec.name].data.metrics)
            for spec in plan.specs
        },
        curve=curve,
        counts=(len(data.train_targets), len(data.test_targets)),
        noun=data.noun,
        features=_prepared(data, plan.specs[0]).features,
        champion=champion(plan, runs),
        registered=registered,
    )
    for name, note in write_notes(facts).items():
        tags = runs[name].data.tags
        current = tags.get(names.NOTE_TAG)
        if not current or _digest(current) == tags.get(NOTE_DIGEST_TAG):
            _save_note(client, runs[name].info.run_id, note, current)
            client.set_tag(runs[name].info.run_id, NOTE_DIGEST_TAG, _digest(note))
    store, writer = open_store(client.tracking_uri), open_writer(client.tracking_uri)
    try:
        ids = {name: run.info.run_id for name, run in runs.items()}
        write_reviews(store, writer, plan, ids, facts.champion, registered, say)
    finally:
        store.close()
    return registered


def _save_note(client: "MlflowClient", run_id: str, note: str, current: str | None) -> None:
    """As the dashboard saves one, with a history; where revisions can't be kept, as MLflow's own page does."""
    store, writer = open_store(client.tracking_uri), open_writer(client.tracking_uri)
    try:
        NoteService(store, writer).save(run_id, note, base=current, save_id=new_save_id(), author="mlreview demo")
    except MlreviewError:
        client.set_tag(run_id, names.NOTE_TAG, note)
    finally:
        store.close()


def _digest(note: str) -> str:
    return hashlib.sha256(note.encode()).hexdigest()[:16]
