"""``mlreview review``: the same review as on the page, from a terminal."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from mlflow import MlflowClient

from mlreview import names
from mlreview.cli import main


class Terminal:
    """Somebody at a command line."""

    def __init__(self, uri: str, run_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.uri, self.run_id, self.monkeypatch = uri, run_id, monkeypatch

    def __call__(self, who: str, command: str, *arguments: str, run: bool = True) -> Result:
        self.monkeypatch.setenv("MLREVIEW_USER", who)
        words = ["review", command, *([self.run_id] if run else []), *arguments, "--tracking-uri", self.uri]
        return CliRunner().invoke(main, words)

    def json(self, who: str, command: str, *arguments: str, run: bool = True) -> Any:
        result = self(who, command, *arguments, "--json", run=run)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)


@pytest.fixture
def client(sqlite_store: str) -> MlflowClient:
    return MlflowClient(sqlite_store)


@pytest.fixture
def at(client: MlflowClient, sqlite_store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)
    experiment = client.create_experiment("sports", (tmp_path / "artifacts").as_uri())
    deployed = client.create_run(experiment, run_name="8d")
    client.set_tag(deployed.info.run_id, names.DEPLOYED_TO_TAG, "production")
    run_id = client.create_run(experiment, run_name="32d").info.run_id
    client.set_tag(run_id, names.GIT_AUTHOR, "Ada Lovelace <ada@example.com>")
    client.log_param(run_id, "units", "32")
    client.log_metric(run_id, "val_AUROC", 0.917)
    client.set_terminated(run_id)
    return Terminal(sqlite_store, run_id, monkeypatch)


def test_a_review_from_request_to_approval_and_the_change_that_outdates_it(at: Terminal, client: MlflowClient) -> None:
    assert at("ada", "draft", "have a look").stdout.startswith("Draft: run ")
    calendar = Path("meeting.ics")
    report = at.json(
        "ada",
        "request",
        "--primary",
        "bob@example.com",
        "--due",
        "2026-12-01",
        "--meeting",
        "2026-12-01T14:00+01:00",
        "--ics",
        str(calendar),
    )
    assert report["state"] == "in_review"
    baseline = client.get_run(report["request"]["baseline"])
    assert baseline.info.run_name == "8d"
    assert b"DTSTART:20261201T130000Z\r\n" in calendar.read_bytes()
    assert at("Ada Lovelace", "approve").exit_code == 1
    assert "bob@example.com has not approved" in at("eve", "show").stdout
    asked = at.json(
        "bob@example.com", "comment", "Is the split right?", "--kind", "question", "--on", "metric:val_AUROC"
    )
    question = asked["threads"][0]["id"]
    assert at.json("ada", "answer", question, "Yes.")["threads"][0]["open"] is False
    seen = at.json("bob@example.com", "show")["digest"]
    report = at.json("bob@example.com", "approve", "good", "--seen", seen, "--follow-up", "ada: watch the drift")
    assert (report["state"], report["follow_ups"][0]["owner"]) == ("approved", "ada")
    client.log_metric(at.run_id, "val_AUROC", 0.921, step=1)
    outdated = at("bob", "show")
    assert outdated.exit_code == 1  # the tags for tables say approved
    assert "val_AUROC 0.917 → 0.921" in outdated.stdout
    assert at("bob", "show", "--repair").exit_code == 0
    queue = at.json("bob@example.com", "queue", run=False)
    assert [one["run_name"] for one in queue["groups"]["waiting_for_me"]] == ["32d"]
    assert [one["text"] for one in queue["follow_ups"]["ada"]] == ["watch the drift"]
    assert "Waiting for me" in at("bob@example.com", "queue", run=False).stdout


def test_changes_hold_until_who_asked_lifts_them(at: Terminal) -> None:
    at("ada", "request", "--primary", "bob")
    assert at.json("bob", "changes", "the split leaks", "--change", "split by author")["state"] == "changes_requested"
    assert at("carol", "lift").exit_code == 1
    assert at.json("bob", "lift")["state"] == "in_review"
    assert at.json("ada", "withdraw")["state"] == "withdrawn"


def test_what_cannot_be_understood_is_refused_and_nothing_is_written(at: Terminal, client: MlflowClient) -> None:
    before = client.get_run(at.run_id).data.tags
    for words in (
        ("request", "--primary", "bob", "--due", "tomorrow"),
        ("request", "--primary", "bob", "--meeting", "noon"),
        ("approve", "--follow-up", "no owner"),
        ("comment", "x", "--on", "planet:mars"),
        ("comment", "x" * 8_000),
        ("draft", "--event-id", "x"),
    ):
        assert at("ada", *words).exit_code == 2, words
    assert at("root", "request", "--primary", "bob").exit_code == 1
    assert client.get_run(at.run_id).data.tags == before
    assert not any(key.startswith("mlreview") for key in client.get_run(at.run_id).data.params)
