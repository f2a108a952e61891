"""The notes page in a browser: the editor's parts, waiting for what it says of itself, typing as a person does."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.harness import WAIT_MS, settled, visit


def open_editor(page: Page, app: str, run_id: str) -> Page:
    """The editor of a run's note, ready to type in."""
    visit(page, f"{app}/notes?note={run_id}&notepart=edit")
    expect(editor(page)).to_be_visible(timeout=WAIT_MS)
    return page


def editor(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Note, in Markdown")


def preview(page: Page) -> Locator:
    return page.get_by_role("region", name="Preview")


def says(page: Page, words: str, timeout: float = WAIT_MS) -> None:
    """Wait until the editor says so of the note's state."""
    expect(page.locator(".head .status")).to_contain_text(words, timeout=timeout)


def type_at_end(page: Page, text: str) -> None:
    """Click into the editor and type, key after key."""
    editor(page).click(delay=90)
    page.keyboard.press("Control+End")
    page.keyboard.type(text)


def save(page: Page) -> None:
    """Ctrl+S, and wait until it is saved."""
    page.keyboard.press("Control+s")
    says(page, "Saved,", timeout=90_000)  # the first save of an app imports MLflow


def show_part(page: Page, part: str) -> None:
    page.get_by_role("radio", name=part, exact=True).click(delay=90, force=True)
    settled(page)


def card(page: Page, words: str) -> Locator:
    """What the editor points out above the text."""
    return page.locator(".card").filter(has_text=words)
