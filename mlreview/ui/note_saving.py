"""Between the editor and the store: loading a note for a browser, and saving what the browser sent.

A save has an id. A save that was sent twice, because its answer got lost, is done once and answered twice.
An outcome goes to the browser as it is: ``{"id", "kind", ...}`` with the kinds ``saved`` (``text``, ``version``),
``conflict`` (``theirs``, ``version``, ``base``, ``merged``), ``ask`` (``title``, ``questions``, ``keys``, ``yes``),
``refused`` and ``failed`` (``message``, ``hint``). Only after ``failed`` may the same save be sent again.
"""

import hashlib
import logging
import uuid
from dataclasses import dataclass
from typing import Any

import streamlit as st

from mlreview.errors import BadInputError, MlreviewError
from mlreview.names import NOTE_TAG
from mlreview.ui import reads, writes
from mlreview.ui.note_editor import SaveRequest, browser_text

_LOG = logging.getLogger("mlreview")
_OUTCOMES = "_notes.outcomes"
_KEPT_OUTCOMES = 20

Outcome = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LoadedNote:
    """A note as it stands in the store.

    Attributes:
        text: For a browser: LF line ends, nothing that a browser can't take.
        version: Names the text as it is stored.
        crlf: It is stored with CRLF line ends.
        by: Who saved it last, where that is known.
    """

    text: str
    version: str
    crlf: bool = False
    by: str = ""


def load(run_id: str) -> LoadedNote:
    """The note of a run, read now.

    Raises:
        NotFoundError: There is no such run.
        StoreError: The store does not answer.
    """
    return _loaded(reads.store().run(run_id).tags.get(NOTE_TAG, ""))


def outcome_of(run_id: str) -> Outcome | None:
    """What came of this session's last save of a run's note."""
    return next(reversed([*_outcomes(run_id).values()]), None)


def save(run_id: str, request: SaveRequest) -> None:
    """Save what the browser sent, once for each id. Never raises: the outcome says what happened."""
    known = _outcomes(run_id)
    before = known.pop(request.id, None)
    again = before is None or before["kind"] == "failed" or (before["kind"] == "ask" and request.confirmed)
    known[request.id] = _save(run_id, request) | {"id": request.id} if again or before is None else before
    while len(known) > _KEPT_OUTCOMES:
        del known[next(iter(known))]


def _outcomes(run_id: str) -> dict[str, Outcome]:
    return st.session_state.setdefault(_OUTCOMES, {}).setdefault(run_id, {})


def _save(run_id: str, request: SaveRequest) -> Outcome:
    try:
        stored = writes.read_note(run_id)
        current = _loaded(stored)
        if request.text == current.text:
            return {"kind": "saved", "text": current.text, "version": current.version}
        if request.version != current.version and request.base != current.text:
            return {
                "kind": "conflict",
                "theirs": current.text,
                "version": current.version,
                "base": request.base,
                "merged": None,
                "by": current.by,
            }
        text = request.text.replace("\n", "\r\n") if current.crlf else request.text
        writes.set_note(run_id, text)
        done = _loaded(text)
    except BadInputError as error:
        return {"kind": "refused", "message": error.message, "hint": error.hint}
    except MlreviewError as error:
        return {"kind": "failed", "message": error.message, "hint": error.hint}
    except Exception:
        # A mistake of ours must not take the page, and with it the editor, away from under somebody's text.
        reference = uuid.uuid4().hex[:8]
        _LOG.exception("saving a note failed, reference %s", reference)
        return {
            "kind": "failed",
            "message": "This is a mistake in Model Review: whether the note was saved is unknown.",
            "hint": f"Your text is still here; saving again does no harm. The app's log has reference {reference}.",
        }
    return {"kind": "saved", "text": done.text, "version": done.version}


def _loaded(stored: str) -> LoadedNote:
    version = hashlib.sha256(stored.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return LoadedNote(browser_text(stored), version, "\r\n" in stored)
