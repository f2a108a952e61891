"""The app in a real browser: starting it, waiting for what is meant, reading a table that is drawn on a canvas."""

import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, Playwright, expect

from mlreview.serve import free_port
from mlreview.ui.leaderboard_tables import HEADER_PX, ROW_PX
from tests.plugins.real_parts import find_chromium

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_S = 60
WAIT_MS = 30_000


def chromium_path() -> str | None:
    """The system's Chromium, under whichever of its names."""
    found = find_chromium()
    return str(found) if found else None


def launch(playwright: Playwright) -> Browser:
    """A headless browser; nothing of its own goes over the network."""
    return playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_ARGUMENTS)


@contextmanager
def running_app(tracking_uri: str, folder: Path, port: int | None = None, **environment: str) -> Iterator[str]:
    """Serve the dashboard; yields its address, ends the process afterwards, by id.

    Args:
        tracking_uri: Store to show.
        folder: Where the log goes, and where the server runs: no settings file of this repository is found there.
        port: To come back at the same address after a restart.
        environment: Further variables.
    """
    port = port or free_port()
    variables = {key: value for key, value in os.environ.items() if not key.startswith(("MLREVIEW_", "MLFLOW_"))}
    variables |= {"MLREVIEW_TRACKING_URI": tracking_uri, "PYTHONPATH": str(ROOT), **environment}
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), f"--server.port={port}"]
    log = folder / f"app-{port}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=output, stderr=subprocess.STDOUT)
    try:
        _wait_for_health(process, port, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_for_health(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the app did not start:\n{log.read_text()[-4000:]}")


def settled(page: Page) -> Page:
    """Wait until the script has run and everything it sent is drawn."""
    expect(page.locator("[data-testid=stApp]")).to_have_attribute(
        "data-test-script-state", re.compile("notRunning"), timeout=WAIT_MS
    )
    expect(page.locator("[data-testid=stSkeleton]")).to_have_count(0, timeout=WAIT_MS)
    expect(page.locator("[data-stale=true]")).to_have_count(0, timeout=WAIT_MS)
    return page


def visit(page: Page, address: str) -> Page:
    """Open an address and wait until the page stands."""
    page.goto(address)
    expect(page.locator("[data-testid=stSidebar]")).to_contain_text("Model Review", timeout=WAIT_MS)
    return settled(page)


def table(page: Page, key: str) -> Locator:
    """A table, by the key that it was drawn with."""
    return page.locator(f".st-key-{key} [data-testid=stDataFrame]")


def table_cells(page: Page, key: str) -> list[dict[str, str]]:
    """The rows of a table that are drawn now, by column heading, as assistive technology reads them.

    The grid is a canvas; beside it stands an accessible table, which holds the rows in view.
    """
    grid = table(page, key).locator("canvas[data-testid=data-grid-canvas] table")
    expect(grid.locator("tbody tr").first).to_be_attached(timeout=WAIT_MS)
    headings = [text.strip() for text in grid.locator("thead th").all_inner_texts()]
    rows = []
    for row in grid.locator("tbody tr").all():
        cells = [text.strip() for text in row.locator("td, th").all_text_contents()]
        rows.append(dict(zip(headings, cells, strict=False)))
    return rows


def expect_column(page: Page, key: str, heading: str, values: list[str]) -> None:
    """Wait until a column of a table reads so, from the top; a grid is redrawn a moment after the page."""
    until = time.monotonic() + WAIT_MS / 1000
    while (seen := [row.get(heading) for row in table_cells(page, key)][: len(values)]) != values:
        if time.monotonic() > until:
            raise AssertionError(f"{heading} reads {seen}, not {values}")
        page.wait_for_timeout(50)


def tick_row(page: Page, key: str, row: int) -> None:
    """Click the checkbox of a row, counted from 0 from the top of the view; wait for what it means yourself."""
    box = table(page, key).locator("canvas[data-testid=data-grid-canvas]").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 15, box["y"] + HEADER_PX + ROW_PX * row + ROW_PX / 2, delay=90)


def choose(page: Page, label: str, option: str) -> None:
    """Choose an option of a select box by typing it, as a person does."""
    box = page.get_by_role("combobox", name=label)
    box.scroll_into_view_if_needed()  # by itself: a list of options closes when the page scrolls under it
    box.click()
    box.fill(option)
    page.get_by_role("option").filter(has_text=option).first.click()
    settled(page)
