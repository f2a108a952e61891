"""Between the editor and the notes: loading a note for a browser, and saving what the browser sent.

A save has an id. A save that was sent twice, because its answer got lost, is done once and answered twice.
An outcome goes to the browser as it is: ``{"id", "kind", ...}`` with the kinds ``saved`` (``text``, ``version``,
``notice``), ``conflict`` (``base``, ``theirs``, ``version``, ``merged``, ``by``), ``ask`` (``title``, ``questions``,
``keys``, ``yes``), ``refused`` and ``failed`` (``message``, ``hint``). After ``failed`` the same save is sent again.
"""

import logging
import uuid
from dataclasses import dataclass
from typing import Any

import streamlit as st

from mlreview.errors import BadInputError, MlreviewError, NotFoundError
from mlreview.notes import texts
from mlreview.notes.merge import Merge
from mlreview.notes.results import CutByStoreError, EmptyOverFullError, Note, Saved
from mlreview.notes.service import NoteService
from mlreview.secrets import find_secrets
from mlreview.ui import identity, writes
from mlreview.ui.note_editor import SaveRequest, browser_text
from mlreview.ui.text import clip

_LOG = logging.getLogger("mlreview")
_OUTCOMES = "_notes.outcomes"
_KEPT_OUTCOMES = 20
MARK_MINE, MARK_THEIRS, MARK_END = "⟦ yours ⟧", "⟦ in the store ⟧", "⟦ end ⟧"

Outcome = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LoadedNote:
    """A note as it stands in the store.

    Attributes:
        note: As it is.
        text: For a browser: LF line ends, nothing that a browser can't take.
        version: Names the text as it is stored.
        crlf: Its lines end in CRLF.
        by: Who saved it last, in words, where that is known.
    """

    note: Note
    text: str
    version: str
    crlf: bool
    by: str


def load(run_id: str) -> LoadedNote:
    """The note of a run, read now.

    Raises:
        NotFoundError: There is no such run.
        StoreError: The store does not answer.
    """
    note = writes.notes().load(run_id)
    stored = note.text or ""
    by = author(note.revision.author, note.revision.verified) if note.revision else ""
    if note.written_outside or (note.revision is not None and note.revision.kind == "outside"):
        by = "somebody in MLflow's own page"
    return LoadedNote(note, browser_text(stored), note.sha, texts.line_end(stored) == "\r\n", by)


def author(name: str, verified: bool) -> str:
    """A name as it is shown."""
    if not name:
        return ""
    return identity.Person(clip(name, identity.MAX_NAME_CHARS), verified).label


def outcome_of(run_id: str) -> Outcome | None:
    """What came of this session's last save of a run's note."""
    return next(reversed([*_outcomes(run_id).values()]), None)


def save(run_id: str, request: SaveRequest) -> None:
    """Save what the browser sent, once for each id. Never raises: the outcome says what happened."""
    known = _outcomes(run_id)
    before = known.pop(request.id, None)
    answered = before is not None and before["kind"] != "failed"
    known[request.id] = before if before and answered else _save(run_id, request) | {"id": request.id}
    while len(known) > _KEPT_OUTCOMES:
        del known[next(iter(known))]


def _outcomes(run_id: str) -> dict[str, Outcome]:
    return st.session_state.setdefault(_OUTCOMES, {}).setdefault(run_id, {})


def _save(run_id: str, request: SaveRequest) -> Outcome:
    asked = _question(request)
    if asked is not None:
        return asked
    person = identity.current()
    try:
        service = writes.notes()
        base = _base(service, run_id, request)
        saved = service.save(
            run_id,
            texts.like(request.text, base),
            base=base,
            save_id=request.id,
            author=person.name,
            verified=person.verified,
            confirm_empty="empty" in request.confirmed,
            resolves=request.resolves,
        )
        return _answer(saved)
    except EmptyOverFullError as error:
        return _ask("Save an empty note?", [error.message], ["empty"], "Empty the note")
    except (BadInputError, NotFoundError, CutByStoreError) as error:
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


def _question(request: SaveRequest) -> Outcome | None:
    """What somebody should look at once more before it is saved: what looks like a new secret, left-over marks."""
    secrets = [
        (found, request.text[found.start : found.end])
        for found in find_secrets(request.text)
        if request.text[found.start : found.end] not in request.base
    ]
    if secrets and "secrets" not in request.confirmed:
        listed = [
            f"Line {request.text.count(chr(10), 0, found.start) + 1}: {found.kind}, {clip(value, 5)}"
            for found, value in secrets[:10]
        ]
        title = "This looks like a secret. Whoever can read the run could read it, and the history keeps it."
        return _ask(title, listed, ["secrets"], "Save it all the same")
    lines = request.text.split("\n")
    if MARK_MINE in lines and "marks" not in request.confirmed:
        question = f"Line {lines.index(MARK_MINE) + 1} still has the marks of the two texts, {MARK_MINE} and so on."
        return _ask("Save the marks of the conflict too?", [question], ["marks"], "Save them")
    return None


def _ask(title: str, questions: list[str], keys: list[str], yes: str) -> Outcome:
    return {"kind": "ask", "title": title, "questions": questions, "keys": keys, "yes": yes}


def _base(service: NoteService, run_id: str, request: SaveRequest) -> str | None:
    """The text that the author began with, byte for byte; what the browser has of it has lost its line ends."""
    if request.version is None:
        return request.base
    if request.version == texts.NO_NOTE:
        return None
    found = service.text_of(run_id, request.version)
    return request.base if found is None else found


def _answer(saved: Saved) -> Outcome:
    if saved.conflict is not None:
        conflict = saved.conflict
        theirs = conflict.theirs_revision
        return {
            "kind": "conflict",
            "base": texts.to_lf(conflict.base),
            "theirs": texts.to_lf(conflict.theirs),
            "version": texts.sha(conflict.theirs),
            "merged": proposal(conflict.merge),
            "by": author(theirs.author, theirs.verified) if theirs else "",
        }
    notice = ""
    if saved.status == "merged":
        names = [author(name, False) or "somebody in MLflow's own page" for name in saved.with_authors]
        notice = f"Saved together with what {' and '.join(names) or 'somebody'} wrote meanwhile."
    return {"kind": "saved", "text": texts.to_lf(saved.text or ""), "version": saved.sha, "notice": notice}


def proposal(merge: Merge) -> str:
    """The merged text; where two changes touch, both of them, marked."""
    lines: list[str] = []
    for part in merge.parts:
        if part.conflict:
            lines += [MARK_MINE, *part.mine, MARK_THEIRS, *part.theirs, MARK_END]
        else:
            lines += part.lines
    return "\n".join(lines)
