"""From training to production and back: people review a model in the dashboard, the gate and `promote` judge it."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlflow import MlflowClient
from playwright.sync_api import Browser, Page, expect

from mlreview.review.events import Actor
from mlreview.review.service import Reviews
from mlreview.store import open_store, open_writer
from tests.browser.conftest import NewPage
from tests.browser.harness import ROOT, WAIT_MS, running_app, settled, visit
from tests.browser.notes import open_editor, save, type_at_end
from tests.browser.test_meeting import Team, ask, close_dialog, come_back, press, say_who, says, write
from tests.stores import copy_sqlite, sqlite_uri

pytestmark = pytest.mark.browser

MODEL = "spam-filter"
POLICY = """
[policy]
enforce = true
reviewers = 2
roles = ["primary", "secondary"]
required_fields = false
"""


@pytest.fixture
def team(sqlite_template: Path, chromium: Browser, tmp_path: Path) -> Iterator[Team]:
    folder = tmp_path / "team"
    folder.mkdir()
    (folder / "mlreview.toml").write_text(POLICY)
    uri = sqlite_uri(copy_sqlite(sqlite_template, folder / "mlflow.db"))
    MlflowClient(uri).create_experiment("spam", artifact_location=(folder / "artifacts").as_uri())
    with running_app(uri, tmp_path) as address:
        yield Team(uri, address, folder)


def register(team: Team, run_id: str) -> str:
    """Log a model of the run, and register it; gives the address of the version."""
    client = MlflowClient(team.uri)
    model = client.create_logged_model(client.get_run(run_id).info.experiment_id, name="model", source_run_id=run_id)
    files = team.folder / f"model-{run_id}"
    files.mkdir()
    (files / "MLmodel").write_text("flavors: {}")
    client.log_model_artifacts(model.model_id, str(files))
    client.finalize_logged_model(model.model_id, "READY")
    if not client.search_registered_models():
        client.create_registered_model(MODEL)
    made = client.create_model_version(MODEL, model.artifact_location, run_id, model_id=model.model_id)
    return f"models:/{MODEL}/{made.version}"


def command(team: Team, *arguments: str) -> tuple[int, str]:
    """What the pipeline runs: its exit code, and what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", "from mlreview.cli import main; main()", *arguments, "--tracking-uri", team.uri],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(team.folder), "MLREVIEW_USER": "Grace"},
        cwd=team.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def request_both(page: Page, *reviewers: str) -> None:
    press(page, "Request a review")
    dialog = page.get_by_role("dialog")
    for role, reviewer in zip(("Primary reviewer", "Secondary reviewer"), reviewers, strict=True):
        box = dialog.get_by_role("combobox", name=role)
        box.click()
        box.fill(reviewer)
        page.get_by_role("option").filter(has_text=reviewer).first.click()
    dialog.get_by_role("button", name="Send the request").click(delay=90)
    expect(dialog.get_by_text("The review is requested.")).to_be_visible(timeout=90_000)
    close_dialog(page)


def approve(page: Page) -> None:
    press(page, "Approve")
    page.get_by_role("dialog").get_by_role("button", name="Approve", exact=True).click(delay=90)
    says(page, "You have approved what the run holds now.")


def read_again(page: Page) -> None:
    """What others deployed meanwhile is shown when the page has read anew, at once where somebody asks for it."""
    page.get_by_test_id("stSidebar").get_by_role("button", name="Read again").click(delay=90)
    settled(page)


def test_a_model_is_reviewed_deployed_found_changed_and_rolled_back(team: Team, new_page: NewPage):
    grace, ben, carol = new_page(), new_page(), new_page()
    run_id = team.train("small steps", 0.1)
    first = register(team, run_id)
    code, said = command(team, "gate", first)
    assert code == 1, said
    assert "nobody has asked for a review" in said

    open_editor(grace, team.address, run_id)
    type_at_end(grace, "## Use case and requirements\nKeep spam out of the inbox.")
    save(grace)
    visit(grace, f"{team.address}/run?run={run_id}")
    say_who(grace, "Grace")
    request_both(grace, "Ben", "Carol")

    visit(ben, f"{team.address}/run?run={run_id}")
    say_who(ben, "Ben")
    ask(ben, "Why such small steps?")
    come_back(grace, team, run_id, "Grace")
    grace.locator("[class*=st-key-review_answer_]").get_by_role("button", name="Answer").first.click(delay=90)
    write(grace.get_by_role("textbox", name="Text", exact=True), "Larger ones were not tried.")
    grace.locator("[class*=st-key-review_answer_send_]").get_by_role("button", name="Send").click(delay=90)

    come_back(ben, team, run_id, "Ben")
    says(ben, "Larger ones were not tried.")
    approve(ben)
    code, said = command(team, "gate", first)
    assert code == 1, "one of two is not enough"
    assert "Carol (secondary reviewer)" in said
    visit(carol, f"{team.address}/run?run={run_id}")
    say_who(carol, "Carol")
    approve(carol)

    code, said = command(team, "gate", first)
    assert code == 0, said
    code, said = command(team, "promote", first, "--alias", "champion", "--reason", "the first one")
    assert code == 0, said
    visit(grace, f"{team.address}/production?exp={MlflowClient(team.uri).get_run(run_id).info.experiment_id}")
    says(grace, MODEL)
    says(grace, "Approved by Ben and Carol, for what it holds now")

    # The next one is reviewed and deployed in the same way; then somebody logs a better number.
    other = team.train("larger steps", 0.4)
    second = register(team, other)
    reviews = Reviews(open_store(team.uri), open_writer(team.uri))
    reviews.request(other, Actor("Grace"), "Ben", "Carol")
    for who in ("Ben", "Carol"):
        reviews.approve(other, Actor(who))
    code, said = command(team, "promote", second, "--alias", "champion")
    assert code == 0, said
    MlflowClient(team.uri).log_metric(other, "val_AUROC", 0.9999, step=99)
    code, said = command(team, "gate", f"models:/{MODEL}@champion")
    assert code == 1, said
    assert "val_AUROC changed" in said.splitlines()[0], "the first line names it"
    assert "→ 1 after the primary reviewer, Ben," in said.splitlines()[0]
    read_again(grace)
    says(grace, "Deployed without a valid review")
    says(grace, "val_AUROC")

    # Back to the first one, though the policy has become stricter than it.
    (team.folder / "mlreview.toml").write_text(f"{POLICY}\n[policy.minimum]\nval_AUROC = 0.999\n")
    code, said = command(team, "promote", first, "--alias", "champion", "--reason", "rolled back")
    assert code == 0, said
    assert "in place of v2" in said
    read_again(grace)
    says(grace, "Approved by Ben and Carol, for what it holds now")
    expect(grace.get_by_text("Deployed without a valid review")).to_have_count(0, timeout=WAIT_MS)
