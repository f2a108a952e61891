"""``mlreview gate`` as CI runs it: over real stores, with servers that are down or slow, with little installed."""

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mlreview.cli import main
from tests.review.real import Story, told

HEAVY = (
    "streamlit",
    "plotly",
    "pandas",
    "tensorflow",
    "keras",
    "sklearn",
    "matplotlib",
    "sqlalchemy",
    "adbc_driver_manager",
)


@pytest.fixture(scope="module")
def story(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """A run that was reviewed and registered, in a SQLite store. Only read it."""
    return told(sqlite_template, tmp_path_factory.mktemp("gate"))


def gate(uri: str, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["gate", *arguments, "--tracking-uri", uri])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


@pytest.fixture(autouse=True)
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "mlreview.toml"
    file.write_text("[policy]\nenforce = true\nrequired_fields = false\n")
    return file


def test_what_was_approved_passes_by_run_by_version_and_by_alias(story: Story) -> None:
    for subject in (story.run_id, "models:/sports/1", "models:/sports@challenger"):
        code, said = gate(story.uri, subject)
        assert (code, said.splitlines()[0][:7]) == (0, "Passed:"), said
    report = json.loads(gate(story.uri, "models:/sports@challenger", "--json")[1])
    assert (report["passed"], report["run_id"], report["version"]) == (True, story.run_id, "1")


def test_what_was_not_is_blocked_with_1_and_with_0_while_the_policy_is_advisory(story: Story, team: Path) -> None:
    assert gate(story.uri, story.other_id)[0] == 1
    team.write_text("[policy]\nrequired_fields = false\n")
    code, said = gate(story.uri, story.other_id)
    assert code == 0
    assert said.startswith("Would be blocked: ")
    assert json.loads(gate(story.uri, story.other_id, "--json")[1])["passed"] is False
    assert gate(story.uri, story.other_id, "--enforce")[0] == 1


def test_verdicts_and_regressions_are_judged_as_everywhere_else(story: Story, team: Path) -> None:
    team.write_text(
        '[policy]\nenforce = true\nrequired_fields = false\nverdicts = ["diverged"]\n'
        "[policy.max_regression]\nval_accuracy = 0.0\n"
    )
    report = json.loads(gate(story.uri, "models:/sports/1", "--json")[1])
    failed = {one["name"]: one["reason"] for one in report["requirements"] if not one["passed"]}
    assert "only diverged may ship" in failed["verdict"]
    assert (
        "val_accuracy 0.8 beside 0.9 of other, deployed as champion, v2 of sports" in failed["regression:val_accuracy"]
    )


def promote(uri: str, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["promote", *arguments, "--tracking-uri", uri], env={"MLREVIEW_USER": "dan"})
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def test_promote_deploys_what_passes_and_says_so_and_nothing_else(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = promote(story.uri, story.run_id, "--to", "staging", "--reason", "try it")
    assert (code, said[:22]) == (0, "Promoted: new (run " + story.run_id[:3]), said
    assert "is staging now" in said
    code, said = promote(story.uri, story.other_id, "--to", "staging", "--json")
    assert (code, json.loads(said)["promoted"], json.loads(said)["gate"]["passed"]) == (1, False, False)
    code, said = promote(story.uri, story.other_id, "--to", "staging", "--override", "the old one is down")
    assert code == 0
    assert "OVERRIDDEN (approvals not met): the old one is down" in said
    assert f"in place of run {story.run_id}" in said
    assert "Blocked" not in said, "it was not"
    for wrong in (["--to", "a", "--alias", "b"], [], ["--to", "a", "--override", " "], ["--alias", "champion"]):
        assert promote(story.uri, story.run_id, *wrong)[0] == 2


@pytest.mark.parametrize("subject", ["f" * 32, "models:/none/1", "models:/sports@none", "models:/", "a/b"])
def test_what_is_not_there_is_no_answer(story: Story, subject: str) -> None:
    code, said = gate(story.uri, subject)
    assert code == 2
    assert said.startswith("No answer on ")
    assert json.loads(gate(story.uri, subject, "--json")[1])["passed"] is False


@pytest.mark.parametrize("text", ["[policy]\nreviewer = 2\n", "[policy", "nonsense = 1\n"])
def test_settings_that_are_wrong_are_no_answer(story: Story, team: Path, text: str) -> None:
    team.write_text(text)
    code, said = gate(story.uri, story.run_id)
    assert code == 2
    assert "mlreview.toml" in said


def test_a_bug_is_no_answer(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> Any:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("mlreview.review.gate.ask", fails)
    code, said = gate(story.uri, story.run_id)
    assert code == 2
    assert "Please report it" in said


def test_a_server_that_is_down_is_no_answer() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code, said = gate(f"http://127.0.0.1:{port}", "a" * 32)
    assert code == 2
    assert "may not ship" in said


@pytest.fixture
def slow_server() -> Iterator[str]:
    """Takes connections and answers one byte now and then, so that no single wait is ever too long."""
    stop = threading.Event()
    server = socket.create_server(("127.0.0.1", 0))

    def drip(connection: socket.socket) -> None:
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
            while not stop.wait(0.05):
                try:
                    connection.sendall(b" ")
                except OSError:
                    return

    def accept() -> None:
        while not stop.is_set():
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=drip, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}"
    stop.set()
    server.close()


@pytest.mark.parametrize("as_json", [False, True])
def test_a_server_that_only_drips_ends_the_process_with_2(slow_server: str, tmp_path: Path, as_json: bool) -> None:
    more = ["--json"] if as_json else []
    done = run("a" * 32, "--within", "1", "--tracking-uri", slow_server, *more, folder=tmp_path)
    assert done.returncode == 2, done.stderr
    said = json.loads(done.stdout)["error"] if as_json else done.stdout
    assert "no answer within 1 seconds" in said


def test_the_time_is_up_though_nobody_can_be_told(slow_server: str, tmp_path: Path) -> None:
    program = "import os, sys; os.close(1); from mlreview.cli import main; main()"
    arguments = ["gate", "a" * 32, "--within", "0.5", "--tracking-uri", slow_server]
    done = subprocess.run([sys.executable, "-c", program, *arguments], cwd=tmp_path, check=False, timeout=60)
    assert done.returncode == 2


def test_it_runs_where_only_mlreview_and_mlflow_skinny_are_installed(story: Story, tmp_path: Path) -> None:
    done = run("models:/sports@challenger", "--tracking-uri", story.uri, folder=tmp_path)
    assert done.returncode == 0, done.stderr + done.stdout
    assert done.stderr.split() == [], "something heavy was imported, or asked for"


def run(*arguments: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """The command in a process of its own, in which heavy packages can't be imported."""
    program = f"""
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {HEAVY!r}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Blocked())
from mlreview.cli import main
try:
    main()
finally:
    print(*(name for name in ("mlflow", *{HEAVY!r}) if name in sys.modules), file=sys.stderr)
"""
    return subprocess.run(
        [sys.executable, "-c", program, "gate", *arguments], capture_output=True, text=True, cwd=folder, check=False
    )


def test_the_watchdog_does_not_outlive_an_answer(story: Story) -> None:
    before = _watchdogs()
    gate(story.uri, story.run_id)
    until = time.monotonic() + 10
    while _watchdogs() > before and time.monotonic() < until:
        time.sleep(0.01)
    assert _watchdogs() == before


def _watchdogs() -> int:
    return sum(isinstance(one, threading.Timer) for one in threading.enumerate())
