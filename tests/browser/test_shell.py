"""The shell of the app: first requests, dead stores, themes."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from mlreview.serve import free_port
from tests.browser.harness import running_app, visit
from tests.sample_store import Sample

pytestmark = pytest.mark.browser

PAGES = {
    "": "Leaderboard",
    "compare": "Compare",
    "curves": "Learning curves",
    "notes": "Notes",
    "run": "Run",
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
