"""Artifacts: read alike by every reader, and put beside a run once and for all."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlflow import MlflowClient

from mlreview import names
from mlreview.entities import Artifact
from mlreview.errors import BadInputError, MlreviewError, NotFoundError, StoreError, WriteError
from mlreview.store import open_store, open_writer
from mlreview.store.api import ApiStore
from mlreview.store.artifacts import LocalArtifacts, artifacts_of, check_path, local_root
from mlreview.store.base import RunStore, RunWriter
from mlreview.store.uris import parse
from tests.store.servers import Answer, Seen, before
from tests.stores import TrackingServer, free_port

pytestmark = pytest.mark.xdist_group("stores")

SERVER, POSTGRES = pytest.mark.server, pytest.mark.postgres
PLACES = [
    pytest.param(("sqlite_store", "folder", "direct"), id="sqlite"),
    pytest.param(("sqlite_store", "folder", "client"), id="mlflow's client on sqlite"),
    pytest.param(("postgres_store", "folder", "direct"), id="postgresql", marks=POSTGRES),
    pytest.param(("mlflow_server", "folder", "direct"), id="server, folder", marks=SERVER),
    pytest.param(("mlflow_server", "proxied", "direct"), id="server, proxied", marks=SERVER),
    pytest.param(("mlflow_server", "proxied", "dsn"), id="tables beside a server, proxied", marks=SERVER),
    pytest.param(
        ("postgres_mlflow_server", "proxied", "direct"), id="server over postgresql", marks=[SERVER, POSTGRES]
    ),
]
TEXT = "Ünïcödé\r\n👩‍👩‍👧\n".encode()


@dataclass
class Place:
    """A run, both ways to it, and MLflow's client to look at what is really there."""

    uri: str
    store: RunStore
    writer: RunWriter
    client: MlflowClient
    run: str


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    fixture, root, way = request.param
    found = request.getfixturevalue(fixture)
    uri = found.url if isinstance(found, TrackingServer) else found
    client = MlflowClient(uri, registry_uri=uri)
    location = (tmp_path / "artifacts of runs").as_uri() if root == "folder" else None
    run = client.create_run(client.create_experiment(str(tmp_path), artifact_location=location)).info.run_id
    if way == "client":
        store: RunStore = ApiStore(parse(uri))
    else:
        store = open_store(uri, read_dsn=found.backend_uri if way == "dsn" else None)
    yield Place(uri, store, open_writer(uri), client, run)
    store.close()


def test_what_was_put_is_listed_and_read_byte_for_byte(place: Place) -> None:
    assert place.store.artifacts(place.run) == ()
    assert place.store.artifacts(place.run, "mlreview/notes") == ()
    place.writer.put_artifact(place.run, "mlreview/notes/b.md", TEXT)
    place.writer.put_artifact(place.run, "mlreview/notes/a.md", b"")
    place.writer.put_artifact(place.run, "model_summary.txt", bytes(range(256)) * 5000)
    assert place.store.artifacts(place.run) == (
        Artifact("mlreview", is_dir=True),
        Artifact("model_summary.txt", is_dir=False, size=1_280_000),
    )
    empty, other = place.store.artifacts(place.run, "mlreview/notes")
    assert (empty.path, empty.is_dir, empty.size or 0) == ("mlreview/notes/a.md", False, 0)
    assert other == Artifact("mlreview/notes/b.md", is_dir=False, size=len(TEXT))
    assert place.store.artifacts(place.run, "model_summary.txt") == ()
    assert place.store.read_artifact(place.run, "mlreview/notes/b.md") == TEXT
    assert place.store.read_artifact(place.run, "mlreview/notes/a.md") == b""
    assert place.store.read_artifact(place.run, "model_summary.txt") == bytes(range(256)) * 5000
    assert Path(place.client.download_artifacts(place.run, "mlreview/notes/b.md")).read_bytes() == TEXT


def test_files_of_a_logged_model_are_read_as_they_are_and_nothing_outside_of_it(place: Place, tmp_path: Path) -> None:
    folder = tmp_path / "a model"
    (folder / "data").mkdir(parents=True)
    (folder / "MLmodel").write_bytes(TEXT)
    (folder / "data" / "weights.bin").write_bytes(bytes(range(256)))
    experiment = place.client.get_run(place.run).info.experiment_id
    made = place.client.create_logged_model(experiment, "classifier", place.run)
    place.client.log_model_artifacts(made.model_id, str(folder))
    place.client.finalize_logged_model(made.model_id, "READY")
    (model,) = place.store.logged_models((place.run,))
    listed = place.store.model_artifacts(model)
    assert listed == (Artifact("MLmodel", is_dir=False, size=len(TEXT)), Artifact("data", is_dir=True))
    assert place.store.model_artifacts(model, "data") == (Artifact("data/weights.bin", is_dir=False, size=256),)
    assert place.store.model_artifacts(model, "no such folder") == ()
    with pytest.raises(BadInputError):
        place.store.model_artifacts(model, "../elsewhere")
    assert place.store.read_model_artifact(model, "MLmodel") == TEXT
    assert place.store.read_model_artifact(model, "data/weights.bin", limit=256) == bytes(range(256))
    with pytest.raises(StoreError, match="larger than"):
        place.store.read_model_artifact(model, "data/weights.bin", limit=255)
    for missing in ("conda.yaml", "data/conda.yaml"):
        with pytest.raises(NotFoundError):
            place.store.read_model_artifact(model, missing)
    with pytest.raises(MlreviewError):  # a folder: the server says so, a disk that there is no such file
        place.store.read_model_artifact(model, "data")
    with pytest.raises(BadInputError):
        place.store.read_model_artifact(model, "../MLmodel")


def test_a_file_is_never_replaced_by_another_and_putting_the_same_again_is_fine(place: Place) -> None:
    place.writer.put_artifact(place.run, "a/b.txt", b"first")
    place.writer.put_artifact(place.run, "a/b.txt", b"first")
    with pytest.raises(WriteError, match="not replaced"):
        place.writer.put_artifact(place.run, "a/b.txt", b"second")
    assert place.store.read_artifact(place.run, "a/b.txt") == b"first"


def test_what_is_not_there_is_said_to_be_missing(place: Place) -> None:
    place.writer.put_artifact(place.run, "a/b.txt", b"x")
    for path in ("b.txt", "a/c.txt", "a", "a/b.txt/c"):
        with pytest.raises(NotFoundError, match="no artifact"):
            place.store.read_artifact(place.run, path)
    for missing in ("0" * 32, "not a run!"):
        with pytest.raises(NotFoundError):
            place.store.artifacts(missing)
        with pytest.raises(NotFoundError):
            place.store.read_artifact(missing, "a")
    with pytest.raises(NotFoundError, match="Nothing was written"):
        place.writer.put_artifact("0" * 32, "a", b"x")


def test_a_file_above_the_limit_is_refused_whole(place: Place) -> None:
    place.writer.put_artifact(place.run, "a.txt", b"12345")
    assert place.store.read_artifact(place.run, "a.txt", limit=5) == b"12345"
    with pytest.raises(StoreError, match="larger than"):
        place.store.read_artifact(place.run, "a.txt", limit=4)


def test_artifacts_of_a_deleted_run_are_read_and_none_are_added(place: Place) -> None:
    place.writer.put_artifact(place.run, "a.txt", b"x")
    place.client.delete_run(place.run)
    assert place.store.read_artifact(place.run, "a.txt") == b"x"
    with pytest.raises(WriteError, match="deleted"):
        place.writer.put_artifact(place.run, "b.txt", b"x")


BAD_PATHS = ["..", "../x", "a/../../x", "/etc/passwd", "a//b", "a/", "./a", "a\\..\\b", "a\0b", "file:///etc/passwd"]
BAD_PATHS += ["%2e%2e/x", "a\nb", "C:/x"]


@pytest.mark.parametrize("path", BAD_PATHS)
def test_a_path_that_could_lead_out_of_the_run_is_refused_before_anything_is_opened(
    sqlite_store: str, tmp_path: Path, path: str
) -> None:
    client = MlflowClient(sqlite_store)
    run = client.create_run(client.create_experiment("x", tmp_path.as_uri())).info.run_id
    store = open_store(sqlite_store)
    with pytest.raises(BadInputError):
        store.read_artifact(run, path)
    with pytest.raises(BadInputError):
        store.artifacts(run, path)
    with pytest.raises(BadInputError):
        open_writer(sqlite_store).put_artifact(run, path, b"x")


@given(st.text(max_size=30))
def test_a_path_that_is_taken_stays_inside_whatever_it_is(path: str) -> None:
    try:
        check_path(path)
    except BadInputError:
        return
    inside = Path("/run", path)
    assert inside == Path("/run") or Path("/run") in Path(os.path.normpath(inside)).parents


def test_links_out_of_a_run_are_neither_listed_nor_read(tmp_path: Path) -> None:
    root, outside = tmp_path / "run", tmp_path / "outside"
    (root / "in").mkdir(parents=True)
    outside.mkdir()
    (outside / "secret.txt").write_text("secret")
    (root / "in" / "own.txt").write_text("own")
    (root / "file-out").symlink_to(outside / "secret.txt")
    (root / "folder-out").symlink_to(outside)
    (root / "up").symlink_to("..")
    (root / "loop").symlink_to("loop")
    (root / "link-in").symlink_to("in/own.txt")
    os.mkfifo(root / "pipe")
    artifacts = LocalArtifacts(root)
    assert [one.path for one in artifacts.list("")] == ["in", "link-in"]
    assert artifacts.read("link-in", 100) == b"own"
    assert artifacts.list("folder-out") == ()
    for path in ("file-out", "folder-out/secret.txt", "up/outside/secret.txt", "loop", "pipe", "in"):
        with pytest.raises(NotFoundError):
            artifacts.read(path, 100)


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///a/b%20c", "/a/b c"),
        ("file://localhost/a", "/a"),
        ("/a/b", "/a/b"),
        ("mlruns/0", "mlruns/0"),
        ("file://host/a", None),
        ("s3://bucket/a", None),
        ("mlflow-artifacts:/1/2", None),
        ("dbfs:/x", None),
    ],
)
def test_an_artifact_address_is_a_folder_here_or_is_not(uri: str, path: str | None) -> None:
    found = local_root(uri)
    assert (found and str(found)) == path


def test_artifacts_that_only_a_server_hands_on_name_the_way_out(sqlite_store: str) -> None:
    client = MlflowClient(sqlite_store)
    run = client.create_run(client.create_experiment("x", "mlflow-artifacts:/x")).info.run_id
    store = open_store(sqlite_store)
    for attempt in (
        lambda: store.artifacts(run),
        lambda: store.read_artifact(run, "a"),
        lambda: open_writer(sqlite_store).put_artifact(run, "a", b"x"),
    ):
        with pytest.raises(MlreviewError, match="read_dsn"):
            attempt()


def test_an_artifact_store_without_its_package_or_out_of_reach_is_one_clear_error() -> None:
    reached = artifacts_of("s3://bucket/run", "r", 3.0)
    with pytest.raises(StoreError, match=r"could not be used|not installed|did not answer"):
        reached.list("")


def test_a_folder_that_may_not_be_written_is_a_clear_error(sqlite_store: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("where a folder should be")
    client = MlflowClient(sqlite_store)
    run = client.create_run(client.create_experiment("x", (tmp_path / "file").as_uri())).info.run_id
    with pytest.raises(WriteError, match=r"was not written.*Nothing was written"):
        open_writer(sqlite_store).put_artifact(run, "a/b.md", b"x")


@pytest.mark.server
def test_a_place_that_the_server_does_not_see_is_not_written_and_named(
    mlflow_server: TrackingServer, tmp_path: Path
) -> None:
    """A folder of the server's machine, as this machine sees it: MLflow's client makes the same folder here."""
    client = MlflowClient(mlflow_server.url)
    run = client.create_run(client.create_experiment(str(tmp_path), (tmp_path / "here").as_uri())).info.run_id

    def elsewhere(request: Seen, pass_on: Callable[[], Answer]) -> Answer:
        if "artifact" in request.path:
            gone = '{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "No such artifact"}'
            return Answer(404, gone) if "get-artifact" in request.path else Answer(200, "{}")
        return pass_on()

    with before(mlflow_server.url, elsewhere) as site, pytest.raises(WriteError, match="does not share"):
        open_writer(site.url).put_artifact(run, "a.md", b"x")


def test_a_server_that_is_down_means_not_written() -> None:
    with pytest.raises(WriteError, match=r"was not written.*Nothing was written"):
        open_writer(f"http://127.0.0.1:{free_port()}").put_artifact("0" * 32, "a", b"x")


def test_a_file_that_is_too_large_is_refused(sqlite_store: str) -> None:
    with pytest.raises(BadInputError, match="at most"):
        open_writer(sqlite_store).put_artifact("0" * 32, "a", bytes(names.MAX_ARTIFACT_BYTES + 1))


def test_of_several_writers_of_one_param_the_first_wins_and_all_learn_its_value(place: Place) -> None:
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda n: place.writer.log_param(place.run, "mlreview.seq.1", f"hash {n}"), range(8)))
    assert len(set(told)) == 1
    assert place.client.get_run(place.run).data.params == {"mlreview.seq.1": told[0]}
    assert place.writer.log_param(place.run, "mlreview.seq.1", "later") == told[0]


def test_a_param_that_a_store_would_cut_or_refuse_is_refused_before(sqlite_store: str) -> None:
    writer = open_writer(sqlite_store)
    for key, value in (("a@b", "x"), ("", "x"), ("k", "x" * 6001), ("k", "a\0b"), ("k", "\ud800")):
        with pytest.raises(BadInputError, match="Nothing was written"):
            writer.log_param("0" * 32, key, value)
    with pytest.raises(NotFoundError):
        writer.log_param("0" * 32, "k", "v")


def test_a_tag_is_read_from_where_it_is_written(place: Place) -> None:
    assert place.writer.read_tag(place.run, names.NOTE_TAG) is None
    place.client.set_tag(place.run, names.NOTE_TAG, "")
    assert place.writer.read_tag(place.run, names.NOTE_TAG) == ""
    with pytest.raises(NotFoundError):
        place.writer.read_tag("0" * 32, names.NOTE_TAG)
