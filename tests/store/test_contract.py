"""The contract of ``RunStore``, held by every reader over every kind of store.

Each backend's content is written once, through MLflow's own client, straight into the database that its server uses.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlreview import names
from mlreview.entities import MetricColumn, RunQuery, RunTable
from mlreview.errors import BadInputError, NotFoundError
from mlreview.store import open_store
from mlreview.store.api import EXPERIMENTS_LOOKED_UP, ApiStore
from mlreview.store.base import RunStore
from mlreview.store.uris import parse
from tests.store import scenario as scenarios
from tests.store.scenario import LONG_TAG, NOTES, ODD_CURVE_IN_ORDER, START, UNICODE, Scenario
from tests.stores import TrackingServer, copy_sqlite, sqlite_uri

pytestmark = pytest.mark.xdist_group("stores")  # one process writes the scenarios and starts the servers

READERS = {
    "sql on sqlite": ("sqlite", "sql", ()),
    "sql on postgresql": ("postgresql", "sql", (pytest.mark.postgres,)),
    "api on a server over sqlite": ("sqlite", "server", (pytest.mark.server,)),
    "api on a server over postgresql": ("postgresql", "server", (pytest.mark.server, pytest.mark.postgres)),
    "mlflow's client on sqlite": ("sqlite", "client", ()),
}


def _params(*kinds: str) -> list[Any]:
    return [
        pytest.param((backend, kind), id=name, marks=marks)
        for name, (backend, kind, marks) in READERS.items()
        if kind in kinds
    ]


@pytest.fixture(scope="module")
def written(request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Scenario of a backend, written at the first request for it."""
    done: dict[str, Scenario] = {}

    def get(backend: str) -> Scenario:
        if backend not in done:
            folder = tmp_path_factory.mktemp(f"contract-{backend}")
            uri = request.getfixturevalue("served_sqlite" if backend == "sqlite" else "served_postgres")
            registry = sqlite_uri(copy_sqlite(sqlite_template, folder / "registry.db"))
            done[backend] = scenarios.write(uri, registry, (folder / "artifacts").as_uri())
        return done[backend]

    return get


def _address(request: pytest.FixtureRequest, backend: str, kind: str, scenario: Scenario) -> str:
    if kind != "server":
        return scenario.uri
    server: TrackingServer = request.getfixturevalue(
        "mlflow_server" if backend == "sqlite" else "postgres_mlflow_server"
    )
    return server.url


@pytest.fixture(scope="module", params=_params("sql", "server", "client"))
def reading(request: pytest.FixtureRequest, written: Any) -> Iterator[tuple[RunStore, Scenario]]:
    backend, kind = request.param
    scenario = written(backend)
    address = _address(request, backend, kind, scenario)
    opened = ApiStore(parse(address)) if kind == "client" else open_store(address)
    yield opened, scenario
    opened.close()


@pytest.fixture
def store(reading: tuple[RunStore, Scenario]) -> RunStore:
    return reading[0]


@pytest.fixture
def scenario(reading: tuple[RunStore, Scenario]) -> Scenario:
    return reading[1]


def query(scenario: Scenario, **columns: Any) -> RunQuery:
    return RunQuery(experiment_ids=(scenario.experiment,), **columns)


def row(table: RunTable, run_id: str) -> int:
    return list(table.run_ids).index(run_id)


# --- which runs ---------------------------------------------------------------------------------------------------


def test_active_runs_come_newest_first_and_of_one_start_time_by_id(store: RunStore, scenario: Scenario) -> None:
    table = store.runs(query(scenario))
    assert list(table.run_ids) == scenario.active
    assert table.total == len(table) == 7


@pytest.mark.parametrize("lifecycle", ["active", "all", "deleted"])
def test_a_limit_takes_the_newest_runs_and_says_whether_there_are_more(
    store: RunStore, scenario: Scenario, lifecycle: Any
) -> None:
    everything = list(store.runs(query(scenario, lifecycle=lifecycle)).run_ids)
    for limit in range(1, len(everything) + 2):
        table = store.runs(query(scenario, lifecycle=lifecycle, limit=limit, metrics=None, params=None))
        assert list(table.run_ids) == everything[:limit]
        assert table.complete == (limit >= len(everything))
        assert table.total in ({len(everything)} if table.complete else {len(everything), limit})


def test_a_limit_counts_among_named_runs(store: RunStore, scenario: Scenario) -> None:
    named = RunQuery(run_ids=tuple(reversed(scenario.active)), limit=3)
    table = store.runs(named)
    assert list(table.run_ids) == scenario.active[:3]
    assert (table.total, table.complete) == (7, False)


def test_deleted_runs_come_only_when_asked_for(store: RunStore, scenario: Scenario) -> None:
    assert list(store.runs(query(scenario, lifecycle="deleted")).run_ids) == [scenario.runs["deleted"]]
    everything = store.runs(query(scenario, lifecycle="all"))
    assert list(everything.run_ids) == [scenario.runs["deleted"], *scenario.active]
    assert list(everything.lifecycles) == ["deleted"] + ["active"] * 7


def test_runs_of_a_deleted_experiment_are_deleted_with_it(store: RunStore, scenario: Scenario) -> None:
    of_deleted = RunQuery(experiment_ids=(scenario.deleted_experiment,))
    assert len(store.runs(of_deleted)) == 0
    found = store.runs(replace(of_deleted, lifecycle="all"))
    assert list(found.run_ids) == [scenario.runs["of deleted experiment"]]


def test_several_experiments_are_one_table(store: RunStore, scenario: Scenario) -> None:
    both = RunQuery(experiment_ids=(scenario.deleted_experiment, scenario.experiment), lifecycle="all")
    table = store.runs(both)
    assert list(table.run_ids)[:2] == [scenario.runs["of deleted experiment"], scenario.runs["deleted"]]
    assert set(table.experiment_ids) == {scenario.experiment, scenario.deleted_experiment}


def test_an_empty_experiment_is_a_table_without_rows_that_has_the_columns_asked_for(
    store: RunStore, scenario: Scenario
) -> None:
    asked = RunQuery(
        experiment_ids=(scenario.empty_experiment,), metrics=("m",), params=("p",), tags=("t",), note_heads=True
    )
    table = store.runs(asked)
    assert len(table) == table.total == 0
    assert len(table.metrics["m"].values) == len(table.params["p"]) == len(table.tags["t"]) == 0
    assert table.note_heads is not None
    assert table.start_times.dtype == np.dtype("datetime64[ms]")
    assert not store.runs(replace(asked, metrics=None, params=None)).metrics


def test_no_experiment_and_no_run_named_means_no_run(store: RunStore) -> None:
    assert len(store.runs(RunQuery())) == 0


def test_an_experiment_that_is_not_there_has_no_runs(store: RunStore) -> None:
    assert len(store.runs(RunQuery(experiment_ids=("999999",)))) == 0


def test_runs_can_be_named_in_any_experiment_and_unknown_ones_are_left_out(store: RunStore, scenario: Scenario) -> None:
    wanted = (scenario.runs["best"], "f" * 32, scenario.runs["child"], scenario.runs["best"], scenario.runs["deleted"])
    assert list(store.runs(RunQuery(run_ids=wanted)).run_ids) == [scenario.runs["child"], scenario.runs["best"]]
    assert len(store.runs(RunQuery(run_ids=wanted, lifecycle="all"))) == 3
    assert len(store.runs(RunQuery(run_ids=()))) == 0


def test_named_runs_are_kept_to_the_experiments_that_are_named_too(store: RunStore, scenario: Scenario) -> None:
    wanted = (scenario.runs["best"], scenario.runs["of deleted experiment"])
    found = store.runs(RunQuery(experiment_ids=(scenario.experiment,), run_ids=wanted, lifecycle="all"))
    assert list(found.run_ids) == [scenario.runs["best"]]


def test_two_thousand_run_ids_can_be_asked_for_at_once(store: RunStore, scenario: Scenario) -> None:
    unknown = [f"{number:032x}" for number in range(2_000 - 7)]
    wanted = (*unknown[:1_000], *scenario.active, *unknown[1_000:])
    table = store.runs(RunQuery(run_ids=wanted, metrics=("val_AUROC",), params=("lr",)))
    assert list(table.run_ids) == scenario.active
    assert table.params["lr"][row(table, scenario.runs["best"])] == "0.1"


# --- attributes ---------------------------------------------------------------------------------------------------


def test_attributes_of_runs_are_columns(store: RunStore, scenario: Scenario) -> None:
    table = store.runs(query(scenario))
    first = row(table, scenario.runs["best"])
    assert table.names[first] == "best"
    assert table.users[first] == "ada"
    assert table.experiment_ids[first] == scenario.experiment
    assert table.artifact_uris[first].endswith(f"/{scenario.runs['best']}/artifacts")
    assert table.start_times[first] == np.datetime64(START + 1_000, "ms")
    assert table.end_times[first] == np.datetime64(START + 61_000, "ms")


def test_every_status_is_told_and_a_running_run_has_no_end(store: RunStore, scenario: Scenario) -> None:
    table = store.runs(query(scenario))
    statuses = dict(zip(table.run_ids, table.statuses, strict=True))
    assert {name: statuses[scenario.runs[name]] for name in ("best", "running", "failed", "killed")} == {
        "best": "FINISHED",
        "running": "RUNNING",
        "failed": "FAILED",
        "killed": "KILLED",
    }
    assert [run for run, end in zip(table.run_ids, table.end_times, strict=True) if np.isnat(end)] == [
        scenario.runs["running"]
    ]


def test_a_nested_run_knows_its_parent(store: RunStore, scenario: Scenario) -> None:
    table = store.runs(query(scenario))
    parents = {run: parent for run, parent in zip(table.run_ids, table.parent_run_ids, strict=True) if parent}
    assert parents == {scenario.runs["child"]: scenario.runs["best"]}


# --- params, tags, notes ------------------------------------------------------------------------------------------


def test_params_asked_for_are_columns_where_missing_is_not_empty(store: RunStore, scenario: Scenario) -> None:
    table = store.runs(query(scenario, params=("lr", "empty", "nobody has this", "lr")))
    assert list(table.params) == ["lr", "empty", "nobody has this"]
    lr = dict(zip(table.run_ids, table.params["lr"], strict=True))
    assert lr[scenario.runs["best"]] == "0.1"
    assert lr[scenario.runs["running"]] == lr[scenario.runs["failed"]] == "0.05"
    assert lr[scenario.runs["child"]] is None
    empty = dict(zip(table.run_ids, table.params["empty"], strict=True))
    assert empty.pop(scenario.runs["best"]) == ""
    assert set(empty.values()) == {None}
    assert set(table.params["nobody has this"]) == {None}


def test_all_params_are_those_that_occur_in_these_runs(store: RunStore, scenario: Scenario) -> None:
    table = store.runs(query(scenario, params=None))
    assert list(table.params) == sorted({"lr", "shared", "empty", "mlreview.seq.1", *UNICODE})
    assert not store.runs(query(scenario, params=())).params
    only = store.runs(RunQuery(run_ids=(scenario.runs["running"],), params=None))
    assert {key: list(column) for key, column in only.params.items()} == {"lr": ["0.05"]}


def test_every_script_and_sign_survives_in_params_and_tags(store: RunStore, scenario: Scenario) -> None:
    table = store.runs(query(scenario, params=tuple(UNICODE), tags=tuple(UNICODE)))
    best = row(table, scenario.runs["best"])
    assert {key: column[best] for key, column in table.params.items()} == UNICODE
    assert {key: column[best] for key, column in table.tags.items()} == UNICODE


def test_tags_asked_for_are_whole_and_missing_is_not_empty(store: RunStore, scenario: Scenario) -> None:
    table = store.runs(query(scenario, tags=("long", "empty", "mlflow.note.content", "nobody has this")))
    best, child = row(table, scenario.runs["best"]), row(table, scenario.runs["child"])
    assert table.tags["long"][best] == LONG_TAG
    assert (table.tags["empty"][best], table.tags["empty"][child]) == ("", None)
    assert table.tags["mlflow.note.content"][best] == NOTES["best"]
    assert set(table.tags["nobody has this"]) == {None}


def test_a_param_a_metric_and_a_tag_of_one_name_stay_apart(store: RunStore, scenario: Scenario) -> None:
    table = store.runs(query(scenario, params=("shared",), metrics=("shared",), tags=("shared",)))
    best = row(table, scenario.runs["best"])
    found = (table.params["shared"][best], table.metrics["shared"].values[best], table.tags["shared"][best])
    assert found == ("a param", 1.5, "a tag")


def test_notes_come_as_their_first_200_characters_none_of_them_split(store: RunStore, scenario: Scenario) -> None:
    table = store.runs(query(scenario, note_heads=True))
    assert table.note_heads is not None
    heads = dict(zip(table.run_ids, table.note_heads, strict=True))
    assert len(heads[scenario.runs["best"]]) == names.NOTE_HEAD_CHARS
    assert heads[scenario.runs["best"]] == NOTES["best"][: names.NOTE_HEAD_CHARS]
    assert heads[scenario.runs["running"]] == NOTES["running"]
    assert heads[scenario.runs["failed"]] == ""
    assert heads[scenario.runs["killed"]] is None
    assert store.runs(query(scenario)).note_heads is None


def test_all_tags_are_those_that_occur_and_no_event_is_among_them(store: RunStore, scenario: Scenario) -> None:
    table = store.runs(query(scenario, tags=None))
    expected = {"mlflow.user", "mlflow.runName", "mlflow.note.content", "mlflow.parentRunId", "shared", "empty", "long"}
    assert set(table.tags) == expected | set(UNICODE)
    best, child = row(table, scenario.runs["best"]), row(table, scenario.runs["child"])
    assert (table.tags["long"][best], table.tags["empty"][best], table.tags["empty"][child]) == (LONG_TAG, "", None)
    assert table.tags["mlflow.note.content"][best] == NOTES["best"]


def test_event_tags_are_refused_as_columns(store: RunStore, scenario: Scenario) -> None:
    with pytest.raises(BadInputError, match="never a column"):
        store.runs(query(scenario, tags=(scenarios.EVENT_TAG,)))


# --- metrics ------------------------------------------------------------------------------------------------------


def test_the_value_of_a_metric_is_that_at_the_last_step_not_the_best(store: RunStore, scenario: Scenario) -> None:
    column = store.runs(query(scenario, metrics=("val_AUROC",))).metrics["val_AUROC"]
    best = scenario.active.index(scenario.runs["best"])
    assert (column.values[best], column.steps[best], column.present[best]) == (0.9, 2, True)


def test_nan_infinities_and_missing_are_told_apart(store: RunStore, scenario: Scenario) -> None:
    column = store.runs(query(scenario, metrics=("val_AUROC",))).metrics["val_AUROC"]
    found = {
        name: (column.values[at], bool(column.present[at]))
        for name in ("running", "failed", "killed")
        for at in [scenario.active.index(scenario.runs[name])]
    }
    assert math.isnan(found["running"][0])
    assert found["running"][1]
    assert found["failed"] == (-math.inf, True)
    assert math.isnan(found["killed"][0])
    assert not found["killed"][1]


def test_all_metrics_are_those_that_occur(store: RunStore, scenario: Scenario) -> None:
    table = store.runs(query(scenario))
    best = row(table, scenario.runs["best"])
    assert {key: column.values[best] for key, column in table.metrics.items() if key != "only nan"} == {
        "down": -math.inf,
        "largest": 1.7e308,
        "odd": 0.3,
        "shared": 1.5,
        "train/loss per step: ms": 0.25,
        "up": math.inf,
        "val_AUROC": 0.9,
    }
    assert list(table.metrics) == sorted(table.metrics)
    assert table.metrics["only nan"].present.sum() == 1
    assert table.metrics["only nan"].steps[best] == 4


def test_a_metric_that_no_run_has_is_a_column_of_missing_values(store: RunStore, scenario: Scenario) -> None:
    table = store.runs(query(scenario, metrics=("nobody has this", "val_AUROC")))
    assert list(table.metrics) == ["nobody has this", "val_AUROC"]
    column = table.metrics["nobody has this"]
    assert np.isnan(column.values).all()
    assert not column.present.any()
    assert not column.steps.any()
    assert not store.runs(query(scenario, metrics=())).metrics


def test_a_curve_is_ordered_by_step_then_time_then_value_with_nan_last(store: RunStore, scenario: Scenario) -> None:
    (curve,) = store.curves([scenario.runs["best"]], ["odd"])
    found = list(zip(curve.steps.tolist(), curve.timestamps.tolist(), curve.values.tolist(), strict=True))
    assert plain(found) == plain(ODD_CURVE_IN_ORDER)
    assert curve.total == len(ODD_CURVE_IN_ORDER)


def test_curves_come_by_run_as_asked_then_by_metric_as_asked_where_there_are_points(
    store: RunStore, scenario: Scenario
) -> None:
    child, best, killed = (scenario.runs[name] for name in ("child", "best", "killed"))
    curves = store.curves([child, "f" * 32, best, killed, child], ["val_AUROC", "nobody has this", "shared"])
    assert [(curve.run_id, curve.metric, curve.total) for curve in curves] == [
        (child, "val_AUROC", 30),
        (best, "val_AUROC", 3),
        (best, "shared", 1),
    ]
    assert store.curves([], ["val_AUROC"]) == store.curves([best], []) == ()


def test_curves_of_deleted_runs_can_be_read(store: RunStore, scenario: Scenario) -> None:
    (curve,) = store.curves([scenario.runs["deleted"]], ["val_AUROC"])
    assert curve.values.tolist() == [0.99]


def test_extremes_are_over_all_steps_with_the_first_step_that_reached_them(store: RunStore, scenario: Scenario) -> None:
    best, child, killed = (scenario.runs[name] for name in ("best", "child", "killed"))
    asked = [child, "f" * 32, best, killed, child]
    found = store.extremes(asked, "val_AUROC")
    assert (found.run_ids, found.metric) == (tuple(asked), "val_AUROC")
    assert plain(found.maximum) == plain([0.5, math.nan, 0.95, math.nan, 0.5])
    assert plain(found.minimum) == plain([0.5, math.nan, 0.8, math.nan, 0.5])
    assert found.maximum_step.tolist() == [0, 0, 1, 0, 0]
    assert found.minimum_step.tolist() == [0, 0, 0, 0, 0]
    assert found.count.tolist() == [30, 0, 3, 0, 30]


def test_extremes_leave_nan_out_but_not_infinities(store: RunStore, scenario: Scenario) -> None:
    best = [scenario.runs["best"]]
    odd = store.extremes(best, "odd")
    assert (odd.minimum[0], odd.minimum_step[0]) == (-math.inf, 3)
    assert (odd.maximum[0], odd.maximum_step[0]) == (math.inf, -5)
    assert odd.count[0] == len(ODD_CURVE_IN_ORDER)
    nothing = store.extremes(best, "only nan")
    assert np.isnan([nothing.minimum[0], nothing.maximum[0]]).all()
    assert nothing.count[0] == 1
    assert len(store.extremes([], "odd").run_ids) == 0


# --- one run ------------------------------------------------------------------------------------------------------


def test_one_run_is_told_whole(store: RunStore, scenario: Scenario) -> None:
    run = store.run(scenario.runs["best"])
    assert (run.run_id, run.experiment_id, run.name, run.user) == (
        scenario.runs["best"],
        scenario.experiment,
        "best",
        "ada",
    )
    assert (run.status, run.lifecycle, run.start_time, run.end_time) == (
        "FINISHED",
        "active",
        START + 1_000,
        START + 61_000,
    )
    assert run.params == {"lr": "0.1", "shared": "a param", "empty": "", "mlreview.seq.1": "hash", **UNICODE}
    assert run.tags["long"] == LONG_TAG
    assert run.tags["mlflow.note.content"] == NOTES["best"]
    assert run.tags[scenarios.EVENT_TAG] == '{"kind": "requested"}'
    last = run.metrics["val_AUROC"]
    assert (last.key, last.value, last.step, last.timestamp) == ("val_AUROC", 0.9, 2, START + 2)
    assert run.metrics["up"].value == math.inf
    assert math.isnan(run.metrics["only nan"].value)
    assert [dataset.name for dataset in run.datasets] == ["plain ü", "posts"]
    assert [model.model_id for model in run.models] == [scenario.models["first"], scenario.models["second"]]


def test_a_run_that_goes_on_and_a_deleted_one_are_told_too(store: RunStore, scenario: Scenario) -> None:
    running = store.run(scenario.runs["running"])
    assert (running.status, running.end_time) == ("RUNNING", None)
    assert store.run(scenario.runs["deleted"]).lifecycle == "deleted"


@pytest.mark.parametrize("run_id", ["f" * 32, "", "no run", "x' OR '1'='1", "../runs", "é🏒"])
def test_a_run_that_is_not_there_is_named_in_the_error(store: RunStore, run_id: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        store.run(run_id)
    assert repr(run_id) in str(caught.value)


# --- data sets, models, registered versions -----------------------------------------------------------------------


def test_data_sets_come_with_their_contexts_by_run_as_asked(store: RunStore, scenario: Scenario) -> None:
    best, child = scenario.runs["best"], scenario.runs["child"]
    found = store.datasets([child, scenario.runs["killed"], "f" * 32, best])
    assert [(one.run_id, one.name, one.digest, one.context) for one in found] == [
        (child, "posts", "d1", "test"),
        (best, "plain ü", "d2", None),
        (best, "posts", "d1", "train"),
    ]
    posts, plain_one = found[2], found[1]
    assert (posts.source_type, posts.source) == ("http", '{"url": "https://host/posts"}')
    assert (posts.schema, posts.profile) == ('{"columns": []}', '{"rows": 796}')
    assert (plain_one.schema, plain_one.profile) == (None, None)


def test_logged_models_are_a_runs_outputs_without_deleted_ones(store: RunStore, scenario: Scenario) -> None:
    best, child = scenario.runs["best"], scenario.runs["child"]
    found = store.logged_models([child, "f" * 32, best])
    assert [(one.model_id, one.name, one.run_id, one.status, one.step) for one in found] == [
        (scenario.models["pending"], "pending model", child, "PENDING", 0),
        (scenario.models["first"], "first model", best, "READY", 3),
        (scenario.models["second"], "second model", best, "FAILED", 0),
    ]
    assert found[0].experiment_id == scenario.experiment
    assert scenario.models["pending"] in found[0].artifact_location
    assert found[0].creation_time > START - 10**12


def test_registered_versions_come_newest_first_with_aliases_and_tags(store: RunStore, scenario: Scenario) -> None:
    found = [one for one in store.model_versions() if one.name == scenario.registered]
    best, child = scenario.runs["best"], scenario.runs["child"]
    assert [(one.version, one.run_id, one.aliases) for one in found] == [
        ("4", None, ()),
        ("2", child, ("challenger",)),
        ("1", best, ("champion", "shadow")),
    ]
    assert found[2].description == f"of {best}"
    assert found[2].tags == {"cjk": UNICODE["cjk"]}
    assert found[2].source.endswith(f"/{best}/model")
    assert found[2].status == "READY"
    assert found[0].description == ""


def test_registered_versions_can_be_asked_for_by_run(store: RunStore, scenario: Scenario) -> None:
    found = store.model_versions([scenario.runs["child"], scenario.runs["killed"], "f" * 32])
    assert [(one.name, one.version) for one in found] == [(scenario.registered, "2")]
    assert store.model_versions([]) == ()


def test_a_registry_in_another_store_is_read_there(
    request: pytest.FixtureRequest, reading: tuple[RunStore, Scenario], store: RunStore, scenario: Scenario
) -> None:
    address = scenario.uri if store.info().kind != "api" else store.info().ui_url or scenario.uri
    apart = open_store(address, registry_uri=scenario.registry_uri)
    found = apart.model_versions([scenario.runs["best"]])
    assert [(one.name, one.version, one.aliases) for one in found] == [("elsewhere", "1", ("prod",))]
    assert apart.run(scenario.runs["best"]).name == "best"
    apart.close()


# --- experiments --------------------------------------------------------------------------------------------------


def test_experiments_come_with_their_tags_and_newest_run(store: RunStore, scenario: Scenario) -> None:
    found = {one.experiment_id: one for one in store.experiments()}
    one = found[scenario.experiment]
    assert one.name.startswith("contract ü ")
    assert one.tags == {"mlreview.metric": "val_AUROC", "rtl": UNICODE["rtl"]}
    assert one.last_run_time == START + 6_000
    assert one.run_count in (7, None)
    assert one.creation_time is not None
    assert found[scenario.empty_experiment].last_run_time is None
    assert found[scenario.empty_experiment].run_count in (0, None)
    assert scenario.deleted_experiment not in found


def test_deleted_experiments_come_only_when_asked_for(store: RunStore, scenario: Scenario) -> None:
    deleted = {one.experiment_id: one.lifecycle for one in store.experiments("deleted")}
    assert deleted[scenario.deleted_experiment] == "deleted"
    assert scenario.experiment not in deleted
    everything = {one.experiment_id for one in store.experiments("all")}
    assert {scenario.experiment, scenario.deleted_experiment} <= everything


def test_experiments_with_runs_come_first_by_newest_run_then_the_others_by_last_update(
    store: RunStore, scenario: Scenario
) -> None:
    found = store.experiments("all")
    used = [one.last_run_time for one in found if one.last_run_time is not None]
    unused = [one.last_update_time or 0 for one in found if one.last_run_time is None]
    assert [one.last_run_time for one in found] == [*sorted(used, reverse=True), *[None] * len(unused)]
    assert unused == sorted(unused, reverse=True)
    order = [one.experiment_id for one in found]
    # Changed after the newest run of the other one began, and yet behind it.
    assert order.index(scenario.experiment) < order.index(scenario.empty_experiment)
    assert next(one for one in found if one.experiment_id == scenario.empty_experiment).last_update_time > START + 6_000


# --- readers are equal --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=_params("server", "client"))
def two_readers(request: pytest.FixtureRequest, written: Any) -> Iterator[tuple[RunStore, RunStore, Scenario]]:
    backend, kind = request.param
    scenario = written(backend)
    address = _address(request, backend, kind, scenario)
    slow = ApiStore(parse(address)) if kind == "client" else open_store(address)
    fast = open_store(scenario.uri)
    yield fast, slow, scenario
    fast.close()
    slow.close()


def plain(value: Any) -> Any:
    """Something to compare by ``==``: all fields and elements, NaN equal to NaN, types kept."""
    if isinstance(value, MetricColumn) or (is_dataclass(value) and not isinstance(value, type)):
        return (type(value).__name__, {field.name: plain(getattr(value, field.name)) for field in fields(value)})
    if isinstance(value, np.ndarray):
        return [plain(element) for element in value.tolist()]
    if isinstance(value, Mapping):
        return {key: plain(element) for key, element in value.items()}
    if isinstance(value, list | tuple):
        return [plain(element) for element in value]
    return "NaN" if isinstance(value, float) and math.isnan(value) else value


def test_both_readers_give_the_same_table(two_readers: tuple[RunStore, RunStore, Scenario]) -> None:
    fast, slow, scenario = two_readers
    for asked in (
        query(scenario, params=None, tags=("mlflow.runName", "long", *UNICODE), note_heads=True, lifecycle="all"),
        RunQuery(experiment_ids=("0", scenario.experiment, scenario.deleted_experiment), params=("lr", "no")),
        RunQuery(run_ids=(*scenario.runs.values(), "f" * 32), metrics=("odd", "no"), params=None),
        query(scenario, tags=None, lifecycle="all"),
    ):
        tables = fast.runs(asked), slow.runs(asked)
        assert plain(tables[0]) == plain(tables[1])
        for field in fields(RunTable):
            left, right = (getattr(table, field.name) for table in tables)
            if isinstance(left, np.ndarray):
                assert left.dtype == right.dtype, field.name
        for key, column in tables[0].metrics.items():
            other = tables[1].metrics[key]
            assert (column.values.dtype, column.steps.dtype) == (other.values.dtype, other.steps.dtype)


def test_both_readers_tell_each_run_the_same(two_readers: tuple[RunStore, RunStore, Scenario]) -> None:
    fast, slow, scenario = two_readers
    for run_id in scenario.runs.values():
        assert plain(fast.run(run_id)) == plain(slow.run(run_id))


def test_both_readers_tell_histories_data_sets_models_and_versions_the_same(
    two_readers: tuple[RunStore, RunStore, Scenario],
) -> None:
    fast, slow, scenario = two_readers
    runs = [*scenario.runs.values(), "f" * 32]
    for ask in (
        lambda store: store.curves(runs, ["val_AUROC", "odd", "up", "only nan"]),
        lambda store: [store.extremes(runs, key) for key in ("val_AUROC", "odd", "only nan")],
        lambda store: store.datasets(runs),
        lambda store: store.logged_models(runs),
        lambda store: [one for one in store.model_versions() if one.name == scenario.registered],
        lambda store: store.model_versions(runs),
    ):
        assert plain(ask(fast)) == plain(ask(slow))


def test_both_readers_tell_the_same_experiments(two_readers: tuple[RunStore, RunStore, Scenario]) -> None:
    """Over HTTP the newest run of an experiment costs a request, so of many experiments some may stay unknown."""
    fast, slow, _ = two_readers
    known = {one.experiment_id: replace(one, run_count=None) for one in fast.experiments("all")}
    told = {one.experiment_id: replace(one, run_count=None) for one in slow.experiments("all")}
    assert known.keys() == told.keys()
    looked_up = 0
    for experiment_id, one in told.items():
        looked_up += one.last_run_time is not None
        expected = known[experiment_id]
        if one.last_run_time is None and len(told) > EXPERIMENTS_LOOKED_UP:
            expected = replace(expected, last_run_time=None)
        assert plain(one) == plain(expected)
    in_use = sum(one.last_run_time is not None for one in known.values())
    assert looked_up >= min(in_use, 1)
