"""What the notes page knows of the runs that a note links to."""

import pytest

from mlreview.analysis.leaderboard import choose_ranking
from mlreview.entities import RunQuery
from mlreview.names import REVIEW_STATE_TAG
from mlreview.notes.links import run_link
from mlreview.ui import reads
from mlreview.ui.note_editor import RunInfo
from mlreview.ui.notes_runs import Runs
from tests.sample_store import Sample
from tests.tables import run_table


def test_a_run_that_is_linked_is_shown_with_its_headline_metric_and_how_its_review_stands():
    states = ["approved", "changes_requested", None]
    table = run_table(3, {"val_AUROC": [0.917, None, 0.5]}, tags={REVIEW_STATE_TAG: states}, names=["a", None, "c"])
    runs = Runs(table, choose_ranking(table), {run_id: at for at, run_id in enumerate(table.run_ids)})
    assert runs.info("run-0") == RunInfo("a", "val_AUROC 0.917", "approved")
    assert runs.info("run-1") == RunInfo("run-1", "", "changes requested")
    assert runs.info("run-2") == RunInfo("c", "val_AUROC 0.500", "")


def test_a_link_to_a_run_of_another_experiment_knows_its_name_and_one_to_nothing_is_unknown(
    team_sample: Sample, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MLREVIEW_TRACKING_URI", team_sample.uri)
    reads.refresh()
    table = reads.runs(RunQuery((team_sample.experiments["sports"],))).table
    runs = Runs(table, None, {run_id: at for at, run_id in enumerate(table.run_ids)})
    here, there = team_sample.runs["sports-LR"], team_sample.runs["rain"]
    text = f"{run_link('a', '1', here)} {run_link('b', '2', there)} {run_link('c', '2', 'f' * 32)}"
    assert {run_id: info.name for run_id, info in runs.mentioned(text).items()} == {here: "sports-LR", there: "rain"}
