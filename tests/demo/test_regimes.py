"""The check of a demo on the posts, on curves and scores that are made up: what is wrong must not pass."""

import math
from dataclasses import replace

import pytest
from mlflow import MlflowClient
from mlflow.entities import Metric

from mlreview import names
from mlreview.demo.plan import NetworkSpec, make_plan
from mlreview.demo.tracking import RUN_TAG
from tests.demo.regimes import TALK, Recorded, check, main, regime_of

MEANT = {
    spec.name: spec
    for spec in make_plan("newsgroups", quick=False).specs
    if isinstance(spec, NetworkSpec) and spec.regime
}
EXPERIMENT = "hockey-vs-baseball"


def line(first: float, last: float, epochs: int) -> list[float]:
    return [first + (last - first) * epoch / (epochs - 1) for epoch in range(epochs)]


def curves(regime: str, epochs: int) -> tuple[list[float], list[float]]:
    """Training and validation loss as that regime has them."""
    turn = epochs // 4
    return {
        "overfitting": (line(0.6, 0.01, epochs), line(0.6, 0.4, turn) + line(0.4, 0.8, epochs - turn)),
        "underfitting": (line(0.693, 0.690, epochs), line(0.693, 0.689, epochs)),
        "still_improving": (line(0.69, 0.5, epochs), line(0.69, 0.52, epochs)),
        "diverged": (line(1, 1e9, epochs), line(1, 1e9, epochs)),
        "a good fit": (line(0.6, 0.3, turn) + [0.3] * (epochs - turn), line(0.6, 0.4, turn) + [0.4] * (epochs - turn)),
    }[regime]


def a_faithful_demo() -> dict[str, Recorded]:
    sweep = {name: Recorded(talk + 0.01) for name, talk in TALK.items()}
    return sweep | {name: Recorded(0.8, *curves(spec.regime or "", spec.epochs)) for name, spec in MEANT.items()}


def wrong(runs: dict[str, Recorded]) -> list[str]:
    return [finding.run for finding in check(runs) if not finding.right]


def test_a_faithful_demo_passes_with_one_line_for_each_sweep_run_and_each_regime() -> None:
    findings = check(a_faithful_demo())
    assert [finding.run for finding in findings] == [*TALK, *MEANT]
    assert len(findings) == 6 + 4
    assert wrong(a_faithful_demo()) == []


def test_the_talks_table_is_of_the_runs_that_the_plan_sweeps() -> None:
    assert set(TALK) == set(make_plan("newsgroups", quick=False).named(group="sweep"))


@pytest.mark.parametrize("name", TALK)
@pytest.mark.parametrize("off", [0.031, -0.031, math.nan, math.inf])
def test_a_sweep_run_too_far_from_the_talk_is_wrong_and_no_other(name: str, off: float) -> None:
    assert wrong(a_faithful_demo() | {name: Recorded(TALK[name] + off)}) == [name]


@pytest.mark.parametrize("off", [0.029, -0.029])
def test_a_sweep_within_the_tolerance_passes(off: float) -> None:
    assert wrong(a_faithful_demo() | {name: Recorded(talk + off) for name, talk in TALK.items()}) == []


@pytest.mark.parametrize("name", MEANT)
@pytest.mark.parametrize("instead", ["overfitting", "underfitting", "still_improving", "diverged", "a good fit"])
def test_a_regime_that_is_not_the_one_meant_is_wrong_and_no_other(name: str, instead: str) -> None:
    runs = a_faithful_demo() | {name: Recorded(0.8, *curves(instead, MEANT[name].epochs))}
    assert wrong(runs) == ([] if instead == MEANT[name].regime else [name])


@pytest.mark.parametrize("name", [*TALK, *MEANT])
def test_a_run_that_is_missing_or_was_cut_short_is_wrong(name: str) -> None:
    runs = a_faithful_demo()
    kept = runs.pop(name)
    assert wrong(runs) == [name]
    short = replace(kept, val_auroc=None, loss=kept.loss[:-1], val_loss=kept.val_loss[:-1])
    assert wrong(runs | {name: short}) == [name]


@pytest.mark.parametrize("regime", ["overfitting", "underfitting", "still_improving", "diverged"])
def test_each_regime_is_told_by_its_curves(regime: str) -> None:
    assert regime_of(*curves(regime, 40)) == regime


def test_curves_that_are_not_there_have_no_regime() -> None:
    assert regime_of([], []) is None
    assert regime_of([0.5] * 9, [0.5] * 8) is None


@pytest.mark.parametrize("broken", [math.nan, math.inf, 1.7976931348623157e308])
def test_a_loss_that_ends_as_no_number_has_diverged_as_a_store_gives_it_back(broken: float) -> None:
    loss, val_loss = curves("still_improving", 40)
    assert regime_of([*loss[:30], *[broken] * 10], val_loss) == "diverged"


def write(client: MlflowClient, runs: dict[str, Recorded], artifacts: str) -> None:
    experiment = client.create_experiment(EXPERIMENT, artifact_location=artifacts)
    for name, recorded in runs.items():
        run_id = client.create_run(experiment, run_name=name, tags={RUN_TAG: name}).info.run_id
        metrics = [Metric("val_AUROC", recorded.val_auroc, 0, 0)] if recorded.val_auroc is not None else []
        for key, values in (("loss", recorded.loss), ("val_loss", recorded.val_loss)):
            metrics += [Metric(key, value, 0, step) for step, value in enumerate(values)]
        client.log_batch(run_id, metrics=metrics)
        client.set_terminated(run_id, status=names.FINISHED)


@pytest.mark.parametrize("is_right", [True, False])
def test_the_command_reads_a_store_prints_the_table_and_says_no_by_its_exit_code(
    is_right: bool, sqlite_store: str, tmp_path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = a_faithful_demo()
    if not is_right:
        runs["sports-NN-8d-lr0.01"] = Recorded(0.9)
        runs["sports-NN-diverged-32d-lr1.05-l2"] = Recorded(0.8, *curves("a good fit", 20))
    write(MlflowClient(sqlite_store), runs, f"file://{tmp_path}/artifacts")

    assert main([sqlite_store, "--check"]) == (0 if is_right else 1)

    output = capsys.readouterr().out
    assert all(name in output for name in [*TALK, *MEANT])
    assert output.count("WRONG") == (0 if is_right else 2 + 1)  # the last line counts them
    assert ("0.900 (+0.104)" in output) is not is_right
    assert ("good_fit  " in output) is not is_right


def test_the_command_can_not_check_a_store_without_the_demo(
    sqlite_store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([sqlite_store, "--check"]) == 2
    assert EXPERIMENT in capsys.readouterr().err
