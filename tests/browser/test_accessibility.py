"""What axe-core finds on every page: nothing serious, in both colour schemes."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.browser.harness import WAIT_MS, settled, visit
from tests.sample_store import Sample

pytestmark = pytest.mark.browser

PAGES = ("", "compare", "curves", "notes", "run", "production")

STREAMLITS_OWN = {
    # Streamlit's grid draws a table for screen readers inside its canvas, and a scroller around it that takes no focus;
    # the grid itself takes it.
    "scrollable-region-focusable": ("dvn-scroller",),
}
"""Rules whose findings in these classes are Streamlit's, and can't be mended here."""


def serious(page) -> list[str]:
    """Findings that keep somebody from using the page: rule, element, reason."""
    found = []
    for violation in Axe().run(page).response["violations"]:
        if violation["impact"] not in ("serious", "critical"):
            continue
        streamlits = STREAMLITS_OWN.get(violation["id"], ())
        found += [
            f"{violation['id']}: {node['html'][:300]} ({node['failureSummary'][:300]})"
            for node in violation["nodes"]
            if not any(part in node["html"] for part in streamlits)
        ]
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_nothing_keeps_people_with_assistive_technology_out(
    team_app: str, team_sample: Sample, chromium: Browser, path: str, scheme: str
):
    context = chromium.new_context(color_scheme=scheme, viewport={"width": 1440, "height": 900})  # type: ignore[arg-type]
    page = context.new_page()
    runs = ",".join(team_sample.runs[name] for name in ("sports-NN-32d-lr0.1", "sports-NN-8d-lr0.1", "sports-LR"))
    visit(page, f"{team_app}/{path}?exp={team_sample.experiments['sports']}&runs={runs}")
    expect(page.get_by_role("heading").first).to_be_visible()
    assert serious(page) == []
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_run_under_review_keeps_nobody_out(team_app: str, team_sample: Sample, chromium: Browser, scheme: str):
    context = chromium.new_context(color_scheme=scheme, viewport={"width": 1440, "height": 900})  # type: ignore[arg-type]
    page = context.new_page()
    run = team_sample.runs["sports-NN-32d-lr0.1"]
    visit(page, f"{team_app}/run?exp={team_sample.experiments['sports']}&run={run}")
    expect(page.get_by_role("heading", name="Conversation")).to_be_attached(timeout=WAIT_MS)
    page.get_by_role("button", name="Request a review").click(delay=90)
    expect(page.get_by_test_id("stDialog")).to_be_visible()
    assert serious(page) == []
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_opens_on_the_leaderboard_can_be_used_too(
    team_app: str, team_sample: Sample, chromium: Browser, scheme: str
):
    context = chromium.new_context(color_scheme=scheme, viewport={"width": 1440, "height": 900})  # type: ignore[arg-type]
    page = context.new_page()
    visit(page, f"{team_app}/?exp={team_sample.experiments['sports']}")
    page.get_by_role("button", name="Make it ours").click(delay=90)
    expect(page.get_by_role("button", name="Set for the team")).to_be_visible()
    assert serious(page) == []
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("part", ["edit", "history", "search"])
def test_writing_and_searching_notes_keeps_nobody_out(
    team_app: str, team_sample: Sample, chromium: Browser, part: str, scheme: str
):
    context = chromium.new_context(color_scheme=scheme, viewport={"width": 1440, "height": 900})  # type: ignore[arg-type]
    page = context.new_page()
    run = team_sample.runs["sports-NN-32d-lr0.1"]
    visit(page, f"{team_app}/notes?exp={team_sample.experiments['sports']}&note={run}&notepart={part}")
    if part == "edit":
        expect(page.get_by_role("textbox", name="Note, in Markdown")).to_be_visible(timeout=WAIT_MS)
    assert serious(page) == []
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_meeting_keeps_nobody_out(team_app: str, team_sample: Sample, chromium: Browser, scheme: str):
    context = chromium.new_context(color_scheme=scheme, viewport={"width": 1920, "height": 1080})  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{team_app}/run?run={team_sample.runs['sports-NN-32d-lr0.1']}&present=1")
    for title in ("Summary", "Note", "Changes", "Curves", "Evidence", "Decision"):
        expect(page.locator(".st-key-meeting_bar")).to_contain_text(title, timeout=WAIT_MS)
        settled(page)
        assert (title, serious(page)) == (title, [])
        page.keyboard.press("ArrowRight")
    context.close()


def test_the_check_sees_a_button_that_has_no_name(team_app: str, chromium: Browser):
    context = chromium.new_context()
    page = context.new_page()
    visit(page, team_app)
    page.evaluate("document.body.appendChild(document.createElement('button'))")
    assert any(finding.startswith("button-name") for finding in serious(page))
    context.close()
