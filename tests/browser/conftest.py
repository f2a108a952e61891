"""Browser tests: one Chromium and one app a test run, a fresh browser profile a test."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.harness import WAIT_MS, chromium_path, launch, running_app
from tests.sample_store import Sample

NewPage = Callable[[], Page]
expect.set_options(timeout=WAIT_MS)  # Playwright's own five seconds are too few where other tests keep both cores busy


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if chromium_path() is None:
        pytest.skip("Chromium is missing: install Debian's package chromium")
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium: Browser) -> Iterator[NewPage]:
    """Makes pages, each in a profile of its own: another person's browser."""
    contexts = []

    def make() -> Page:
        context = chromium.new_context(viewport={"width": 1440, "height": 900}, timezone_id="Europe/Berlin")
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_page: NewPage) -> Page:
    return new_page()


@pytest.fixture(scope="session")
def team_app(team_sample: Sample, chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard on the team's sample; reads only, so that tests can share it."""
    with running_app(team_sample.uri, tmp_path_factory.mktemp("app")) as address:
        yield address


@pytest.fixture(scope="session")
def ugly_app(ugly_sample: Sample, chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_app(ugly_sample.uri, tmp_path_factory.mktemp("app")) as address:
        yield address
