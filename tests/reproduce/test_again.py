"""Recorded runs are done again for real: their code from git, their data, a process of their own, the comparison."""

import hashlib
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mlreview import names
from mlreview.entities import RunQuery
from mlreview.records import RunRecord, parse_record
from mlreview.reproduce.compare import compare_runs
from mlreview.reproduce.evidence import EVIDENCE_TAGS, reproductions_of
from mlreview.store import open_store
from tests.reproduce.training import Bench, record, recorded_files, report
from tests.stores import copy_sqlite, free_port, sqlite_uri
from tests.training.test_provenance import git

NO_RECORD = RunRecord("1", "loop").to_json().encode()
"""As if ``track()`` had not been used."""


@pytest.fixture(scope="module")
def bench(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A run that was recorded once for all of these tests; each does it again in its own way."""
    folder = tmp_path_factory.mktemp("reproduce")
    return record(sqlite_uri(copy_sqlite(sqlite_template, folder / "mlflow.db")), folder)


def test_without_run_it_prints_what_was_recorded_and_the_steps(bench: Bench):
    shown = bench.call("reproduce", bench.run_id)
    assert shown.exit_code == 0, shown.output
    first = shown.stdout.splitlines()[0]
    assert "8 of 9 ingredients recorded; missing: repository (ask" in first
    assert "git worktree add --detach" in shown.stdout
    found = report(bench.call("reproduce", bench.run_id, "--json"))
    assert found["ready"]
    assert [one["name"] for one in found["ingredients"] if not one["recorded"]] == ["repository"]


def test_a_run_is_reproduced_after_the_repository_has_moved_on(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    allowed = []
    monkeypatch.setenv("MLREVIEW_REPRODUCE_TOLERANCE", "0.25")
    monkeypatch.setattr(
        "mlreview.reproduce.again.compare_runs",
        lambda *given, **named: allowed.append((*given, *named.values())) or compare_runs(*given, **named),
    )
    before = git(bench.repository, "status", "--porcelain")
    done = bench.call("reproduce", bench.run_id, "--run", "--yes", "--json", "--into", str(tmp_path / "again"))
    found = report(done)
    assert (found["verdict"], found["reason"], done.exit_code) == ("reproduced", None, 0)
    assert 0.25 in allowed[0], "the team's tolerance"
    assert {part["name"]: part["compared"] for part in found["parts"]} == {
        "data": 1,
        "params": 2,
        "curves": 1,
        "metrics": 1,
        "predictions": 0,
    }
    old, new = bench.client.get_run(bench.run_id), bench.client.get_run(found["new_run_id"])
    assert new.data.metrics == old.data.metrics
    assert new.data.params["momentum"] == "0.9"  # of the patch, which no commit has
    assert new.data.tags[names.REPRODUCES_TAG] == bench.run_id
    assert new.data.tags[names.GIT_COMMIT] == old.data.tags[names.GIT_COMMIT]
    assert not (tmp_path / "again").exists()
    assert git(bench.repository, "status", "--porcelain") == before
    assert len(git(bench.repository, "worktree", "list").splitlines()) == 1

    store = open_store(bench.uri)
    table = store.runs(RunQuery((old.info.experiment_id,), tags=EVIDENCE_TAGS))
    store.close()
    evidence = [one for one in reproductions_of(bench.run_id, table) if one.run_id == found["new_run_id"]]
    assert [(one.verdict, one.speaks_for) for one in evidence] == [("reproduced", True)]
    assert "\nReproduced once" in bench.call("reproduce", bench.run_id).stdout


def test_nothing_is_carried_out_that_nobody_confirmed(bench: Bench, tmp_path: Path):
    for answer in ("n\n", ""):
        asked = bench.call("reproduce", bench.run_id, "--run", "--into", str(tmp_path / "again"), answer=answer)
        assert asked.exit_code == 2
        assert "nobody confirmed it" in asked.output
        assert '+params = {"rate": chosen.rate, "momentum": 0.9}' in asked.stdout  # the patch
        assert "  SCALE = 0.5\n" in asked.stdout  # and the untracked source
        assert "start, without a shell: python train.py --rate 0.1" in asked.stdout
    assert not (tmp_path / "again").exists()
    assert len(git(bench.repository, "worktree", "list").splitlines()) == 1


def test_a_registered_model_means_the_run_that_it_is_from(bench: Bench):
    bench.client.create_registered_model("loops")
    bench.client.create_model_version("loops", f"runs:/{bench.run_id}/model", bench.run_id)
    bench.client.set_registered_model_alias("loops", "champion", "1")
    for subject in ("models:/loops/1", "models:/loops@champion"):
        assert report(bench.call("reproduce", subject, "--json"))["run_id"] == bench.run_id
    for subject, said in (
        ("models:/loops/2", "There are the versions 1@champion."),
        ("models:/x", "Write models:/NAME"),
    ):
        absent = bench.call("reproduce", subject)
        assert (absent.exit_code, said in absent.stderr) == (2, True)


def test_code_that_is_nowhere_to_be_had_is_named(bench: Bench, tmp_path: Path):
    absent = bench.like({names.GIT_COMMIT: "1" * 40}, {"run.json": NO_RECORD})
    assert "commit: no repository here has 111111111111" in refused(bench, absent)
    remote = f"https://127.0.0.1:{free_port()}/team/models.git"
    remote_only = bench.like({names.GIT_COMMIT: "1" * 40, names.GIT_REMOTE: remote}, {"run.json": NO_RECORD})
    said = refused(bench, remote_only, "--into", str(tmp_path / "again"))
    assert f"of a new clone of {remote} as a worktree" in said
    assert "can't be cloned" in said
    assert "--repo" in said
    assert not (tmp_path / "again").exists()


def refused(bench: Bench, run_id: str, *options: str) -> str:
    before = len(bench.client.search_runs(["1"]))
    done = bench.call("reproduce", run_id, "--run", "--yes", *options)
    assert done.exit_code == 2, done.output
    assert len(bench.client.search_runs(["1"])) == before
    assert len(git(bench.repository, "worktree", "list").splitlines()) == 1
    return done.output


def test_a_damaged_patch_is_named(bench: Bench):
    said = refused(bench, bench.like(files={"uncommitted.patch": b"diff --git a/train.py b/train.py\n"}))
    assert "uncommitted changes: The recorded patch is damaged: its SHA-256 is" in said


def test_a_damaged_source_is_named(bench: Bench):
    said = refused(bench, bench.like(files={"untracked/helper.py": b"SCALE = 3\n"}))
    assert "uncommitted changes: the untracked source helper.py is damaged" in said


def test_a_patch_that_does_not_fit_is_named(bench: Bench):
    patch = b"--- a/train.py\n+++ b/train.py\n@@ -1 +1 @@\n-nothing like it\n+x\n"
    files = {"uncommitted.patch": patch, "run.json": NO_RECORD}
    run_id = bench.like({names.PATCH_SHA: hashlib.sha256(patch).hexdigest()}, files)
    assert "does not fit the commit" in refused(bench, run_id)


def test_a_package_that_is_missing_is_named_before_anything_is_made(bench: Bench):
    run_id = bench.like(files={"requirements.txt": b"numpy>=1\nno-such-package-anywhere==9.9\n"})
    said = refused(bench, run_id, "--no-install")
    assert "packages: no-such-package-anywhere: 9.9 was recorded, none is here" in said
    assert "nothing was installed" in said


def test_a_package_that_no_index_has_is_named(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for key, value in (("PIP_NO_INDEX", "1"), ("UV_NO_INDEX", "1"), ("PIP_FIND_LINKS", str(tmp_path))):
        monkeypatch.setenv(key, value)
    run_id = bench.like(files={"requirements.txt": b"no-such-package-anywhere==9.9\n"})
    said = refused(bench, run_id)
    assert "can't be filled" in said
    assert "no-such-package-anywhere" in said


def without_file_digests(bench: Bench) -> bytes:
    record = parse_record(recorded_files(bench.client, bench.run_id)["run.json"].decode())
    return replace(record, data=tuple(replace(one, file_sha256=None) for one in record.data)).to_json().encode()


@pytest.fixture
def changed_data(bench: Bench) -> Iterator[None]:
    rows = bench.repository / "data" / "rows.csv"
    before = rows.read_text()
    rows.write_text("1\n2\n5\n")
    yield
    rows.write_text(before)


@pytest.mark.usefixtures("changed_data")
def test_data_whose_file_is_another_are_named_before_anything_is_made(bench: Bench):
    said = refused(bench, bench.run_id)
    assert "train data: data/rows.csv: not the file that was recorded: its SHA-256 is another" in said


@pytest.mark.usefixtures("changed_data")
def test_data_that_only_their_digest_knows_are_the_first_thing_that_differs(bench: Bench, tmp_path: Path):
    run_id = bench.like(files={"run.json": without_file_digests(bench)})
    done = bench.call("reproduce", run_id, "--run", "--yes", "--into", str(tmp_path / "again"))
    assert done.exit_code == 1, done.output
    last = done.stdout.strip().splitlines()[-1]
    assert last.startswith("not reproduced: here is the first thing that differs: train data: digest")
    assert (tmp_path / "again" / "output.log").exists()  # kept, to look at
    assert f"worktree remove --force {tmp_path / 'again' / 'code'}" in done.stderr
    git(bench.repository, "worktree", "remove", "--force", str(tmp_path / "again" / "code"))


def test_a_training_that_fails_says_with_what(bench: Bench, tmp_path: Path):
    run_id = bench.like(files={"untracked/helper.py": b"import absent_module\n", "run.json": NO_RECORD})
    done = bench.call("reproduce", run_id, "--run", "--yes", "--into", str(tmp_path / "again"))
    assert done.exit_code == 1, done.output
    assert "ended with exit code 1: ModuleNotFoundError: No module named 'absent_module'" in done.output
    git(bench.repository, "worktree", "remove", "--force", str(tmp_path / "again" / "code"))


def test_a_run_is_trained_again_on_new_data_with_its_note_carried_forward(bench: Bench, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bench.client.set_tag(bench.run_id, names.NOTE_TAG, "## Decisions and trade-offs\n\nSmall on purpose.\n")
    (tmp_path / "new.csv").write_text("7\n8\n")
    done = bench.call("retrain", bench.run_id, "--data", "new.csv", "--yes", "--json", "--save-note")
    found = report(done)
    new = bench.client.get_run(found["new_run_id"])
    assert new.data.tags[names.RETRAINS_TAG] == bench.run_id
    assert new.data.params == bench.client.get_run(bench.run_id).data.params
    assert new.data.metrics != bench.client.get_run(bench.run_id).data.metrics
    changed = {row["key"] for row in found["diff"]["sections"]["data"]}
    assert "train: digest" in changed
    assert not found["diff"]["sections"]["params"]
    note = new.data.tags[names.NOTE_TAG]
    assert note.startswith("Continues the note of [loop](")
    assert "Small on purpose." in note


def test_recorded_packages_get_an_environment_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """From a wheel in a folder, by the real installer; no index is asked."""
    import subprocess
    import zipfile

    from mlreview.reproduce.environment import interpreter, lacks, make_environment
    from mlreview.reproduce.requirements import read_requirements

    info = "tiny_for_test-1.5.dist-info"
    with zipfile.ZipFile(tmp_path / "tiny_for_test-1.5-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny_for_test.py", "VALUE = 15\n")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-for-test\nVersion: 1.5\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")
    for key in ("PIP_FIND_LINKS", "UV_FIND_LINKS"):
        monkeypatch.setenv(key, str(tmp_path))
    for key in ("PIP_NO_INDEX", "UV_NO_INDEX"):
        monkeypatch.setenv(key, "1")
    wanted = read_requirements("tiny-for-test==1.5\n--index-url https://evil.example\n")
    python = f"{sys.version_info.major}.{sys.version_info.minor}.99"
    assert [str(one) for one in lacks(interpreter(sys.executable), wanted, python)] == [
        "tiny-for-test: 1.5 was recorded, none is here"
    ]
    made = make_environment(tmp_path / "env", wanted, python, lambda line: None)
    assert lacks(interpreter(made), wanted, python) == ()
    done = subprocess.run([made, "-c", "import tiny_for_test as t; print(t.VALUE)"], capture_output=True, text=True)
    assert done.stdout.strip() == "15"
    assert "evil" not in (tmp_path / "requirements.txt").read_text()
    assert os.path.exists(made)
