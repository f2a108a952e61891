"""The notes' own components: the editor, the rendered note, the difference of two texts, the mark of unsaved notes.

Streamlit's text area sends its value when it is left, knows no draft and no preview. These are custom components
(version 2), inline, without a build step: their scripts lie in ``assets/`` and are joined here.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2 import component

_ASSETS = Path(__file__).with_name("assets")
_UNFIT = re.compile("[\0\ud800-\udfff]")
_NOTHING: Callable[[], None] = lambda: None  # noqa: E731


def _asset(*names: str) -> str:
    return "\n".join((_ASSETS / name).read_text(encoding="utf-8") for name in names)


_CSS = _asset("note.css")
_EDITOR = component(
    "mlreview_note_editor",
    css=_CSS,
    js=_asset("note_markdown.js", "note_diff.js", "note_drafts.js", "note_editor.js"),
)
_VIEW = component("mlreview_note_view", css=_CSS, js=_asset("note_markdown.js", "note_diff.js", "note_view.js"))
_UNSAVED = component(
    "mlreview_unsaved_notes", css=_CSS, js=_asset("note_markdown.js", "note_drafts.js", "note_unsaved.js")
)


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What a link to a run shows of it: its name, its headline metric, how its review stands; texts, may be empty."""

    name: str
    metric: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class SaveRequest:
    """What the editor sent. ``id`` names the save: sent twice, it is one save.

    Attributes:
        text: The note, with LF line ends.
        base: The text that it grew out of, with LF line ends.
        version: What ``EditorData.version`` was for ``base``; ``None`` where the server never saw ``base`` as a note.
        confirmed: What was asked about before and agreed to.
        resolves: Id of the save whose conflict the writer has settled with this text.
    """

    id: str
    text: str
    base: str
    version: str | None
    confirmed: tuple[str, ...] = ()
    resolves: str | None = None


@dataclass(frozen=True, slots=True)
class EditorData:
    """What the editor is about; it is drawn anew when any of it changes, and what is being typed stays.

    Attributes:
        store: Tells stores apart in the browser's storage; never an address.
        run, name: Id and name of the run.
        text: The note as it stands in the store, with LF line ends, fit to be sent to a browser.
        version: Names that text.
        limit: Most characters that the store keeps.
        crlf: The note keeps CRLF line ends, each two characters to the store.
        by: Who wrote the note last, where that is known.
        author: As whom it is saved.
        runs: What is known of runs that the note may link to.
        outcome: Of the last save: ``{"id", "kind", ...}``, see ``note_saving``.
        insert: Text to put in, once: ``{"id", "text", "where"}``, where ``all``, ``start``,
            ``end``, ``block``, ``inline``, or ``generated`` for in place of the generated block that is there.
        first_write: Title and sentence to show before the first write to a store.
    """

    store: str
    run: str
    name: str
    text: str
    version: str
    limit: int
    crlf: bool = False
    by: str = ""
    author: str = ""
    runs: Mapping[str, RunInfo] = field(default_factory=dict)
    outcome: Mapping[str, Any] | None = None
    insert: Mapping[str, str] | None = None
    first_write: tuple[str, str] | None = None

    def as_json(self) -> dict[str, Any]:
        """For the browser, in its spelling."""
        data = asdict(self)
        data["firstWrite"] = data.pop("first_write")
        return data


def store_key(*address: str | None) -> str:
    """What tells a store apart in a browser's storage, without saying where it is."""
    return hashlib.blake2b("\n".join(part or "" for part in address).encode(), digest_size=8).hexdigest()


def parse_save(sent: object) -> SaveRequest | None:
    """What the editor sent, when it has the right shape: anything may come from a browser."""
    if not isinstance(sent, Mapping):
        return None
    texts = [sent.get(key) for key in ("id", "text", "base")]
    version, confirmed = sent.get("version"), sent.get("confirmed") or []
    if not all(isinstance(text, str) for text in texts) or not 8 <= len(texts[0] or "") <= 64:
        return None
    resolves = sent.get("resolves")
    if not isinstance(version, str | None) or not isinstance(resolves, str | None) or not isinstance(confirmed, list):
        return None
    return SaveRequest(*texts, version, tuple(str(item) for item in confirmed), resolves)  # type: ignore[arg-type]


def note_editor(data: EditorData, on_save: Callable[[SaveRequest], None], on_open: Callable[[str], None]) -> None:
    """Draw the editor.

    Args:
        data: What it is about.
        on_save: Called before the script runs, with what was sent; its outcome goes into the next ``data``.
        on_open: Called with the id of a run whose link was clicked.
    """
    key = f"note_editor_{data.run}"

    def saved() -> None:
        request = parse_save(st.session_state[key].get("save"))
        if request is not None:
            on_save(request)

    opened = _opened(key, on_open)
    _EDITOR(key=key, data=data.as_json(), on_save_change=saved, on_open_change=opened)


def note_view(text: str, runs: Mapping[str, RunInfo], key: str, on_open: Callable[[str], None]) -> None:
    """Draw a note as it reads: no HTML, nothing loaded from elsewhere; run links show how the run stands."""
    data = {"text": text, "runs": {run_id: asdict(info) for run_id, info in runs.items()}}
    _VIEW(key=key, data=data, on_open_change=_opened(key, on_open))


def text_diff(before: str, after: str, key: str) -> None:
    """Draw what differs between two texts, line against line."""
    _VIEW(key=key, data={"before": before, "text": after}, on_open_change=_NOTHING)


def unsaved_mark(store: str, on_open: Callable[[str], None]) -> None:
    """Say which notes were typed in this browser and not saved; the browser knows, nobody else."""
    key = "unsaved_notes"
    _UNSAVED(key=key, data={"store": store}, on_open_change=_opened(key, on_open))


def _opened(key: str, on_open: Callable[[str], None]) -> Callable[[], None]:
    def opened() -> None:
        run_id = st.session_state[key].get("open")
        if isinstance(run_id, str) and run_id:
            on_open(run_id)

    return opened


def browser_text(text: str) -> str:
    """A text as a browser can take it: LF, no NUL and no half characters (each becomes U+FFFD)."""
    return _UNFIT.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def known_ids(text: str, candidates: Sequence[str]) -> list[str]:
    """Those of the ids that occur in the text."""
    return [run_id for run_id in candidates if run_id in text]
