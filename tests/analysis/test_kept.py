import numpy as np
import pytest

from mlreview.analysis.kept import Kept, describe_kept, kept_models
from mlreview.entities import LoggedModel
from tests.tables import metric_column, run_table


def model(step: int = 0, run: int = 0, name: str = "model") -> LoggedModel:
    return LoggedModel(f"m-{step}-{run}", name, f"run-{run}", "1", "", "READY", 0, step)


def kept(
    step: int,
    models: list[LoggedModel],
    *,
    last: int = 39,
    restored: float | None = None,
    status: str = "FINISHED",
    **params: str,
) -> Kept:
    metrics = {"val_loss": metric_column([0.5], [last])}
    if restored is not None:
        metrics["restored_epoch"] = metric_column([restored], [0])
    runs = run_table(1, metrics)
    runs.statuses[0] = status
    recorded = run_table(1, params={key: [value] for key, value in params.items()})
    return kept_models(runs, recorded, "val_loss", np.array([step]), models)[0]


def test_a_model_logged_with_its_step_is_kept_and_the_others_are_not():
    assert kept(20, [model(10), model(20)]).state == "kept"
    missing = kept(15, [model(10), model(20)])
    assert missing == Kept("not kept", "The model of step 15 was not kept, only those of steps 10, 20")
    assert kept(15, [model(39)]).words == "The model of step 15 was not kept, only that of step 39"


def test_many_checkpoints_are_not_all_named():
    assert kept(15, [model(step) for step in range(16, 40)]).words.endswith("of steps …, 35, 36, 37, 38, 39")


def test_a_run_that_logged_no_model_has_none_and_a_running_one_may_still():
    assert kept(12, []).state == "no model"
    assert kept(12, [], status="RUNNING").state == "unknown"


def test_the_model_that_keras_autologging_logs_is_that_of_the_end():
    assert kept(39, [model()], opt_name="sgd").state == "kept"
    earlier = kept(12, [model()], opt_name="sgd")
    assert earlier.state == "not kept"
    assert "checkpoint may be among the artifacts" in earlier.words


def test_a_model_logged_by_hand_without_its_step_may_be_of_any():
    assert kept(39, [model()]).state == "kept"
    assert kept(12, [model()]).state == "unknown"


def test_a_metric_that_was_logged_once_has_one_model():
    assert kept(0, [model()], last=0).state == "kept"


@pytest.mark.parametrize(
    ("step", "state"),
    [
        (12, "kept"),  # the epoch whose weights were restored
        (18, "kept"),  # the phantom last point, at stopped_epoch + 1, which repeats that epoch's values
        (15, "not kept"),
        (17, "not kept"),
    ],
)
def test_early_stopping_keeps_the_epoch_that_it_restored(step, state):
    found = kept(step, [model()], last=18, restored=12, restore_best_weights="True", opt_name="adam")
    assert found.state == state
    assert "restored the model of step 12" in found.words


def test_weights_restored_without_stopping_early_are_of_an_epoch_that_nobody_recorded():
    for step in (12, 39):
        assert kept(step, [model()], restore_best_weights="True", opt_name="adam").state == "unknown"
    assert kept(39, [model()], restore_best_weights="False", opt_name="adam").state == "kept"


def test_a_model_without_a_step_beside_checkpoints_is_that_of_the_end():
    assert kept(39, [model(10), model(0)]).state == "kept"


def test_a_run_without_the_metric_has_nothing_to_keep():
    runs = run_table(2, {"val_loss": [None, 0.5]})
    found = kept_models(runs, run_table(2), "val_loss", np.array([0, 39]), [model(39, run=1)])
    assert [one.state for one in found] == ["unknown", "kept"]
    assert kept_models(runs, run_table(2), "nobody", np.array([0, 0]), [])[1].state == "unknown"


def test_how_many_were_kept_is_said_with_the_denominator():
    states = [Kept("kept", ""), Kept("not kept", ""), Kept("not kept", ""), Kept("no model", "")]
    assert describe_kept(states) == "The models behind these 4 values: 1 kept, 2 not kept, 1 never logged"
    assert describe_kept([]) == ""
