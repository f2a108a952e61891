import json
import os
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mlflow import MlflowClient, MlflowException
from mlflow.utils import validation

from mlreview import names
from mlreview.errors import BadInputError, MlreviewError, NotFoundError, StoreError, WriteError
from mlreview.store import open_writer
from mlreview.store.base import RunWriter
from mlreview.store.client import limit_waiting
from tests.store.servers import Answer, Seen, answering, before, silent
from tests.stores import TrackingServer, free_port

KEY = "team.decision"

STORES = [
    pytest.param("sqlite_store", id="sqlite"),
    pytest.param("postgres_store", id="postgresql", marks=pytest.mark.postgres),
    pytest.param("mlflow_server", id="server over sqlite", marks=pytest.mark.server),
    pytest.param(
        "postgres_mlflow_server", id="server over postgresql", marks=[pytest.mark.server, pytest.mark.postgres]
    ),
]


class Place:
    """A store, a run in it, and MLflow's client to look at what is really there."""

    def __init__(self, uri: str, folder: Path) -> None:
        self.uri = uri
        self.client = MlflowClient(uri, registry_uri=uri)
        self.experiment = self.client.create_experiment(str(folder), artifact_location=folder.as_uri())
        self.run = self.client.create_run(self.experiment).info.run_id
        self.writer = open_writer(uri)

    def tags(self) -> dict[str, str]:
        return self.client.get_run(self.run).data.tags

    def experiment_tags(self) -> dict[str, str]:
        return self.client.get_experiment(self.experiment).tags


@pytest.fixture(params=STORES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    found = request.getfixturevalue(request.param)
    return Place(found.url if isinstance(found, TrackingServer) else found, tmp_path)


@pytest.fixture
def served(mlflow_server: TrackingServer, tmp_path: Path) -> Place:
    return Place(mlflow_server.url, tmp_path)


# --- what is written is there -------------------------------------------------------------------------------------


def test_tags_of_runs_and_experiments_are_stored_as_sent(place: Place) -> None:
    texts = {
        "plain": "approved",
        "empty": "",
        "line ends": "a\r\nb\nc\r",
        "unicode/ключ é": "Ünïcödé 👩‍👩‍👧 \u202e‮ عربي \ufeff\x01\t",
        "json: text": json.dumps({"by": "ada", "quote": "'\"`--;%s"}),
        "spaces": "  \n ",
        "longest": "👩" * names.MAX_TAG_CHARS,
        names.NOTE_TAG: "# Note\n",
    }
    for key, value in texts.items():
        place.writer.set_tag(place.run, key, value)
        place.writer.set_experiment_tag(place.experiment, key, value)
    assert {key: place.tags()[key] for key in texts} == texts
    assert place.experiment_tags() == texts
    place.writer.set_tag(place.run, "plain", "changed")
    assert place.tags()["plain"] == "changed"
    longest = "x" * names.MAX_EXPERIMENT_TAG_CHARS
    place.writer.set_experiment_tag(place.experiment, "longest", longest)
    assert place.experiment_tags()["longest"] == longest


def test_a_tag_can_be_removed_and_one_that_is_not_there_is_fine(place: Place) -> None:
    place.writer.set_tag(place.run, KEY, "x")
    place.writer.delete_tag(place.run, KEY)
    assert KEY not in place.tags()
    place.writer.delete_tag(place.run, KEY)
    with pytest.raises(NotFoundError):
        place.writer.delete_tag("0" * 32, KEY)


def test_a_run_or_experiment_that_is_not_there_is_said_to_be_missing(place: Place) -> None:
    with pytest.raises(NotFoundError, match="Nothing was written"):
        place.writer.set_tag("0" * 32, KEY, "x")
    with pytest.raises(NotFoundError, match="Nothing was written"):
        place.writer.set_experiment_tag("987654", KEY, "x")


def test_a_deleted_run_takes_no_tag_and_says_why(place: Place) -> None:
    place.client.delete_run(place.run)
    with pytest.raises(WriteError, match="was not written") as caught:
        place.writer.set_tag(place.run, KEY, "x")
    assert "restore it" in str(caught.value)
    assert KEY not in place.tags()


def test_writers_who_set_one_new_tag_to_one_value_together_all_succeed(place: Place) -> None:
    """All but the first can be refused with a 400, which MLflow's client does not repeat."""
    together = threading.Barrier(8)

    def write(writer: RunWriter) -> None:
        together.wait(30)
        writer.set_tag(place.run, KEY, "same")

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(write, place.writer) for _ in range(8)]:
            done.result()
    assert place.tags()[KEY] == "same"


def test_events_of_several_writers_under_keys_of_their_own_are_all_kept(place: Place) -> None:
    keys = [f"{names.EVENT_TAG_PREFIX}{number:026d}" for number in range(16)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda key: place.writer.set_tag(place.run, key, f'{{"key": "{key}"}}'), keys))
    assert {key: place.tags()[key] for key in keys} == {key: f'{{"key": "{key}"}}' for key in keys}


# --- what any store would cut, refuse or change is refused by all, before it is sent -------------------------------

BAD_KEYS = [
    "",
    "a@b.c",
    "emoji 👍",
    "a\nb",
    "line end\n",
    "nul\0",
    "half \ud83d",
    "/rooted",
    "trailing/",
    "two//slashes",
    "./here",
    "../up",
    "..hidden",
    ".",
    "a/../b",
    "quote'",
    "k" * 251,
    "mlflow.user",
    "mlflow.runName",
    "mlflow.note",
]
BAD_VALUES = ["x" * 8_001, "👩" * 8_001, "nul \0 inside", "half an emoji \ud83d", "\udc00"]


@pytest.mark.parametrize("writing", ["run", "experiment"])
def test_bad_keys_and_values_are_refused_and_nothing_is_written(place: Place, writing: str) -> None:
    target = place.run if writing == "run" else place.experiment
    write = place.writer.set_tag if writing == "run" else place.writer.set_experiment_tag
    now = place.tags if writing == "run" else place.experiment_tags
    longest = names.MAX_TAG_CHARS if writing == "run" else names.MAX_EXPERIMENT_TAG_CHARS
    untouched = now()
    for key in BAD_KEYS:
        with pytest.raises(BadInputError, match="Nothing was written"):
            write(target, key, "x")
    for value in BAD_VALUES:
        with pytest.raises(BadInputError, match="Nothing was written"):
            write(
                target, KEY, value.replace("x" * 8_001, "x" * (longest + 1)).replace("👩" * 8_001, "👩" * (longest + 1))
            )
    with pytest.raises(BadInputError):
        write("", KEY, "x")
    assert now() == untouched


@pytest.mark.parametrize("key", BAD_KEYS)
def test_bad_keys_are_refused_for_removal_as_well(served: Place, key: str) -> None:
    untouched = served.tags()
    with pytest.raises(BadInputError, match="Nothing was written"):
        served.writer.delete_tag(served.run, key)
    assert served.tags() == untouched


def test_what_is_refused_is_refused_without_a_question_to_the_server() -> None:
    writer = open_writer(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(BadInputError):
        writer.set_tag("0" * 32, "a@b", "x")
    with pytest.raises(BadInputError):
        writer.set_tag("0" * 32, KEY, "x" * 8_001)


def test_the_limits_are_those_of_the_installed_mlflow() -> None:
    assert validation.MAX_ENTITY_KEY_LENGTH == names.MAX_KEY_CHARS
    assert validation.MAX_EXPERIMENT_TAG_KEY_LENGTH == names.MAX_KEY_CHARS
    assert validation.MAX_TAG_VAL_LENGTH == names.MAX_TAG_CHARS
    assert validation.MAX_PARAM_VAL_LENGTH == names.MAX_PARAM_CHARS
    assert validation.MAX_EXPERIMENT_TAG_VAL_LENGTH == names.MAX_EXPERIMENT_TAG_CHARS


def _mlflow_takes(key: str) -> bool:
    with suppress(MlflowException):
        validation._validate_tag_name(key)
        return True
    return False


@given(st.text(st.sampled_from("ab./-_: é中@'\"\\\t\n\0👍Z9~|`"), max_size=12) | st.text(max_size=6))
@example("a\n")
@example("")
@example("//")
@example("..")
def test_the_rule_for_keys_is_that_of_the_installed_mlflow(key: str) -> None:
    # MLflow's pattern lets one line end through at the end, and takes the empty key for the path ".".
    expected = _mlflow_takes(key) and not key.endswith("\n")
    assert names.is_legal_key(key) == expected


# --- when things go wrong on the way ------------------------------------------------------------------------------


def test_a_lost_answer_is_no_error_and_doubles_nothing(served: Place) -> None:
    asked: list[str] = []

    def loses_the_first(request: Seen, pass_on: Callable[[], Answer]) -> Answer:
        answer = pass_on()
        asked.append(request.path)
        return Answer(body=None) if "set-tag" in request.path and len(asked) == 1 else answer

    with before(served.uri, loses_the_first) as site:
        open_writer(site.url).set_tag(served.run, KEY, "once")
    assert [path for path in asked if "set-tag" in path] == ["/api/2.0/mlflow/runs/set-tag"]
    assert served.tags()[KEY] == "once"


def test_a_write_that_did_not_arrive_is_repeated_once(served: Place) -> None:
    asked: list[str] = []

    def refuses_the_first(request: Seen, pass_on: Callable[[], Answer]) -> Answer:
        asked.append(request.path)
        collision = json.dumps({"error_code": "BAD_REQUEST", "message": "UNIQUE constraint failed"})
        return Answer(400, collision) if len(asked) == 1 else pass_on()

    with before(served.uri, refuses_the_first) as site:
        open_writer(site.url).set_tag(served.run, KEY, "arrived")
    assert served.tags()[KEY] == "arrived"
    assert sum("set-tag" in path for path in asked) == 2


def test_a_write_that_is_refused_twice_says_that_nothing_was_changed(served: Place) -> None:
    def refuses(request: Seen, pass_on: Callable[[], Answer]) -> Answer:
        broken = json.dumps({"error_code": "BAD_REQUEST", "message": "disk is full"})
        return Answer(400, broken) if "set-tag" in request.path else pass_on()

    with (
        before(served.uri, refuses) as site,
        pytest.raises(WriteError, match=r"was not written.*disk is full") as caught,
    ):
        open_writer(site.url).set_tag(served.run, KEY, "x")
    assert "there is no such tag now" in str(caught.value)
    assert KEY not in served.tags()


@pytest.mark.parametrize(
    ("other", "words"), [("cut o", "the store holds 5 characters; it was cut"), ("elsewhere", "somebody else may have")]
)
def test_something_else_in_the_store_than_what_was_sent_is_an_error(served: Place, other: str, words: str) -> None:
    def meddles(request: Seen, pass_on: Callable[[], Answer]) -> Answer:
        answer = pass_on()
        if "set-tag" in request.path:
            served.client.set_tag(served.run, KEY, other)
        return answer

    with before(served.uri, meddles) as site, pytest.raises(WriteError, match=re.escape(words)) as caught:
        open_writer(site.url).set_tag(served.run, KEY, "cut off by somebody")
    assert "Nothing else was changed" in str(caught.value)


def test_a_removed_tag_that_comes_back_is_an_error(served: Place) -> None:
    def meddles(request: Seen, pass_on: Callable[[], Answer]) -> Answer:
        answer = pass_on()
        if "delete-tag" in request.path:
            served.client.set_tag(served.run, KEY, "again")
        return answer

    served.writer.set_tag(served.run, KEY, "x")
    with before(served.uri, meddles) as site, pytest.raises(WriteError, match="still there"):
        open_writer(site.url).delete_tag(served.run, KEY)


def test_a_server_that_is_down_means_not_written() -> None:
    uri = f"http://user:s3cr3t-pass@127.0.0.1:{free_port()}"
    with pytest.raises(WriteError, match=r"was not written\. .*nothing listens there") as caught:
        open_writer(uri).set_tag("0" * 32, KEY, "x")
    assert "s3cr3t" not in str(caught.value)


def test_a_server_that_never_answers_means_that_nobody_knows() -> None:
    with silent() as url, pytest.raises(WriteError, match=r"unknown: .*did not answer") as caught:
        open_writer(url, timeout=1).set_tag("0" * 32, KEY, "x")
    assert "repeating it does no harm" in str(caught.value)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_login_means_not_written_and_names_the_variables(status: int) -> None:
    refused = Answer(status, "You are not authenticated.", "text/plain")
    with answering(lambda _: refused) as site, pytest.raises(WriteError, match="was not written") as caught:
        open_writer(site.url).set_tag("0" * 32, KEY, "x")
    assert "MLFLOW_TRACKING_USERNAME" in str(caught.value)
    assert len(site.seen) == 1


def test_a_database_that_is_down_is_one_clear_error() -> None:
    uri = f"postgresql+psycopg://ada:s3cr3t-pass@127.0.0.1:{free_port()}/mlflow"
    with pytest.raises(StoreError, match=r"could not be opened: .*refused") as caught:
        open_writer(uri).set_tag("0" * 32, KEY, "x")
    assert "s3cr3t" not in str(caught.value)


def test_a_database_that_never_answers_is_given_up_on() -> None:
    with silent() as url:
        uri = url.replace("http://", "postgresql+psycopg://ada:s3cr3t-pass@") + "/mlflow"
        with pytest.raises(StoreError, match="could not be opened within 1 seconds"):
            open_writer(uri, timeout=1).set_tag("0" * 32, KEY, "x")


def test_a_database_of_another_schema_is_not_written_to(sqlite_store: str) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(sqlite_store.removeprefix("sqlite:///"))) as database, database:
        database.execute("UPDATE alembic_version SET version_num = 'abcdef012345'")
    with pytest.raises(MlreviewError, match="mlflow db upgrade"):
        open_writer(sqlite_store).set_tag("0" * 32, KEY, "x")


def test_patience_that_somebody_has_set_shorter_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "2")
    monkeypatch.delenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", raising=False)
    limit_waiting(5)
    assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "2"
    assert os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] == "0"
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "120")
    limit_waiting(4.5)
    assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "5"
