"""The shell of the app: first requests, dead stores, themes."""

import contextlib
import socket
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from mlreview.serve import free_port
from tests.browser.conftest import NewPage
from tests.browser.harness import running_app, visit
from tests.sample_store import Sample

pytestmark = pytest.mark.browser

PAGES = {
    "": "Leaderboard",
    "compare": "Compare",
    "curves": "Learning curves",
    "notes": "Notes",
    "run": "Reviews",
    "production": "Production",
}


def test_a_link_to_any_page_works_as_the_first_request_after_a_start(team_sample: Sample, page: Page, tmp_path: Path):
    chosen = team_sample.runs["sports-LR"]
    with running_app(team_sample.uri, tmp_path) as app:
        visit(page, f"{app}/compare?exp={team_sample.experiments['sports']}&runs={chosen}")
        expect(page.get_by_role("heading", name="Compare")).to_be_visible()
        expect(page.get_by_test_id("stSidebar")).to_contain_text("sports-LR")
        expect(page).to_have_url(f"{app}/compare?exp={team_sample.experiments['sports']}&runs={chosen}")


@pytest.mark.parametrize(("path", "heading"), PAGES.items())
def test_every_page_opens_by_its_address(team_app: str, page: Page, path: str, heading: str):
    visit(page, f"{team_app}/{path}")
    expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_tracking_server_that_is_down_is_one_clear_message(page: Page, chromium: Browser, tmp_path: Path):
    with running_app(f"http://127.0.0.1:{free_port()}", tmp_path, MLREVIEW_TIMEOUT="3") as app:
        visit(page, app)
        alert = page.get_by_test_id("stAlert")
        expect(alert).to_have_count(1, timeout=20_000)
        expect(alert).to_contain_text("The tracking store can't be read")
        expect(page.get_by_test_id("stException")).to_have_count(0)
        # One can still leave the page, and try again.
        expect(page.get_by_role("link", name="Compare")).to_be_visible()
        expect(page.get_by_role("button", name="Read again")).to_be_visible()


def test_a_silent_server_costs_everybody_one_wait_and_not_one_after_the_other(
    new_page: NewPage, chromium: Browser, tmp_path: Path
):
    """The server takes connections and never answers; how often it was asked tells how often somebody waited."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with running_app(address, tmp_path, MLREVIEW_TIMEOUT="3") as app:
            pages = [new_page() for _ in range(4)]
            for page in pages:
                page.goto(app, wait_until="commit")
            for page in pages:
                expect(page.get_by_test_id("stAlert")).to_contain_text("can't be read", timeout=60_000)
        silent.setblocking(False)
        asked = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                silent.accept()[0].close()
                asked += 1
    assert 1 <= asked < len(pages)


def test_settings_that_cannot_be_right_are_one_clear_message(page: Page, chromium: Browser, tmp_path: Path):
    with running_app("sqlite:///x.db", tmp_path, MLREVIEW_TIMEOUT="soon") as app:
        visit(page, app)
        expect(page.get_by_test_id("stAlert")).to_contain_text("'timeout'")


@pytest.mark.parametrize(("scheme", "background"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(18, 22, 28)")])
def test_the_theme_follows_the_system(team_app: str, chromium: Browser, scheme: str, background: str):
    context = chromium.new_context(color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    visit(page, team_app)
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", background)
    context.close()
