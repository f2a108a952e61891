"""``mlreview note``, run as a person would run it, on a real store."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from mlflow import MlflowClient

from mlreview import names
from mlreview.cli import main

NOTE = "## Tried and compared\r\n\r\nAdam at 0.01 diverged. SGD did not, 👩‍👩‍👧.\r\n"


class Shell:
    """A store with one run, and the command."""

    def __init__(self, uri: str, folder: Path) -> None:
        self.uri, self.folder = uri, folder
        self.client = MlflowClient(uri, registry_uri=uri)
        self.experiment = self.client.create_experiment("sweep", folder.as_uri())
        self.run = self.client.create_run(self.experiment, run_name="the best").info.run_id

    def note(self, *arguments: str) -> Result:
        return CliRunner().invoke(main, ["note", *arguments, "--tracking-uri", self.uri])

    def set(self, text: str | bytes, *options: str) -> Result:
        file = self.folder / "note.md"
        self.folder.mkdir(exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return self.note("set", self.run, "--file", str(file), *options)

    def json(self, *arguments: str) -> Any:
        return json.loads(self.note(*arguments, "--json").stdout)

    def tag(self) -> str | None:
        return self.client.get_run(self.run).data.tags.get(names.NOTE_TAG)


@pytest.fixture
def shell(sqlite_store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setenv("MLREVIEW_USER", "ada")
    monkeypatch.chdir(tmp_path)
    return Shell(sqlite_store, tmp_path / "artifacts")


def test_a_note_is_written_and_printed_byte_for_byte(shell: Shell) -> None:
    none = shell.note("show", shell.run)
    assert (none.exit_code, none.stdout) == (1, "")
    assert shell.set(NOTE).exit_code == 0
    assert shell.tag() == NOTE
    shown = shell.note("show", shell.run)
    assert (shown.exit_code, shown.stdout_bytes) == (0, NOTE.encode())
    found = shell.json("show", shell.run)
    assert (found["text"], found["author"], found["filled"]) == (NOTE, "ada", ["Tried and compared"])


def test_a_run_is_named_by_the_beginning_of_its_id_as_long_as_only_one_begins_so(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.set(NOTE)
    short = shell.run[:8]
    assert shell.note("show", short.upper()).stdout_bytes == NOTE.encode()
    assert shell.json("history", short)["run_id"] == shell.run
    shell.run, whole = short, shell.run
    assert shell.set("by its short name").exit_code == 0
    shell.run = whole
    assert shell.tag() == "by its short name"
    for typed, words in (("abc", "too short"), ("0" * 31, "No run's id begins")):
        refused = shell.note("show", typed)
        assert refused.exit_code == 2
        assert words in refused.stderr
    # Seventeen runs: two of them begin with the same digit.
    runs = [shell.client.create_run(shell.experiment).info.run_id for _ in range(16)]
    monkeypatch.setattr("mlreview.run_ids.FEWEST_CHARS", 1)
    begun = [run_id[0] for run_id in [whole, *runs]]
    twice = next(one for one in begun if begun.count(one) > 1)
    refused = shell.note("show", twice)
    assert refused.exit_code == 2
    assert f"begins the ids of {begun.count(twice)} runs" in refused.stderr


def test_set_with_a_base_that_is_not_there_any_more_exits_with_1_and_changes_nothing(shell: Shell) -> None:
    assert shell.set("first", "--base", "none").exit_code == 0
    base = shell.json("show", shell.run)["sha"]
    shell.client.set_tag(shell.run, names.NOTE_TAG, "somebody else's")
    before = shell.note("history", shell.run, "--json").stdout
    for options in (("--base", base), ("--base", "none")):
        refused = shell.set("second", *options)
        assert refused.exit_code == 1
        assert "Nothing was changed" in refused.stderr
    assert shell.tag() == "somebody else's"
    assert shell.note("history", shell.run, "--json").stdout == before
    now = shell.json("show", shell.run)["sha"]
    assert shell.set("second", "--base", now).exit_code == 0
    assert shell.tag() == "second"
    assert shell.set("third", "--base", "abc").exit_code == 2


def test_a_save_that_got_no_answer_is_sent_again_with_one_effect(shell: Shell) -> None:
    save_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
    for _ in range(2):
        assert shell.set("text", "--base", "none", "--save-id", save_id).exit_code == 0
    assert [one["revision"] for one in shell.json("history", shell.run)["revisions"]] == [save_id]


def test_what_can_not_be_written_exits_with_2_and_says_why(shell: Shell) -> None:
    shell.set(NOTE)
    for text, words in (
        (b"\xff", "not UTF-8"),
        ("x" * 8_001, "cut off"),
        ("a\0", "NUL"),
        ("", "--force-empty"),
        ("token = ghp_" + "a" * 36, "secret"),
    ):
        refused = shell.set(text)
        assert refused.exit_code == 2, words
        assert words in refused.stderr
        assert "Nothing was written" in refused.stderr
    assert shell.tag() == NOTE
    assert shell.set("", "--force-empty").exit_code == 0
    assert shell.tag() == ""
    assert shell.set("password: hunter2secret", "--allow-secrets").exit_code == 0
    assert shell.note("show", "0" * 32).exit_code == 2
    assert shell.note("set", shell.run, "--file", "missing.md").exit_code == 2


def test_what_no_store_takes_is_refused_before_one_is_opened(tmp_path: Path) -> None:
    """In less than a second, then: what opens and writes a store is not even imported."""
    (tmp_path / "note.md").write_text("a\0", encoding="utf-8")
    script = (
        "import sys; from mlreview.cli import main\n"
        f"sys.argv = ['mlreview', 'note', 'set', 'r', '--file', {str(tmp_path / 'note.md')!r}]\n"
        "try: main()\n"
        "finally: print([name for name in ('pydantic', 'requests', 'mlflow') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (found.returncode, found.stdout.strip()) == (2, "[]")
    assert "NUL" in found.stderr


def test_the_history_lists_authors_times_and_what_changed(shell: Shell) -> None:
    shell.set("a\nb\n")
    shell.client.set_tag(shell.run, names.NOTE_TAG, "a\nB\n")
    shell.set("a\nB\nc\n")
    lines = shell.note("history", shell.run).stdout.splitlines()
    assert ["ada" in line for line in lines] == [True, False, True]
    assert "changed outside Model Review" in lines[1]
    assert [line.split("+")[1].split()[0] for line in lines] == ["1", "1", "2"]
    assert "(the note)" in lines[0]
    assert "+B" in shell.note("history", shell.run, "--diff").stdout
    revisions = shell.json("history", shell.run)["revisions"]
    assert [(one["kind"], one["text"]) for one in revisions] == [
        ("saved", "a\nB\nc\n"),
        ("outside", "a\nB\n"),
        ("saved", "a\nb\n"),
    ]


def test_a_search_prints_the_sentence_the_run_its_metric_and_its_author(shell: Shell) -> None:
    shell.set(NOTE)
    shell.client.log_metric(shell.run, "val_AUROC", 0.9123)
    found = shell.note("search", "adam DIVERGED")
    assert found.exit_code == 0
    assert "1 of 1 notes" in found.stdout
    for words in ("the best", "val_AUROC 0.9123", "ada", "Adam at 0.01 diverged.", shell.run):
        assert words in found.stdout
    report = shell.json("search", "diverged", "--experiment", "sweep")
    assert (report["total"], report["notes"], report["hits"][0]["sentence"]) == (1, 1, "Adam at 0.01 diverged.")
    assert shell.note("search", "nothing of the sort").exit_code == 1
    assert shell.note("search", " ").exit_code == 2
    assert shell.note("search", "x", "--experiment", "none").exit_code == 2
