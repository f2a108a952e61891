from mlreview.entities import Experiment
from mlreview.store import decode
from mlreview.store.rules import by_activity


def experiment(experiment_id: str, newest_run: int | None, updated: int | None) -> Experiment:
    return Experiment(experiment_id, experiment_id, "active", "", None, updated, last_run_time=newest_run)


def test_an_experiment_without_runs_never_stands_before_one_with_runs() -> None:
    found = [
        experiment("0", None, None),
        experiment("30", None, 900),
        experiment("4", None, 800),
        experiment("a", 5, None),
        experiment("10", 5, 1),
        experiment("9", 5, 2),
        experiment("5", 6, None),
        experiment("6", 0, 1000),  # a run that began in 1970 is one
    ]
    assert [one.experiment_id for one in sorted(found, key=by_activity)] == ["5", "a", "9", "10", "6", "30", "4", "0"]


def test_a_logged_model_whose_status_a_server_leaves_open_has_an_empty_one() -> None:
    for info in ({"status": None}, {}):
        item = {"info": {"model_id": "m-1", "experiment_id": "1", **info}}
        assert decode.logged_model(item, {}).status == ""
