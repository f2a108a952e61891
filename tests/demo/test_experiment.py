"""What the demo says before it writes, and that it has written nothing when it says it."""

from pathlib import Path

import pytest
from mlflow import MlflowClient

from mlreview.demo import run_demo
from tests.stores import sqlite_uri

SENTENCE = (
    "To {uri}: the experiment 'breast-cancer' with {runs} runs, {runs} of them to be trained, and the registered model "
    "'cancer-classifier'."
)
BACKUP = "What is there already stays as it is; a backup before is wise all the same."


class StoppedError(Exception):
    """Somebody who has read the sentence does not want it."""


def say_and_stop(uri: str, *, quick: bool) -> list[str]:
    """What was said, by a demo that is stopped at the first thing it says."""
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        raise StoppedError

    with pytest.raises(StoppedError):
        run_demo(tracking_uri=uri, data="breast-cancer", quick=quick, say=say)
    return said


def content(uri: str) -> tuple[list[str], int, int]:
    """Names of experiments, number of runs, number of registered models."""
    client = MlflowClient(uri)
    experiments = client.search_experiments()
    runs = client.search_runs([experiment.experiment_id for experiment in experiments])
    return [experiment.name for experiment in experiments], len(runs), len(client.search_registered_models())


@pytest.mark.parametrize(("quick", "runs"), [(True, 4), (False, 16)])
def test_before_its_first_write_it_says_what_it_will_add_and_that_a_backup_is_wise(
    sqlite_store: str, quick: bool, runs: int
) -> None:
    assert say_and_stop(sqlite_store, quick=quick) == [f"{SENTENCE.format(uri=sqlite_store, runs=runs)} {BACKUP}"]
    assert content(sqlite_store) == (["Default"], 0, 0)


def test_a_new_store_needs_no_backup_and_is_not_made_before_that_is_said(tmp_path: Path) -> None:
    uri = sqlite_uri(tmp_path / "new.db")
    assert say_and_stop(uri, quick=True) == [SENTENCE.format(uri=uri, runs=4)]
    assert list(tmp_path.iterdir()) == []
