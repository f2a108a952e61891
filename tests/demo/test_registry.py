from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.entities import LoggedModelOutput, Run

from mlreview import names
from mlreview.demo.plan import Plan, make_plan
from mlreview.demo.registry import champion, register, registered_address
from mlreview.demo.tracking import tracking_to

QUICK = replace(make_plan("newsgroups", quick=True), model="demo-model")  # the server is shared
WHOLE = replace(make_plan("newsgroups", quick=False), model="demo-model")
SEEDS = WHOLE.named(group="seeds")


@pytest.fixture(params=["sqlite", pytest.param("server", marks=pytest.mark.server)])
def uri(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return request.getfixturevalue("sqlite_store")
    return request.getfixturevalue("mlflow_server").url


def make_runs(uri: str, experiment: str, artifacts: Path, scores: Mapping[str, tuple[float, float]]) -> dict[str, Run]:
    """Finished runs with a val_AUROC and a val_loss each, and a logged model."""
    client = MlflowClient(uri)
    experiment_id = client.create_experiment(experiment, artifact_location=artifacts.as_uri())
    runs = {}
    for name, (auroc, loss) in scores.items():
        run_id = client.create_run(experiment_id, run_name=name).info.run_id
        client.log_metric(run_id, "val_AUROC", auroc)
        client.log_metric(run_id, "val_loss", loss)
        model = client.create_logged_model(experiment_id, name="model", source_run_id=run_id)
        client.finalize_logged_model(model.model_id, "READY")
        client.log_outputs(run_id, [LoggedModelOutput(model.model_id, 0)])
        client.set_terminated(run_id)
        runs[name] = client.get_run(run_id)
    return runs


def register_quietly(uri: str, plan: Plan, runs: Mapping[str, Run]) -> tuple[str | None, list[str]]:
    said: list[str] = []
    with tracking_to(uri):
        return register(MlflowClient(uri), plan, runs, said.append), said


def test_a_whole_demo_takes_the_alias_over_from_a_quick_one(
    uri: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    client = MlflowClient(uri)
    seeds = {name: (0.90 + at / 100, 0.3) for at, name in enumerate(SEEDS)}
    runs = make_runs(uri, "quick and whole", tmp_path, {QUICK.talk_winner: (0.99, 0.1)} | seeds)
    capfd.readouterr()

    assert register_quietly(uri, QUICK, runs) == ("models:/demo-model@champion", [])
    first = client.get_model_version_by_alias("demo-model", "champion")
    assert first.run_id == runs[QUICK.talk_winner].info.run_id
    assert "validation data are the test data" in (first.description or "")

    for _ in range(2):  # the second time there is nothing to do
        assert register_quietly(uri, WHOLE, runs) == ("models:/demo-model@champion", [])
    second = client.get_model_version_by_alias("demo-model", "champion")
    assert second.run_id == runs[SEEDS[-1]].info.run_id
    assert len(client.search_model_versions("name = 'demo-model'")) == 2
    assert client.get_registered_model("demo-model").tags == {names.DEMO_TAG: "newsgroups"}
    assert registered_address(client, WHOLE) == "models:/demo-model@champion"
    assert capfd.readouterr() == ("", "")


def test_the_champion_is_never_chosen_on_test_data(sqlite_store: str, tmp_path: Path) -> None:
    scores = {WHOLE.talk_winner: (0.99, 0.1)} | dict.fromkeys(SEEDS, (0.9, 0.3))
    assert champion(WHOLE, make_runs(sqlite_store, "x", tmp_path, scores)) in SEEDS


def test_seeds_that_tie_but_for_rounding_are_told_apart_by_their_loss(sqlite_store: str, tmp_path: Path) -> None:
    losses = dict(zip(SEEDS, (0.3, 0.1, 0.2, 0.4), strict=True))
    scores = {name: (1.0000001 if name == SEEDS[0] else 1.0, loss) for name, loss in losses.items()}
    assert champion(WHOLE, make_runs(sqlite_store, "x", tmp_path, scores)) == SEEDS[1]


def test_a_registered_model_of_that_name_that_is_not_the_demos_stays_as_it_is(sqlite_store: str) -> None:
    client = MlflowClient(sqlite_store)
    client.create_registered_model("demo-model", description="the real one")

    address, said = register_quietly(sqlite_store, QUICK, {})

    assert address is None
    assert "is not the demo's" in said[0]
    assert client.get_registered_model("demo-model").description == "the real one"
    assert registered_address(client, QUICK) is None


def test_a_champion_without_a_model_is_said_and_not_registered(sqlite_store: str, tmp_path: Path) -> None:
    client = MlflowClient(sqlite_store)
    experiment = client.create_experiment("x", artifact_location=tmp_path.as_uri())
    run = client.create_run(experiment)

    address, said = register_quietly(sqlite_store, QUICK, {QUICK.talk_winner: run})

    assert address is None
    assert said == [f"{QUICK.talk_winner} has no model to register."]
