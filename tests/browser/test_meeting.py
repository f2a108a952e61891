"""Two people in two browsers: a model is trained, noted, reviewed in a meeting, changed, trained again and approved."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from mlflow import MlflowClient
from playwright.sync_api import Browser, Locator, Page, expect

from mlreview.store import open_store
from tests.browser.conftest import NewPage
from tests.browser.harness import ROOT, WAIT_MS, running_app, settled, visit
from tests.browser.notes import open_editor, save, type_at_end
from tests.browser.test_accessibility import serious
from tests.stores import copy_sqlite, sqlite_uri

pytestmark = pytest.mark.browser

TRAIN = """
import sys, mlflow, mlreview

name, rate = sys.argv[1], float(sys.argv[2])
with mlreview.track(name, seed=3, experiment="spam", autolog=False, params={"learning_rate": rate, "units": 8}):
    weight = 0.0
    for epoch in range(12):
        weight += rate * (1.0 - weight)
        mlflow.log_metrics({"loss": 1 - weight, "val_loss": 1.1 - weight, "val_AUROC": 0.5 + weight / 2}, step=epoch)
print(mlflow.last_active_run().info.run_id)
"""
"""A training that is a plain loop: it learns one weight."""


@dataclass(frozen=True)
class Team:
    """A store, the dashboard on it, and how a model is trained into it."""

    uri: str
    address: str
    folder: Path

    def train(self, name: str, rate: float) -> str:
        """Train a model, as its author does, and give the id of the run."""
        script = self.folder / "train.py"
        script.write_text(TRAIN)
        done = subprocess.run(
            [sys.executable, str(script), name, str(rate)],
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "MLFLOW_TRACKING_URI": self.uri},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def team(sqlite_template: Path, chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    folder = tmp_path_factory.mktemp("meeting")
    uri = sqlite_uri(copy_sqlite(sqlite_template, folder / "mlflow.db"))
    MlflowClient(uri).create_experiment("spam", artifact_location=(folder / "artifacts").as_uri())
    with running_app(uri, tmp_path_factory.mktemp("app")) as address:
        yield Team(uri, address, folder)


def present(page: Page, team: Team, run_id: str, screen: int = 1) -> Page:
    page.goto(f"{team.address}/run?run={run_id}&present=1&screen={screen}")
    expect(page.locator(".st-key-meeting_bar")).to_be_visible(timeout=WAIT_MS)
    return settled(page)


def shows_screen(page: Page, words: str) -> None:
    expect(page.locator(".st-key-meeting_bar")).to_contain_text(words, timeout=WAIT_MS)
    settled(page)


def press(page: Page, label: str) -> None:
    page.get_by_role("button", name=label, exact=True).click(delay=90)


def say_who(page: Page, name: str) -> None:
    """Type one's name where the page asks for it."""
    box = page.get_by_role("textbox", name="Who are you?").first
    box.fill(name)
    box.press("Enter")
    expect(page.get_by_role("textbox", name="Who are you?")).to_have_count(0, timeout=WAIT_MS)
    settled(page)


def come_back(page: Page, team: Team, run_id: str, name: str) -> None:
    """Open a run's page again; the browser has kept who one is, and says it a moment after the page stands."""
    visit(page, f"{team.address}/run?run={run_id}")
    says(page, f"{name} · unverified")
    expect(page.get_by_role("textbox", name="Who are you?")).to_have_count(0, timeout=WAIT_MS)
    settled(page)


def write(box: Locator, text: str) -> None:
    """Type into a box of the page and have it taken, without leaving it: a popover closes when it is left."""
    box.fill(text)
    box.press("Control+Enter")
    settled(box.page)


def ask(page: Page, text: str) -> None:
    """Ask a question at the end of the run's page."""
    box = page.get_by_role("textbox", name="Text, in Markdown")
    write(box, text)
    page.locator("[class*=st-key-review_say]").get_by_role("button", name="Send").click(delay=90)
    asked = page.locator("[class*=st-key-review_thread_]").filter(has_text=text)
    expect(asked).to_be_visible(timeout=90_000)  # the first write of an app imports MLflow
    expect(box).to_have_value("", timeout=WAIT_MS)  # a new one
    settled(page)


def request_review(page: Page, reviewer: str) -> None:
    """From the page of the run, as its author."""
    press(page, "Request a review")
    dialog = page.get_by_role("dialog")
    box = dialog.get_by_role("combobox", name="Primary reviewer")
    box.click()
    box.fill(reviewer)
    page.get_by_role("option").filter(has_text=reviewer).first.click()
    dialog.get_by_role("button", name="Send the request").click(delay=90)
    expect(dialog.get_by_text("The review is requested.")).to_be_visible(timeout=90_000)


def close_dialog(page: Page) -> None:
    page.get_by_role("dialog").get_by_role("button", name="Close", exact=True).last.click(delay=90)
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=WAIT_MS)
    settled(page)


def says(page: Page, words: str) -> None:
    """The page shows it, by itself, without being asked."""
    expect(page.locator("[data-testid=stMain]")).to_contain_text(words, timeout=WAIT_MS)


def test_two_people_review_a_model_from_its_training_to_its_approval(team: Team, new_page: NewPage):
    grace, ben = new_page(), new_page()
    first = team.train("small steps", 0.1)

    open_editor(grace, team.address, first)
    type_at_end(grace, "## Use case and requirements\nKeep spam out of the inbox.")
    save(grace)

    visit(grace, f"{team.address}/run?run={first}")
    say_who(grace, "Grace")
    press(grace, "Share a draft")
    grace.get_by_role("dialog").get_by_role("button", name="Share", exact=True).click(delay=90)
    says(grace, "Shared early by Grace")
    request_review(grace, "Ben")
    expect(grace.get_by_role("dialog")).to_contain_text(f"/run?run={first}")  # the message to send
    close_dialog(grace)
    says(grace, "Ben has not decided")

    visit(ben, f"{team.address}/run?run={first}")
    say_who(ben, "Ben")
    says(ben, "Keep spam out of the inbox.")
    ask(ben, "Why such small steps?")
    ask(ben, "Who watches it after the launch?")

    # Grace answers one question on the page, before the meeting.
    come_back(grace, team, first, "Grace")
    grace.locator("[class*=st-key-review_answer_]").get_by_role("button", name="Answer").first.click(delay=90)
    write(grace.get_by_role("textbox", name="Text", exact=True), "Larger ones were not tried.")
    grace.locator("[class*=st-key-review_answer_send_]").get_by_role("button", name="Send").click(delay=90)
    says(grace, "1 open question")

    # The meeting: the same screens for both, turned by keys, and the address says which one.
    come_back(grace, team, first, "Grace")
    grace.locator(".st-key-meeting_switch label").click(delay=90)
    shows_screen(grace, "Summary · 1 of 7")
    expect(grace.locator("[data-testid=stSidebar]")).to_have_count(0)
    for title in ("Note", "Changes", "Curves", "Evidence", "Question"):
        grace.keyboard.press("ArrowRight")
        shows_screen(grace, title)
    expect(grace).to_have_url(re.compile(r"present=1.*screen=6"))
    grace.go_back()
    shows_screen(grace, "Evidence · 5 of 7")
    grace.keyboard.press("PageDown")
    shows_screen(grace, "Question · 6 of 7")

    # Ben ends the question in his own browser while Grace is typing in hers: it arrives, and her text stays.
    present(ben, team, first, 6)
    says(ben, "Who watches it after the launch?")
    assert serious(ben) == []
    typed = grace.get_by_role("textbox", name="What it comes to")
    typed.click()
    grace.keyboard.type("I think that I ")
    write(ben.get_by_role("textbox", name="What it comes to"), "Watch the share of unknown words")
    write(ben.get_by_role("textbox", name="Who does it"), "Grace")
    press(ben, "Make it a follow-up")
    says(ben, "A follow-up, Grace does it · Ben")
    says(grace, "A follow-up, Grace does it · Ben")
    expect(typed).to_be_focused()
    grace.keyboard.type("could do it")
    expect(typed).to_have_value("I think that I could do it")

    # Ben asks for changes; Grace sees his vote arrive without touching anything.
    ben.locator(".st-key-meeting_question").first.click()
    ben.keyboard.press("PageDown")
    shows_screen(ben, "Decision · 7 of 7")
    says(ben, "Watch the share of unknown words")
    press(ben, "Request changes")
    write(ben.get_by_role("dialog").get_by_role("textbox"), "Train with larger steps.")
    ben.get_by_role("dialog").get_by_role("button", name="Request changes").click(delay=90)
    says(ben, "Ben: changes")
    says(grace, "Ben: changes")

    # Trained again: the new review carries what was left to be done.
    second = team.train("larger steps", 0.4)
    come_back(grace, team, second, "Grace")
    request_review(grace, "Ben")
    close_dialog(grace)
    says(grace, "Carried over from earlier reviews: 1 open")

    present(ben, team, second)
    says(ben, "Watch the share of unknown words")
    present(grace, team, second, 6)
    ben.keyboard.press("PageUp")  # there is nothing before the first screen
    ben.keyboard.press("ArrowRight")
    shows_screen(ben, "Note · 2 of 6")
    present(ben, team, second, 6)
    press(ben, "Approve")
    ben.get_by_role("dialog").get_by_role("button", name="Approve", exact=True).click(delay=90)
    says(ben, "Ben: approved")
    says(grace, "Ben: approved")

    store = open_store(team.uri)
    states = [store.run(one).tags["mlreview.state"] for one in (first, second)]
    store.close()
    assert states == ["changes_requested", "approved"]
