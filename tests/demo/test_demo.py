"""The demo trained for real: a quick one, then a whole one that is interrupted, then the rest of it."""

import json
import math
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.utils.autologging_utils import autologging_is_disabled
from playwright.sync_api import expect, sync_playwright
from sklearn.metrics import roc_auc_score

from mlreview import names
from mlreview.analysis.diagnosis import diagnose
from mlreview.demo import DemoResult, run_demo
from mlreview.demo.data import load_breast_cancer, prepare
from mlreview.demo.plan import SKLEARN_NAMES, NetworkSpec, make_plan
from mlreview.demo.tracking import REGIME_TAG, RUN_TAG, VALIDATION_TAG, create_experiment, tracking_to
from mlreview.demo.train import train_network
from mlreview.notes.service import NoteService
from mlreview.notes.template import completeness
from mlreview.review.bodies import PromoteBody
from mlreview.review.service import Reviews
from mlreview.store import open_store
from tests.browser.harness import HEADER_PX, ROW_PX, chromium_path, launch, running_app, table, table_cells, visit
from tests.demo.posts import write_cache
from tests.demo.regimes import curve, regime_of
from tests.stores import sqlite_uri

pytestmark = pytest.mark.tensorflow

PLAN = make_plan("breast-cancer", quick=False)
LEFT_BEHIND = "cancer-NN-8d-lr0.05"
EDITED = "What we really think of this run.\n"


@dataclass(frozen=True)
class Story:
    """What the calls returned and said, and where the store is."""

    uri: str
    folder: Path
    quick: DemoResult
    quick_said: list[str]
    quick_output: str
    quick_progress: list[tuple[int, int, str]]
    full: DemoResult
    full_said: list[str]
    left_behind: str
    environment_changed: bool

    @property
    def client(self) -> MlflowClient:
        return MlflowClient(self.uri)

    def runs(self) -> dict[str, Run]:
        """The demo's runs by the name in their tag; fails where a name occurs twice."""
        found = self.client.search_runs([self.full.experiment_id])
        by_name = {run.data.tags[RUN_TAG]: run for run in found}
        assert len(by_name) == len(found)
        return by_name


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("demo") / "our team"  # with a space
    folder.mkdir()
    uri = sqlite_uri(folder / "mlflow.db")
    client = MlflowClient(uri)
    said: dict[str, list[str]] = {"quick": [], "full": []}
    progress: list[tuple[int, int, str]] = []
    environment = dict(os.environ)

    with _output_of_the_process() as output:
        quick = run_demo(
            tracking_uri=uri,
            data="breast-cancer",
            quick=True,
            say=said["quick"].append,
            progress=lambda done, total, name: progress.append((done, total, name)),
        )
    by_name = {run.info.run_name: run.info.run_id for run in client.search_runs([quick.experiment_id])}
    client.set_tag(by_name[PLAN.overfit], names.NOTE_TAG, EDITED)

    with pytest.raises(KeyboardInterrupt):
        run_demo(tracking_uri=uri, data="breast-cancer", say=said["full"].append, progress=_interrupt_after_two)
    # What a killed process leaves: a run that never ends.
    left_behind = client.create_run(quick.experiment_id, tags={RUN_TAG: LEFT_BEHIND}, run_name=LEFT_BEHIND)
    full = run_demo(tracking_uri=uri, data="auto", say=said["full"].append)
    return Story(
        uri=uri,
        folder=folder,
        quick=quick,
        quick_said=said["quick"],
        quick_output=output[0],
        quick_progress=progress,
        full=full,
        full_said=said["full"],
        left_behind=left_behind.info.run_id,
        environment_changed=_touched(environment) != _touched(dict(os.environ)),
    )


def _interrupt_after_two(done: int, total: int, name: str) -> None:
    if done == 2:
        raise KeyboardInterrupt


def _touched(environment: dict[str, str]) -> dict[str, str]:
    """What the demo and MLflow set; TensorFlow sets half a dozen of its own for good when it is imported."""
    return {name: value for name, value in environment.items() if name.startswith(("MLFLOW_", "MLREVIEW_", "TF_CPP_"))}


@contextmanager
def _output_of_the_process() -> Iterator[list[str]]:
    """All that is written to descriptors 1 and 2, also by C++; in a list, once the block has ended."""
    kept, output = (os.dup(1), os.dup(2)), []
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 1)
        os.dup2(aside.fileno(), 2)
        try:
            yield output
        finally:
            for descriptor, copy in zip((1, 2), kept, strict=True):
                os.dup2(copy, descriptor)
                os.close(copy)
            aside.seek(0)
            output.append(aside.read().decode())


def test_a_quick_demo_trains_the_four_runs_that_it_names(story: Story) -> None:
    expected = [spec.name for spec in make_plan("breast-cancer", quick=True).specs]
    assert [story.client.get_run(run_id).info.run_name for run_id in story.quick.run_ids] == expected
    assert f"The runs: {', '.join(expected)}." in story.quick_said
    assert story.quick_progress[:4] == [(done, 4, name) for done, name in enumerate(expected)]
    assert story.quick_progress[-1][:2] == (4, 4)
    assert not story.quick.skipped
    assert story.quick.registered == "models:/cancer-classifier@champion"


def test_nothing_is_written_to_the_screen_but_what_is_said(story: Story) -> None:
    assert story.quick_output == ""


def test_the_process_is_left_as_it_was(story: Story) -> None:
    assert not story.environment_changed
    assert mlflow.active_run() is None
    assert autologging_is_disabled("tensorflow")


def test_an_interrupted_call_is_picked_up_where_it_stopped(story: Story) -> None:
    assert set(story.runs()) == {spec.name for spec in PLAN.specs}
    assert all(run.info.status == names.FINISHED for run in story.runs().values())
    assert len(story.full.run_ids) == len(PLAN.specs) - 4 - 2
    assert set(story.quick.run_ids) <= {run.info.run_id for run in story.runs().values()}


def test_a_run_that_a_killed_call_left_behind_is_deleted_and_trained_again(story: Story) -> None:
    assert story.client.get_run(story.left_behind).info.lifecycle_stage == "deleted"
    assert any(LEFT_BEHIND in line and "interrupted" in line for line in story.full_said)


def test_a_demo_that_began_on_one_kind_of_data_goes_on_with_it(story: Story) -> None:
    assert story.full.data == "breast-cancer"  # the last call said "auto"
    assert story.full.experiment_id == story.quick.experiment_id


def test_a_second_call_does_nothing(story: Story) -> None:
    before = {name: run.info.run_id for name, run in story.runs().items()}
    for quick in (False, True):
        again = run_demo(tracking_uri=story.uri, data="auto", quick=quick, say=lambda text: None)
        assert again.skipped
        assert again.run_ids == ()
        assert again.registered == "models:/cancer-classifier@champion"
    assert {name: run.info.run_id for name, run in story.runs().items()} == before


@pytest.mark.skipif(chromium_path() is None, reason="Chromium is missing: install Debian's package chromium")
def test_the_demos_leaderboard_stands_on_a_laptop_whole(story: Story, tmp_path: Path) -> None:
    with running_app(story.uri, tmp_path) as app, sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        visit(page, f"{app}/?exp={story.full.experiment_id}")
        rows = table_cells(page, "leaderboard_table")
        usual = {"#", "Run", "Δ baseline", "Fit", "What differs", "Note", "Review", "Owner"}
        assert usual <= set(rows[0])
        assert sum(heading.startswith("val_") for heading in rows[0]) == 1
        assert len(rows) >= min(15, len(story.runs()))
        grid = table(page, "leaderboard_table")
        box = grid.bounding_box()
        assert box is not None
        assert box["y"] + HEADER_PX + min(15, len(rows)) * ROW_PX <= 900
        assert grid.locator(".dvn-scroller").evaluate("node => node.scrollWidth - node.clientWidth") <= 1
        header = page.get_by_test_id("stMain")
        expect(header).to_contain_text(re.compile(r"Ranked by val_\w+.*guessed"))
        expect(header).to_contain_text(re.compile(r"\bbest of \d+ on \w+"))
        expect(header).to_contain_text("Baseline: ")
        assert any(row["Note"] for row in rows)
        browser.close()


@pytest.mark.parametrize(
    "spec", [s for s in PLAN.specs if isinstance(s, NetworkSpec) and s.regime], ids=lambda s: s.name
)
def test_a_regime_shows_in_the_curves(story: Story, spec: NetworkSpec) -> None:
    run = story.runs()[spec.name]
    loss, val_loss = (curve(story.client, run.info.run_id, key) for key in ("loss", "val_loss"))
    assert len(loss) == len(val_loss) == spec.epochs
    assert run.data.tags[REGIME_TAG] == spec.regime
    store = open_store(story.uri)
    # The scores too: a loss that fell and rests says nothing of how good it is.
    everything = store.curves([run.info.run_id], sorted(run.data.metrics))
    store.close()
    assert diagnose(everything).verdict == spec.regime


def test_the_regimes_are_told_from_a_good_fit(story: Story) -> None:
    good = story.runs()[PLAN.named(group="seeds")[0]]
    loss, val_loss = (curve(story.client, good.info.run_id, key) for key in ("loss", "val_loss"))
    assert regime_of(loss, val_loss) not in ("overfitting", "underfitting", "diverged")
    assert REGIME_TAG not in good.data.tags


def test_what_autologging_leaves_out_is_logged(story: Story) -> None:
    runs = story.runs()
    for spec in PLAN.specs:
        params = runs[spec.name].data.params
        assert params["seed"] == str(spec.seed)
        assert params["measurements"] == ("4" if spec.columns and isinstance(spec, NetworkSpec) else "30")
        if isinstance(spec, NetworkSpec):
            assert params["hidden_units"] == str(spec.hidden_units)
            assert float(params["learning_rate"]) == spec.learning_rate
            assert (params["epochs"], params["batch_size"]) == (str(spec.epochs), str(spec.batch_size))
            assert params["optimizer"] == spec.optimizer
            assert params["opt_name"] == spec.optimizer.lower()  # no number, whatever ran before


def test_every_run_is_recorded_by_track(story: Story) -> None:
    runs = story.runs()
    for spec in PLAN.specs:
        tags = runs[spec.name].data.tags
        assert tags[names.SEED_TAG] == str(spec.seed), spec.name
        assert tags[names.TRACKED_TAG]
        assert len(tags[names.PACKAGES_SHA]) == 64
        fields = json.loads(tags[names.FIELDS_TAG])
        assert {"params", "environment", "data_digest", "data_location", "seed"} <= set(fields["recorded"]), spec.name
        if isinstance(spec, NetworkSpec):
            assert f"Dense {spec.hidden_units} " in tags[names.ARCHITECTURE_TAG], spec.name


def test_every_run_ranks_by_the_same_metrics_of_its_validation_data(story: Story) -> None:
    scores = {}
    for name, run in story.runs().items():
        forest = name.endswith("random-forest")  # it has its own names for them
        assert 0 <= run.data.metrics["val_accuracy" if forest else "val_binary_accuracy"] <= 1, name
        scores[name] = run.data.metrics["val_roc_auc" if forest else "val_AUROC"]
        assert 0 <= scores[name] <= 1 + 1e-6, name  # Keras adds up in single precision
    assert scores["cancer-NN-32d-lr0.1"] > scores["cancer-NN-32d-lr0.01"] > 0.9


def test_a_run_says_what_its_validation_data_are_and_where_all_data_came_from(story: Story) -> None:
    source = load_breast_cancer().source
    for name, run in story.runs().items():
        is_split = name in PLAN.named(group="seeds")
        said = run.data.tags[VALIDATION_TAG]
        assert ("one fifth of the training samples" in said) is is_split
        assert ("as in the talk" in said) is not is_split
        inputs = run.inputs.dataset_inputs
        contexts = {entry.tags[0].value: entry.dataset for entry in inputs}
        assert set(contexts) == {"train", "validation", "test"} if is_split else {"train", "validation"}
        assert ("test samples" in contexts["validation"].name) is not is_split
        assert all(source in dataset.source and dataset.digest for dataset in contexts.values())


def test_seeds_are_tested_apart_from_their_validation(story: Story) -> None:
    runs = [story.runs()[name] for name in PLAN.named(group="seeds")]
    for run in runs:
        assert {"test_AUROC", "test_binary_accuracy", "test_loss"} <= set(run.data.metrics)
        assert run.data.metrics["test_loss"] != run.data.metrics["val_loss"]
    assert len({run.data.metrics["val_loss"] for run in runs}) == len(runs)


def test_models_are_kept_only_where_they_are_the_point(story: Story) -> None:
    with_model = {name for name, run in story.runs().items() if run.outputs and run.outputs.model_outputs}
    assert with_model == {PLAN.talk_winner, *PLAN.named(group="seeds")}


def test_the_champion_is_the_best_of_the_honest_runs_and_can_be_loaded(story: Story) -> None:
    runs = {name: story.runs()[name] for name in PLAN.named(group="seeds")}
    best = max(run.data.metrics["val_AUROC"] for run in runs.values())
    level = [run for run in runs.values() if round(run.data.metrics["val_AUROC"], 4) == round(best, 4)]
    version = story.client.get_model_version_by_alias("cancer-classifier", "champion")
    champion = next(run for run in runs.values() if run.info.run_id == version.run_id)
    assert story.full.registered == "models:/cancer-classifier@champion"
    assert str(version.version) == "2"  # the quick demo's was the first
    assert champion.data.metrics["val_loss"] == min(run.data.metrics["val_loss"] for run in level)

    with tracking_to(story.uri):
        model = mlflow.pyfunc.load_model(story.full.registered)
    test = prepare(load_breast_cancer(), vocabulary_size=100, columns=(), validation="split").test
    assert test is not None
    predicted = np.asarray(model.predict(test.x)).ravel()
    # Keras estimates the area from 200 thresholds.
    assert roc_auc_score(test.y, predicted) == pytest.approx(champion.data.metrics["test_AUROC"], abs=0.005)
    assert "preprocessing.json" in [file.path for file in story.client.list_artifacts(champion.info.run_id)]


def test_artifacts_lie_beside_the_store(story: Story) -> None:
    for run in story.runs().values():
        assert run.info.artifact_uri.startswith((story.folder / "mlartifacts" / "breast-cancer").as_uri())
    summary = Path(story.folder) / "mlartifacts" / "breast-cancer" / story.quick.run_ids[1] / "artifacts"
    assert "32" in (summary / "model_summary.txt").read_text()


def test_notes_are_markdown_with_code_a_table_and_links_to_runs_that_are_there(story: Story) -> None:
    runs = story.runs()
    champion = story.client.get_model_version_by_alias("cancer-classifier", "champion").run_id
    written = {name: note for name, run in runs.items() if (note := run.data.tags.get(names.NOTE_TAG))}
    champions_name = next(name for name, run in runs.items() if run.info.run_id == champion)
    assert set(written) == {PLAN.talk_winner, PLAN.overfit, champions_name, PLAN.logistic}

    for name in (PLAN.talk_winner, champions_name, PLAN.logistic):
        note = written[name]
        assert len(note) <= names.MAX_TAG_CHARS
        assert completeness(note).complete
        (entry,) = NoteService(open_store(story.uri)).history(runs[name].info.run_id)[:1]
        assert (entry.status, entry.revision.text, entry.revision.author) == ("current", note, "mlreview demo")
        assert note.count("```") == 2
        assert "| --- |" in note
        links = re.findall(r"\[([^\]]+)\]\(#/experiments/(\d+)/runs/(\w+)\)", note)
        assert links
        for linked, experiment_id, run_id in links:
            assert (experiment_id, run_id) == (story.full.experiment_id, runs[linked].info.run_id)


def test_one_model_was_reviewed_and_deployed_one_is_in_review_and_one_was_deployed_without(story: Story) -> None:
    runs = story.runs()
    store = open_store(story.uri)
    reviews = Reviews(store)
    found = {name: reviews.read(run.info.run_id) for name, run in runs.items()}
    champion = store.model_versions()[0].run_id
    kept = [one.path.rsplit(".", 1)[1] for one in store.artifacts(champion or "", "mlreview/record")]
    assert sorted(kept) == ["html", "html", "md", "md"]  # approved, deployed
    store.close()
    champions_name = next(name for name, run in runs.items() if run.info.run_id == champion)
    for name, version in ((PLAN.talk_winner, "1"), (champions_name, "2")):  # the quick demo's, then the whole one's
        assert found[name].state == "approved"
        assert [one.kind for one in found[name].events].count("approved") == 2
        (promoted,) = [one.body for one in found[name].events if isinstance(one.body, PromoteBody)]
        assert (promoted.to, promoted.version) == ("models:/cancer-classifier@champion", version)
        assert promoted.replaced == {"1": "", "2": "1"}[version]
        assert len(found[name].open_follow_ups) == 1
    challenger = found[PLAN.logistic]
    assert (challenger.state, len(challenger.open_questions)) == ("in_review", 2)
    (event,) = found[PLAN.unreviewed].events
    assert event.kind == "promoted"
    others = set(runs) - {PLAN.talk_winner, champions_name, PLAN.logistic, PLAN.unreviewed}
    assert not any(found[name].events or found[name].broken for name in others)


def test_figures_in_a_note_are_those_of_the_recorded_runs(story: Story) -> None:
    runs = story.runs()
    tables = 0
    for run in runs.values():
        heads: list[str] = []
        for line in run.data.tags.get(names.NOTE_TAG, "").splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if line.startswith("| run "):
                heads, tables = cells, tables + 1
            elif line.startswith("| [") and heads:
                linked = cells[0][1 : cells[0].index("]")]
                metrics = runs[linked].data.metrics
                logged_as = [key if key in metrics else SKLEARN_NAMES[key] for key in heads[1:]]
                recorded = [f"{metrics[key]:.3f}" for key in logged_as]
                assert cells[1:] == recorded
    assert tables == 3


def test_a_note_is_brought_up_to_date_and_one_that_somebody_edited_is_left_alone(story: Story) -> None:
    runs = story.runs()
    assert len(re.findall(r"^\| \[", runs[PLAN.talk_winner].data.tags[names.NOTE_TAG], re.M)) == 8
    assert runs[PLAN.overfit].data.tags[names.NOTE_TAG] == EDITED


def test_the_same_seed_gives_the_same_curves(story: Story) -> None:
    spec = next(spec for spec in PLAN.specs if spec.name == PLAN.talk_winner)
    assert isinstance(spec, NetworkSpec)
    examples = load_breast_cancer()
    with tracking_to(story.uri):
        again_in = create_experiment(story.client, "again", examples, story.uri, None)
        prepared = prepare(examples, vocabulary_size=100, columns=(), validation="test")
        again = train_network(spec, examples, prepared, again_in)
    for key in ("loss", "val_loss", "val_AUROC"):
        recorded = curve(story.client, story.runs()[spec.name].info.run_id, key)
        assert curve(story.client, again, key) == recorded
        assert all(map(math.isfinite, recorded))


def test_posts_from_a_cache_are_trained_on_in_an_experiment_of_their_own(
    sqlite_store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "scikit-learn"))
    write_cache(tmp_path / "scikit-learn")

    with pytest.raises(KeyboardInterrupt):
        run_demo(tracking_uri=sqlite_store, quick=True, say=lambda text: None, progress=_interrupt_after_two)

    client = MlflowClient(sqlite_store)
    experiment = client.get_experiment_by_name("hockey-vs-baseball")
    assert experiment is not None
    assert experiment.tags[names.DEMO_TAG] == "newsgroups"
    network, _ = client.search_runs([experiment.experiment_id])
    assert network.info.run_name == "sports-NN-32d-lr0.1"
    assert network.data.params["vocabulary_size"] == "100"
    assert network.data.metrics["val_AUROC"] > 0.9
    assert network.data.tags[VALIDATION_TAG] == "test posts (as in the talk)"
    assert {entry.dataset.source_type for entry in network.inputs.dataset_inputs} == {"http"}


def test_force_trains_again_and_keeps_the_earlier_runs(story: Story) -> None:
    before = {run.info.run_id for run in story.runs().values()}
    with pytest.raises(KeyboardInterrupt):
        run_demo(tracking_uri=story.uri, force=True, say=lambda text: None, progress=_interrupt_after_two)
    after = story.client.search_runs([story.full.experiment_id])
    new = [run for run in after if run.info.run_id not in before]
    assert before < {run.info.run_id for run in after}
    assert sorted(run.info.run_name or "" for run in new) == ["cancer-logistic-regression", "cancer-random-forest"]
    for run in new:
        story.client.delete_run(run.info.run_id)
