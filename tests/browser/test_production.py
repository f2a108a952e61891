"""Production in a browser: what stands on top, its history, the way to the comparison, assistive technology."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.harness import WAIT_MS, running_app, visit
from tests.browser.test_accessibility import serious
from tests.deployments import GOOD, OLD, write_deployments
from tests.stores import copy_sqlite, sqlite_uri

pytestmark = pytest.mark.browser


def test_from_what_is_deployed_to_how_it_came_there(chromium: Browser, sqlite_template: Path, tmp_path: Path):
    database = copy_sqlite(sqlite_template, tmp_path / "mlflow.db")
    sample = write_deployments(sqlite_uri(database), tmp_path / "artifacts")
    with running_app(sample.uri, tmp_path) as app:
        for scheme in ("light", "dark"):
            context = chromium.new_context(color_scheme=scheme, viewport={"width": 1440, "height": 900})
            page = context.new_page()
            asked: list[str] = []
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            visit(page, f"{app}/production?exp={sample.experiments['sports']}")
            headings = page.get_by_test_id("stMain").get_by_role("heading", level=3)
            expect(headings.first).to_have_text("Deployed without a valid review", timeout=WAIT_MS)
            expect(page.get_by_text("The run behind it is not in this store")).to_be_visible()
            assert serious(page) == []
            assert not [url for url in asked if "evil.example" in url]
            context.close()
        page = chromium.new_page(viewport={"width": 1440, "height": 900})
        visit(page, f"{app}/production?exp={sample.experiments['sports']}&deployed=champion+sports")
        expect(page.get_by_text("Approved by Bob and Carol, for what it holds now.")).to_be_visible(timeout=WAIT_MS)
        page.locator("summary").filter(has_text="History").click(delay=90)
        expect(page.get_by_text("moved outside mlreview between")).to_be_visible(timeout=WAIT_MS)
        page.get_by_role("link", name="Compare with v1").click(delay=90)
        expect(page.get_by_role("heading", name="Compare")).to_be_visible(timeout=WAIT_MS)
        assert f"runs={sample.runs[OLD]},{sample.runs[GOOD]}" in page.url.replace("%2C", ",")
        page.close()
