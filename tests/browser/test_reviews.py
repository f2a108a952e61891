"""A review in browsers of several people: asked, questioned, answered, decided."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlflow import MlflowClient
from playwright.sync_api import Browser, Locator, Page, expect

from mlreview.review.events import Actor
from mlreview.review.results import Review
from mlreview.review.service import Reviews
from mlreview.store import open_store, open_writer
from tests.browser.conftest import NewPage
from tests.browser.harness import WAIT_MS, running_app, settled, visit
from tests.sample_store import Sample, write_team_sample
from tests.stores import copy_sqlite, sqlite_uri

pytestmark = pytest.mark.browser

ASKED, HELD = "sports-NN-32d-lr0.1", "sports-NN-32d-lr0.05"


@pytest.fixture(scope="module")
def sample(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """A store that these tests write to, each to a run of its own; the network of 8 units is deployed."""
    folder = tmp_path_factory.mktemp("reviews")
    made = write_team_sample(sqlite_uri(copy_sqlite(sqlite_template, folder / "mlflow.db")), folder / "artifacts")
    client = MlflowClient(made.uri, registry_uri=made.uri)
    client.create_registered_model("sports")
    client.create_model_version("sports", "s3://nowhere/model", run_id=made.runs["sports-NN-8d-lr0.05"])
    client.set_registered_model_alias("sports", "champion", "1")
    return made


@pytest.fixture(scope="module")
def app(sample: Sample, chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("app")
    with running_app(sample.uri, folder, MLREVIEW_IDENTITY_HEADER="X-Forwarded-Email") as address:
        yield address


def stored(sample: Sample, name: str) -> Review:
    store = open_store(sample.uri)
    found = Reviews(store).read(sample.runs[name])
    store.close()
    return found


def open_run(page: Page, app: str, sample: Sample, name: str) -> Page:
    return visit(page, f"{app}/run?exp={sample.experiments['sports']}&run={sample.runs[name]}")


def say_who(page: Page, name: str) -> None:
    """Type one's name where the page asks for it first."""
    page.get_by_role("button", name="unverified").first.click()
    box = page.get_by_role("textbox", name="Your name")
    box.fill(name)
    box.press("Enter")
    expect(page.get_by_role("button", name=f"{name} · unverified")).to_be_visible(timeout=WAIT_MS)
    page.keyboard.press("Escape")
    settled(page)


def pick(page: Page, label: str, name: str) -> None:
    box = page.get_by_role("combobox", name=label)
    box.click()
    box.fill(name)
    box.press("Enter")
    settled(page)


def card(page: Page) -> Locator:
    return page.locator(".st-key-review_people")


def test_asked_questioned_answered_and_approved_by_another_person(app: str, sample: Sample, new_page: NewPage):
    ada, ben = new_page(), new_page()
    open_run(ada, app, sample, ASKED)
    expect(ada.get_by_role("heading", name="32d-lr0.1 would replace v1 (8d-lr0.05).")).to_be_visible()
    say_who(ada, "Ada")
    ada.get_by_role("button", name="Request a review").click()
    pick(ada, "Primary reviewer", "Ada")
    ada.get_by_role("button", name="Send the request").click()
    expect(ada.get_by_text("'Ada' can't review this run")).to_be_visible(timeout=WAIT_MS)
    assert stored(sample, ASKED).events == ()  # refused before anything was written
    pick(ada, "Primary reviewer", "Ben")
    ada.get_by_role("button", name="Send the request").click()
    expect(ada.get_by_test_id("stDialog")).to_contain_text("Reviewers: Ben (primary)", timeout=WAIT_MS)
    ada.get_by_role("button", name="Close", exact=True).last.click()
    expect(card(ada)).to_contain_text("Ben has not decided", timeout=WAIT_MS)
    expect(card(ada).get_by_role("button", name="Approve")).to_be_disabled()

    open_run(ben, app, sample, ASKED)
    say_who(ben, "Ben")
    ben.get_by_role("textbox", name="Text, in Markdown").last.fill("Why this **rate**?")
    ben.get_by_role("button", name="Send", exact=True).last.click()
    expect(ben.locator("[class*=st-key-review_thread]")).to_contain_text("Why this rate?", timeout=WAIT_MS)

    ada.evaluate(
        "localStorage.clear()"
    )  # the cookie tells it before the page is drawn; what came later would redraw it
    open_run(ada, app, sample, ASKED)
    expect(ada.get_by_role("button", name="Ada · unverified")).to_be_visible(timeout=WAIT_MS)  # this browser knows
    expect(ada.locator(".st-key-review_summary")).to_contain_text("1 open question.")
    ada.get_by_role("button", name="Answer").click()
    ada.get_by_role("textbox", name="Text", exact=True).fill("Higher ones diverged.")
    ada.get_by_test_id("stPopoverBody").get_by_role("button", name="Send").click()
    expect(ada.get_by_text("Higher ones diverged.")).to_be_attached(timeout=WAIT_MS)
    expect(ada.locator(".st-key-review_summary")).not_to_contain_text("open question", timeout=WAIT_MS)

    open_run(ben, app, sample, ASKED)
    card(ben).get_by_role("button", name="Approve").click()
    dialog = ben.get_by_test_id("stDialog")
    dialog.get_by_role("textbox", name="To be done").fill("Watch the drift")
    dialog.get_by_role("textbox", name="By").fill("Ada")
    dialog.get_by_role("textbox", name="By").press("Tab")
    dialog.get_by_role("button", name="Approve with 1 follow-up").click()
    expect(card(ben)).to_contain_text(re.compile("Ben .*approved, just now"), timeout=WAIT_MS)
    found = stored(sample, ASKED)
    assert found.state == "approved"
    assert [(one.text, one.owner) for one in found.open_follow_ups] == [("Watch the drift", "Ada")]


def test_comments_are_held_and_sent_as_one_and_are_new_to_who_comes_back(app: str, sample: Sample, new_page: NewPage):
    ada, ben = new_page(), new_page()
    open_run(ada, app, sample, HELD)
    open_run(ben, app, sample, HELD)
    say_who(ben, "Ben")
    for count, text in enumerate(("First", "Second"), start=1):
        ben.get_by_role("textbox", name="Text, in Markdown").last.fill(text)
        ben.get_by_role("button", name="Hold", exact=True).last.click()
        expect(ben.locator(".st-key-review_held")).to_contain_text(f"{count} comment", timeout=WAIT_MS)
        settled(ben)
    assert stored(sample, HELD).events == ()
    ben.get_by_role("button", name="Send all 2").click()
    expect(ben.locator("[class*=st-key-review_thread]")).to_have_count(2, timeout=WAIT_MS)
    expect(ben.locator(".st-key-review_summary")).not_to_contain_text("since your last visit")
    assert [len(one.comments) for one in stored(sample, HELD).events] == [2]
    open_run(ada, app, sample, HELD)
    expect(ada.locator(".st-key-review_summary")).to_contain_text("1 new since your last visit", timeout=WAIT_MS)


def test_a_proxy_that_the_settings_name_says_who_acts(app: str, sample: Sample, chromium: Browser):
    context = chromium.new_context(extra_http_headers={"X-Forwarded-Email": "cleo@example.com"})
    store = open_store(sample.uri)
    run = sample.runs["sports-LR"]
    Reviews(store, open_writer(sample.uri)).request(run, Actor("Ada"), "cleo@example.com")
    store.close()
    page = visit(context.new_page(), f"{app}/run?exp={sample.experiments['sports']}")
    expect(page.get_by_role("button", name="cleo@example.com")).to_be_visible(timeout=WAIT_MS)
    expect(page.locator(".st-key-queue_waiting_for_me")).to_contain_text("sports-LR")
    page.locator(".st-key-queue_waiting_for_me").get_by_role("button", name="sports-LR").click()
    expect(page).to_have_url(re.compile(f"run={run}"), timeout=WAIT_MS)
    expect(card(page)).to_contain_text("cleo", timeout=WAIT_MS)
    settled(page)
    card(page).get_by_role("button", name="Request changes").click()
    dialog = page.get_by_test_id("stDialog")
    dialog.get_by_role("textbox", name="What has to change").fill("Record the data.")
    dialog.get_by_role("button", name="Request changes").click()
    expect(card(page)).to_contain_text("asked for changes", timeout=WAIT_MS)
    assert [one.actor.verified for one in stored(sample, "sports-LR").open_holds] == [True]
    context.close()
