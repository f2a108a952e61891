import importlib.util
import json
import math
import os
import sqlite3
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient
from mlflow.entities import Metric

from mlreview import names
from mlreview.entities import RunQuery
from mlreview.errors import BadInputError, NotFoundError, StoreError, WriteError
from mlreview.store import open_store, open_writer, rest
from mlreview.store.api import ApiStore
from mlreview.store.transport import needs_mlflow
from mlreview.store.uris import parse
from tests.store.servers import Answer, Seen, answering, before, silent
from tests.stores import TrackingServer, free_port

START = 1_767_268_800_000

pytestmark = pytest.mark.server


@pytest.fixture
def client(mlflow_server: TrackingServer) -> MlflowClient:
    return MlflowClient(mlflow_server.url)


@pytest.fixture
def experiment(client: MlflowClient, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return client.create_experiment(f"{request.node.name}-{tmp_path}", artifact_location=tmp_path.as_uri())


def api(server: TrackingServer, **options: int) -> ApiStore:
    return ApiStore(parse(server.url), **options)  # type: ignore[arg-type]


def database(server: TrackingServer) -> "closing[sqlite3.Connection]":
    return closing(sqlite3.connect(server.backend_uri.removeprefix("sqlite:///"), timeout=20))


def insert_runs(server: TrackingServer, experiment: str, starts: list[int | None], prefix: str = "run") -> list[str]:
    """Write bare runs straight into the server's database: many of them would take the server long."""
    run_ids = [f"{prefix}{experiment}x{row:05d}" for row in range(len(starts))]
    with database(server) as connection, connection:
        connection.executemany(
            "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time,"
            " source_version, lifecycle_stage, experiment_id)"
            " VALUES (?, ?, 'UNKNOWN', '', '', 'ada', 'FINISHED', ?, '', 'active', ?)",
            [(run_id, run_id, start, experiment) for run_id, start in zip(run_ids, starts, strict=True)],
        )
    return run_ids


def erase(server: TrackingServer, run_id: str) -> None:
    """Remove a run for good, as ``mlflow gc`` does."""
    with database(server) as connection, connection:
        connection.execute("DELETE FROM runs WHERE run_uuid = ?", (run_id,))


# --- paging -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at_once", [1, 4])
@pytest.mark.parametrize(
    ("step", "meddling"),
    [
        (1000, {"delete"}),
        (1000, {"erase"}),
        (1000, {"add"}),
        (7, {"delete", "erase", "add"}),
        # All runs began in one millisecond, so that every page ends among equals: erasing is the one thing that
        # paging says it can't stand there.
        (0, {"delete"}),
        (0, {"add"}),
    ],
)
def test_a_paged_read_misses_no_run_while_others_are_deleted_erased_and_added(
    mlflow_server: TrackingServer,
    client: MlflowClient,
    experiment: str,
    at_once: int,
    step: int,
    meddling: set[str],
) -> None:
    run_ids = insert_runs(mlflow_server, experiment, [START + row * step for row in range(30)])
    # The first to be read go first: with pages by offset, each that goes would hide one that has not been read.
    waiting, stayers = iter(run_ids[:8]), run_ids[8:]

    def meddle(_: int) -> None:
        if "delete" in meddling and (victim := next(waiting, None)):
            client.delete_run(victim)
        if "erase" in meddling and (victim := next(waiting, None)):
            erase(mlflow_server, victim)
        if "add" in meddling:
            client.create_run(experiment)
            client.create_run(experiment, start_time=START - 1)

    table = api(mlflow_server, page_size=5, at_once=at_once).runs(RunQuery(experiment_ids=(experiment,)), meddle)
    read = list(table.run_ids)
    assert len(read) == len(set(read))
    assert set(stayers) <= set(read)
    order = list(zip(-table.start_times.astype(np.int64), read, strict=True))
    assert order == sorted(order)


@pytest.mark.parametrize("page_size", [1, 3, 4, 12, 13])
@pytest.mark.parametrize("at_once", [1, 3])
def test_pages_that_end_among_runs_of_one_start_time_lose_and_repeat_none(
    mlflow_server: TrackingServer, experiment: str, page_size: int, at_once: int
) -> None:
    starts = [START + at for at in (0, 0, 0, 0, 1, 5, 5, 5, 5, 5, 900, 901)]
    run_ids = insert_runs(mlflow_server, experiment, [*starts])
    expected = [run_id for _, run_id in sorted(zip([-start for start in starts], run_ids, strict=True))]
    store = api(mlflow_server, page_size=page_size, at_once=at_once)
    pages: list[int] = []
    table = store.runs(RunQuery(experiment_ids=(experiment,)), pages.append)
    assert list(table.run_ids) == expected
    assert pages == sorted(pages)
    assert pages[-1] == table.total == 12


def test_pages_follow_the_servers_pace_when_nobody_says_how_large(
    mlflow_server: TrackingServer, experiment: str
) -> None:
    run_ids = insert_runs(mlflow_server, experiment, [START + row * 60_000 for row in range(1_100)])
    pages: list[int] = []
    table = open_store(mlflow_server.url).runs(RunQuery(experiment_ids=(experiment,)), pages.append)
    assert list(table.run_ids) == run_ids[::-1]
    assert pages[0] == 200
    assert len(pages) > 2


def test_deleted_and_restored_runs_are_where_their_lifecycle_says(
    mlflow_server: TrackingServer, client: MlflowClient, experiment: str
) -> None:
    kept, gone, back = insert_runs(mlflow_server, experiment, [START, START + 1, START + 2])
    client.delete_run(gone)
    client.delete_run(back)
    client.restore_run(back)
    store = api(mlflow_server, page_size=2)
    found = {
        lifecycle: list(store.runs(RunQuery(experiment_ids=(experiment,), lifecycle=lifecycle)).run_ids)
        for lifecycle in ("active", "deleted", "all")
    }
    assert found == {"active": [back, kept], "deleted": [gone], "all": [back, gone, kept]}
    assert store.run(gone).lifecycle == "deleted"


def test_a_run_without_a_start_time_which_mlflow_fails_on_hides_no_other(
    mlflow_server: TrackingServer, client: MlflowClient, experiment: str
) -> None:
    timed, untimed, early, epoch = insert_runs(mlflow_server, experiment, [START, None, -5, 0])
    with pytest.raises(mlflow.MlflowException, match="500"):
        client.search_runs([experiment])
    store = open_store(mlflow_server.url)
    chosen = RunQuery(run_ids=(timed, untimed, early, epoch, "another"))
    assert list(store.runs(chosen).run_ids) == [timed, epoch, early]
    assert list(store.runs(RunQuery(experiment_ids=(experiment,))).run_ids) == [timed, epoch, early]
    found = {one.experiment_id: one for one in store.experiments()}
    assert found[experiment].last_run_time == START


def test_of_many_experiments_those_in_use_and_the_latest_changed_know_their_newest_run(
    mlflow_server: TrackingServer,
    client: MlflowClient,
    experiment: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mlreview.store.api.EXPERIMENTS_LOOKED_UP", 1)
    monkeypatch.setattr("mlreview.store.api.NEWEST_RUNS", 3)
    in_use, changed = experiment, client.create_experiment(f"changed-{tmp_path}", artifact_location=tmp_path.as_uri())
    far = START * 10
    insert_runs(mlflow_server, in_use, [far, far + 2, far + 1], "used")
    insert_runs(mlflow_server, changed, [START, START + 5])
    client.set_experiment_tag(changed, "touched", "last")
    with database(mlflow_server) as connection, connection:
        connection.execute("UPDATE experiments SET last_update_time = ? WHERE experiment_id = ?", (far, changed))
    found = {one.experiment_id: one for one in open_store(mlflow_server.url).experiments()}
    assert found[in_use].last_run_time == far + 2
    assert found[changed].last_run_time == START + 5
    assert next(iter(found)) == in_use
    erase_all = "DELETE FROM runs WHERE experiment_id IN (?, ?)"
    with database(mlflow_server) as connection, connection:
        connection.execute(erase_all, (in_use, changed))


# --- chosen runs --------------------------------------------------------------------------------------------------


def test_two_thousand_run_ids_work_and_unknown_ones_are_left_out(
    mlflow_server: TrackingServer, experiment: str
) -> None:
    run_ids = insert_runs(mlflow_server, experiment, [START + row for row in range(1_000)])
    asked = [*(f"missing{row}" for row in range(1_000)), *run_ids]
    table = open_store(mlflow_server.url).runs(RunQuery(run_ids=tuple(asked)))
    assert list(table.run_ids) == run_ids[::-1]


def test_run_ids_that_no_run_can_have_never_reach_a_filter(mlflow_server: TrackingServer, experiment: str) -> None:
    run_ids = insert_runs(mlflow_server, experiment, [START + row for row in range(6)])
    hostile = ("' OR 1=1", "a') OR attributes.run_id IN ('b", "", "../x", "a b", "x" * 300)
    store = open_store(mlflow_server.url)
    assert set(store.runs(RunQuery(run_ids=(*hostile, *run_ids))).run_ids) == set(run_ids)
    assert store.curves(hostile, ["loss"]) == ()
    assert store.model_versions(hostile) == ()
    for run_id in (*hostile, "0" * 32):
        with pytest.raises(NotFoundError, match="There is no run"):
            store.run(run_id)


def test_chosen_runs_stay_within_the_experiments_that_are_named(
    mlflow_server: TrackingServer, client: MlflowClient, experiment: str, tmp_path: Path
) -> None:
    other = client.create_experiment(f"other-{tmp_path}", artifact_location=tmp_path.as_uri())
    mine = insert_runs(mlflow_server, experiment, [START + row for row in range(5)])
    theirs = insert_runs(mlflow_server, other, [START + row for row in range(5)])
    store = open_store(mlflow_server.url)
    for some in (1, 5):
        query = RunQuery(experiment_ids=(experiment,), run_ids=(*mine[:some], *theirs[:some]))
        assert set(store.runs(query).run_ids) == set(mine[:some])


def test_event_tags_are_refused_as_columns(mlflow_server: TrackingServer) -> None:
    query = RunQuery(experiment_ids=("0",), tags=(names.EVENT_TAG_PREFIX + "01ABC",))
    with pytest.raises(BadInputError, match="never a column"):
        open_store(mlflow_server.url).runs(query)


# --- histories ----------------------------------------------------------------------------------------------------


def test_a_history_longer_than_a_page_comes_whole_in_order_and_without_repeats(
    mlflow_server: TrackingServer, client: MlflowClient, experiment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rest, "HISTORY_PAGE", 7)
    run_id = client.create_run(experiment).info.run_id
    values = [math.sin(step) for step in range(40)]
    values[11:14] = [math.nan, math.inf, -math.inf]
    points = [Metric("loss", value, START - step, step - 20) for step, value in enumerate(values)]
    client.log_batch(run_id, points + points[:5])
    (curve,) = open_store(mlflow_server.url).curves([run_id, "0" * 32], ["loss", "accuracy"])
    assert (curve.run_id, curve.metric, curve.total) == (run_id, "loss", 40)
    assert curve.steps.tolist() == list(range(-20, 20))
    np.testing.assert_array_equal(curve.values, values)


def test_a_point_that_arrives_while_a_history_is_paged_makes_no_other_come_twice(
    mlflow_server: TrackingServer, client: MlflowClient, experiment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rest, "HISTORY_PAGE", 3)
    run_id = client.create_run(experiment).info.run_id
    client.log_batch(run_id, [Metric("loss", step, START + step, step) for step in range(9)])
    asked: list[str] = []

    def late_point(request: Seen, pass_on: Callable[[], Answer]) -> Answer:
        if "get-history" in request.path:
            asked.append(request.path)
            if len(asked) == 2:  # an earlier time than any: all pages move by one
                client.log_metric(run_id, "loss", 99.0, START - 1, 50)
        return pass_on()

    with before(mlflow_server.url, late_point) as site:
        (curve,) = open_store(site.url).curves([run_id], ["loss"])
    assert len(asked) > 3
    assert curve.steps.tolist() == list(range(9))


def test_extremes_are_those_of_the_full_history(
    mlflow_server: TrackingServer, client: MlflowClient, experiment: str
) -> None:
    first, second, empty = (client.create_run(experiment).info.run_id for _ in range(3))
    points = [(3, 0.5), (-1, 0.9), (0, math.nan), (1, 0.9), (2, 0.1), (5, 0.1)]
    client.log_batch(first, [Metric("auc", value, START, step) for step, value in points])
    client.log_batch(second, [Metric("auc", math.nan, START, 1), Metric("auc", math.nan, START, 2)])
    found = open_store(mlflow_server.url).extremes([second, first, empty, first], "auc")
    np.testing.assert_array_equal(found.minimum, [math.nan, 0.1, math.nan, 0.1])
    np.testing.assert_array_equal(found.maximum, [math.nan, 0.9, math.nan, 0.9])
    assert found.minimum_step.tolist() == [0, 2, 0, 2]
    assert found.maximum_step.tolist() == [0, -1, 0, -1]
    assert found.count.tolist() == [2, 6, 0, 6]


# --- the registry -------------------------------------------------------------------------------------------------


def test_registered_versions_have_all_their_aliases(
    mlflow_server: TrackingServer, client: MlflowClient, experiment: str
) -> None:
    run_id = client.create_run(experiment).info.run_id
    name = f"model-{experiment}"
    client.create_registered_model(name)
    for _ in range(11):
        client.create_model_version(name, "s3://bucket/model", run_id, tags={"kind": "test"}, description="said")
    client.set_registered_model_alias(name, "champion", "11")
    client.set_registered_model_alias(name, "blue", "11")
    client.set_registered_model_alias(name, "old", "2")
    store = open_store(mlflow_server.url)
    versions = store.model_versions([run_id])
    assert [version.version for version in versions] == [str(number) for number in range(11, 0, -1)]
    assert versions[0].aliases == ("blue", "champion")
    assert versions[9].aliases == ("old",)
    assert (versions[0].run_id, versions[0].status, versions[0].description) == (run_id, "READY", "said")
    assert versions[0].tags == {"kind": "test"}
    everything = store.model_versions()
    assert all(version in everything for version in versions)
    assert store.model_versions(["0" * 32]) == ()


def test_the_registry_can_be_another_store(
    mlflow_server: TrackingServer, client: MlflowClient, experiment: str, sqlite_store: str
) -> None:
    run_id = client.create_run(experiment).info.run_id
    elsewhere = MlflowClient(sqlite_store, registry_uri=sqlite_store)
    elsewhere.create_registered_model("elsewhere")
    elsewhere.create_model_version("elsewhere", "s3://bucket/model", run_id)
    elsewhere.set_registered_model_alias("elsewhere", "champion", "1")
    for registry in (sqlite_store, None):
        found = open_store(mlflow_server.url, registry_uri=registry).model_versions([run_id])
        assert [(one.name, one.aliases) for one in found] == ([("elsewhere", ("champion",))] if registry else [])
    # And the other way round: the registry is a server, the runs are in a database.
    name = f"served-{experiment}"
    client.create_registered_model(name)
    client.create_model_version(name, "s3://bucket/model", run_id)
    found = open_store(sqlite_store, registry_uri=mlflow_server.url).model_versions([run_id])
    assert [one.name for one in found] == [name]


# --- MLflow's client in the place of REST -------------------------------------------------------------------------


def test_reads_through_mlflows_client_are_the_same_as_over_rest(
    mlflow_server: TrackingServer, client: MlflowClient, experiment: str
) -> None:
    run_ids = insert_runs(mlflow_server, experiment, [START + row // 3 for row in range(10)])
    client.log_batch(run_ids[0], [Metric("loss", math.inf, START, 1), Metric("loss", math.nan, START, 2)])
    client.set_tag(run_ids[0], names.NOTE_TAG, "ü" * 300)
    client.log_param(run_ids[1], "empty", "")
    client.delete_run(run_ids[2])
    over_rest = open_store(mlflow_server.url)
    by_client = ApiStore(parse(mlflow_server.backend_uri), page_size=4)
    query = RunQuery(
        experiment_ids=(experiment,), lifecycle="all", params=None, tags=(names.NOTE_TAG,), note_heads=True
    )
    one, other = over_rest.runs(query), by_client.runs(query)
    for column in ("run_ids", "names", "users", "statuses", "lifecycles", "note_heads", "start_times", "end_times"):
        np.testing.assert_array_equal(getattr(one, column), getattr(other, column))
    assert one.metrics.keys() == other.metrics.keys() == {"loss"}
    assert one.params["empty"].tolist() == other.params["empty"].tolist()
    assert one.tags[names.NOTE_TAG].tolist() == other.tags[names.NOTE_TAG].tolist()
    for run_id in run_ids[:3]:
        assert str(over_rest.run(run_id)) == str(by_client.run(run_id))
    np.testing.assert_array_equal(
        over_rest.curves(run_ids[:2], ["loss"])[0].values, by_client.curves(run_ids[:2], ["loss"])[0].values
    )
    assert over_rest.experiments("all") == by_client.experiments("all")
    assert over_rest.model_versions() == by_client.model_versions()
    with pytest.raises(NotFoundError):
        by_client.run("0" * 32)


def test_a_database_whose_driver_is_not_installed_is_one_clear_error() -> None:
    assert importlib.util.find_spec("MySQLdb") is None
    with pytest.raises(StoreError, match=r"mysql://user:\*\*\*@127\.0\.0\.1/db needs a package .*: MySQLdb") as caught:
        open_store("mysql://user:s3cr3t-pass@127.0.0.1/db").experiments()
    assert "s3cr3t" not in str(caught.value)


def test_databricks_without_a_login_is_one_clear_error() -> None:
    with pytest.raises(StoreError, match=r"databricks could not be used through MLflow's client: .*databricks-sdk"):
        open_store("databricks").experiments()


# --- servers that are down, slow, closed, or none -----------------------------------------------------------------


def test_a_server_that_is_down_is_one_clear_error() -> None:
    with pytest.raises(StoreError) as caught:
        open_store(f"http://user:s3cr3t-pass@127.0.0.1:{free_port()}").experiments()
    assert "not reachable: nothing listens there" in caught.value.message
    assert "s3cr3t" not in str(caught.value)


def test_a_host_that_does_not_exist_is_one_clear_error() -> None:
    with pytest.raises(StoreError, match=r"not reachable: (its name is unknown|no connection)"):
        open_store("http://no-such-host.invalid", timeout=5).experiments()


@pytest.mark.parametrize("by_mlflow", [False, True])
def test_a_server_that_takes_questions_and_never_answers_is_given_up_on(
    by_mlflow: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if by_mlflow:
        monkeypatch.setenv("MLFLOW_WORKSPACE", "default")
    with silent() as url, pytest.raises(StoreError, match=r"did not answer within 0\.5 seconds"):
        open_store(url, timeout=0.5).experiments()


def test_a_server_that_dies_during_a_paged_read_ends_it_with_one_clear_error(
    mlflow_server: TrackingServer, experiment: str
) -> None:
    insert_runs(mlflow_server, experiment, [START + row for row in range(30)])
    searches: list[Seen] = []

    def dies(request: Seen, pass_on: Callable[[], Answer]) -> Answer:
        searches.append(request)
        return pass_on() if len(searches) < 4 else Answer(body=None)

    with before(mlflow_server.url, dies) as site:
        store = ApiStore(parse(site.url), page_size=4, timeout=5)
        with pytest.raises(StoreError, match="not reachable"):
            store.runs(RunQuery(experiment_ids=(experiment,)))


@pytest.mark.parametrize("hiccup", [Answer(503, "busy", "text/plain"), Answer(500), Answer(body=None)])
def test_one_hiccup_of_a_server_is_forgiven(mlflow_server: TrackingServer, hiccup: Answer) -> None:
    asked: list[Seen] = []

    def hiccups(request: Seen, pass_on: Callable[[], Answer]) -> Answer:
        asked.append(request)
        return hiccup if len(asked) == 1 else pass_on()

    with before(mlflow_server.url, hiccups) as site, pytest.raises(NotFoundError):
        open_store(site.url).run("0" * 32)
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(401, "You are not authenticated.", "text/plain"), "MLFLOW_TRACKING_USERNAME"),
        (
            Answer(403, json.dumps({"error_code": "PERMISSION_DENIED", "message": "Permission denied"})),
            "Permission denied",
        ),
        (Answer(403, "Invalid Host header", "text/plain"), "Invalid Host header"),
        (Answer(200, "<html><body>Sign in</body></html>", "text/html"), "text/html instead of JSON"),
        (Answer(200, "[]"), "instead of JSON"),
        (Answer(404, "<html>Not here</html>", "text/html"), "no MLflow server, or one that is too old"),
        (Answer(404, json.dumps({"error_code": "ENDPOINT_NOT_FOUND", "message": "?"})), "too old"),
        (Answer(404, json.dumps({"detail": "Not Found"})), "no MLflow server"),
        (Answer(500, json.dumps({"error_code": "INTERNAL_ERROR", "message": "disk is full"})), "disk is full"),
        (Answer(500, "<html>Oops</html>", "text/html"), "could not answer (500)"),
        (Answer(503, "busy", "text/plain"), "could not answer (503: busy)"),
        (Answer(500, "lost postgresql://admin:hunter22@db/mlflow", "text/plain"), "admin:***@db"),
    ],
)
def test_an_answer_that_is_none_is_one_clear_error(answer: Answer, words: str) -> None:
    with answering(lambda _: answer) as site, pytest.raises(StoreError) as caught:
        open_store(site.url).experiments()
    assert words in str(caught.value)
    assert not any(part in str(caught.value) for part in ("<html", "hunter22"))


# --- logins and certificates --------------------------------------------------------------------------------------

USER = {"MLFLOW_TRACKING_USERNAME": "ada", "MLFLOW_TRACKING_PASSWORD": "pä:ss%word"}
TOKEN = {"MLFLOW_TRACKING_TOKEN": "tok-123"}


@pytest.mark.parametrize("environment", [{}, USER, TOKEN, USER | TOKEN, {"MLFLOW_TRACKING_USERNAME": "ada"} | TOKEN])
@pytest.mark.parametrize("credentials", ["", "eve:in-uri@"])
@pytest.mark.parametrize("kept", [None, "[mlflow]\nmlflow_tracking_username = file\nmlflow_tracking_password = kept\n"])
def test_logins_are_sent_as_mlflows_own_client_sends_them(
    environment: dict[str, str],
    credentials: str,
    kept: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    if kept:
        (tmp_path / ".mlflow").mkdir()
        (tmp_path / ".mlflow" / "credentials").write_text(kept)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with answering(lambda _: Answer()) as site:
        uri = site.url.replace("http://", f"http://{credentials}")
        open_store(uri).experiments()
        MlflowClient(uri).search_experiments()
        ours, theirs = (request.headers.get("Authorization") for request in site.seen)
    assert ours == theirs
    assert bool(ours) == bool(environment or credentials or kept)


@pytest.mark.parametrize(
    "content",
    [
        b"mlflow_tracking_password hunter22\n",
        b"[mlflow]\nhunter22\n",
        b"[mlflow]\na = hunter22\na = hunter22\n",
        b"\xff\xfe",
    ],
)
@pytest.mark.parametrize("by_mlflow", [False, True])
def test_a_file_of_logins_that_can_not_be_understood_is_named_and_never_quoted(
    content: bytes, by_mlflow: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".mlflow").mkdir()
    (tmp_path / ".mlflow" / "credentials").write_bytes(content)
    if by_mlflow:
        monkeypatch.setenv("MLFLOW_WORKSPACE", "default")
    with answering(lambda _: Answer()) as site:
        with pytest.raises(StoreError, match=r"~/\.mlflow/credentials") as reading:
            open_store(site.url).experiments()
        with pytest.raises(WriteError, match=r"~/\.mlflow/credentials") as writing:
            open_writer(site.url).set_tag("0" * 32, "key", "value")
        assert not site.seen
    for caught in (reading, writing):
        assert "hunter22" not in str(caught.value)


def test_what_a_team_has_set_up_beyond_logins_goes_through_mlflows_own_request(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not needs_mlflow(os.environ)
    monkeypatch.setenv("MLFLOW_TRACKING_AUTH", "kubernetes")
    assert needs_mlflow(os.environ)
    monkeypatch.delenv("MLFLOW_TRACKING_AUTH")
    monkeypatch.setenv("MLFLOW_WORKSPACE", "default")
    gone = Answer(404, json.dumps({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "Run not found"}))
    with answering(lambda request: gone if "runs/get" in request.path else Answer()) as site:
        store = open_store(site.url)
        assert store.experiments() == ()
        with pytest.raises(NotFoundError):
            store.run("0" * 32)
        for request in site.seen:
            assert {name.lower(): value for name, value in request.headers.items()}["x-mlflow-workspace"] == "default"


def test_a_plugin_that_adds_headers_is_asked_for_them(mlflow_server: TrackingServer, tmp_path: Path) -> None:
    (tmp_path / "header_plugin.py").write_text(
        "class Provider:\n"
        "    def in_context(self):\n        return True\n"
        "    def request_headers(self):\n        return {'X-Team': 'reviewers'}\n"
    )
    info = tmp_path / "header_plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: header-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[mlflow.request_header_provider]\nteam = header_plugin:Provider\n")
    code = "import sys, mlreview.store\nprint(mlreview.store.open_store(sys.argv[1]).curves(['0' * 32], ['loss']))"
    command = [sys.executable, "-c", code]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])])}
    with before(mlflow_server.url, lambda _, pass_on: pass_on()) as site:
        done = subprocess.run([*command, site.url], check=True, env=environment, capture_output=True, text=True)
        assert {request.headers.get("X-Team") for request in site.seen} == {"reviewers"}
    assert done.stdout.strip() == "()"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1, with its key in the same file."""
    folder = tmp_path_factory.mktemp("tls")
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    )
    subprocess.run(
        [*command.split(), "-keyout", "key.pem", "-out", "cert.pem"], cwd=folder, check=True, capture_output=True
    )
    both = folder / "both.pem"
    both.write_text((folder / "cert.pem").read_text() + (folder / "key.pem").read_text())
    return both


@pytest.fixture
def tls_server(certificate: Path) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with answering(lambda _: Answer(), tls=context) as site:
        yield site.url


def test_a_certificate_that_nobody_trusts_is_refused_and_the_variable_named(tls_server: str) -> None:
    with pytest.raises(StoreError, match="MLFLOW_TRACKING_SERVER_CERT_PATH"):
        open_store(tls_server).experiments()


@pytest.mark.parametrize("name", ["MLFLOW_TRACKING_SERVER_CERT_PATH", "MLFLOW_TRACKING_INSECURE_TLS"])
@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_mlflows_variables_for_certificates_are_honoured(
    tls_server: str, certificate: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "true" if "INSECURE" in name else str(certificate))
    assert open_store(tls_server).experiments() == ()
