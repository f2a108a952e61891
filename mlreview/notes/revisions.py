"""Revisions: every text that was saved, one file each beside the run, written once.

``mlreview/notes/<ULID>.md`` is one line that says who saved it when and what it was made from, and then the text, byte
for byte:

    <!-- mlreview-note {"author": "ada", "base": "…", "id": "…", "kind": "saved", "parents": ["…"], …} -->

It is a comment of HTML, so that a Markdown viewer shows the text alone; what it holds is JSON in ASCII, in which ``<``
and ``>`` are escaped. The hash in it tells a whole file from a half one. The name is the *save id*, which whoever
presses Save makes: a save that is sent again is the same file. Should a crash have left half a file, the next try
writes ``<ULID>-2.md`` beside it.

``mlreview/notes/<ULID>.aside`` says that a text was not put into the note, because it touched what somebody else had
written, and that its author was told so.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from ulid import ULID

from mlreview.errors import BadInputError
from mlreview.notes.texts import NOT_SAVED, sha

FOLDER: Final = "mlreview/notes"
MAX_REVISION_BYTES: Final = 128 * 1024
"""More than 8,000 characters and their first line can take."""

Kind = Literal["saved", "outside", "merge"]

_NAME = re.compile(r"([0-7][0-9A-HJKMNP-TV-Z]{25})(?:-(\d+))?\.(md|aside)")
_HEAD = re.compile(rb"<!-- mlreview-note (\{[^\n]*\}) -->\n")
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Revision:
    """One text that a note had, or that somebody wanted it to have.

    Attributes:
        revision_id: A ULID: the save id, or for merges and changes from outside one made from their content.
        kind: ``saved`` by a person; ``merge`` of other revisions; ``outside``: found in the tag, where MLflow's own
            page or another program had written it.
        text: Byte for byte.
        author: Who saved it; empty for a merge or a change from outside.
        verified: Whether the author had signed in.
        time: When it was saved (ms, UTC), by the clock of the program that wrote it; ``None`` where nobody knows.
        parents: Revisions that it was made from.
        base: Hash of the text that the author had begun with.
        restores: The older revision whose text this is, where somebody went back to it.
    """

    revision_id: str
    kind: Kind
    text: str
    author: str = ""
    verified: bool = False
    time: int | None = None
    parents: tuple[str, ...] = ()
    base: str = ""
    restores: str | None = None

    @property
    def sha(self) -> str:
        """Hash of the text."""
        return sha(self.text)


@dataclass(frozen=True, slots=True)
class Files:
    """What lies in the folder of a run's revisions.

    Attributes:
        revisions: Names of the files of each revision; more than one where a try was cut off.
        aside: Ids of revisions that were not put into the note.
    """

    revisions: dict[str, tuple[str, ...]]
    aside: frozenset[str]


def new_save_id() -> str:
    """An id for one press of Save. It sorts by time; a page makes its own, in its own way."""
    return str(ULID())


def check_save_id(save_id: str) -> str:
    """The id in capital letters.

    Raises:
        BadInputError: It is no ULID.
    """
    found = save_id.upper()
    if not _NAME.fullmatch(f"{found}.md"):
        raise BadInputError(f"{save_id[:40]!r} is not a save id: 26 characters of a ULID.", hint=NOT_SAVED)
    return found


def path(revision_id: str, attempt: int = 1) -> str:
    """Where a revision is kept, among the run's artifacts."""
    return f"{FOLDER}/{revision_id}{'' if attempt == 1 else f'-{attempt}'}.md"


def aside_path(revision_id: str) -> str:
    """Where it is said that a revision was not put into the note."""
    return f"{FOLDER}/{revision_id}.aside"


def aside_file(revision_id: str) -> bytes:
    """What is written there: always the same, whoever writes it."""
    return json.dumps({"aside": revision_id, "version": _VERSION}).encode()


def sort_files(names: Iterable[str]) -> Files:
    """Understand the names in the folder; others are none of ours."""
    found: dict[str, list[tuple[int, str]]] = {}
    aside = set()
    for name in names:
        match = _NAME.fullmatch(name.rpartition("/")[2])
        if match and match[3] == "md":
            found.setdefault(match[1], []).append((int(match[2] or 1), f"{FOLDER}/{match[0]}"))
        elif match and not match[2]:
            aside.add(match[1])
    return Files(
        {key: tuple(name for _, name in sorted(files)) for key, files in sorted(found.items())}, frozenset(aside)
    )


def encode(revision: Revision) -> bytes:
    """The file of a revision."""
    body = revision.text.encode()
    head: dict[str, Any] = {
        "version": _VERSION,
        "id": revision.revision_id,
        "kind": revision.kind,
        "author": revision.author,
        "verified": revision.verified,
        "time": None if revision.time is None else _iso(revision.time),
        "parents": list(revision.parents),
        "base": revision.base,
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    if revision.restores:
        head["restores"] = revision.restores
    written = json.dumps(head, sort_keys=True).replace("<", "\\u003c").replace(">", "\\u003e")
    return f"<!-- mlreview-note {written} -->\n".encode("ascii") + body


def decode(data: bytes) -> Revision | None:
    """Read the file of a revision; ``None`` where it is not whole, or not one of ours."""
    found = _HEAD.match(data)
    if not found:
        return None
    body = data[found.end() :]
    try:
        head = json.loads(found[1])
        if head["sha256"] != hashlib.sha256(body).hexdigest():
            return None
        return Revision(
            revision_id=_text(head["id"]),
            kind=head["kind"] if head["kind"] in ("saved", "outside", "merge") else "saved",
            text=body.decode(),
            author=_text(head.get("author", "")),
            verified=head.get("verified") is True,
            time=_milliseconds(head.get("time")),
            parents=tuple(_text(parent) for parent in head.get("parents", ())),
            base=_text(head.get("base", "")),
            restores=head.get("restores") or None,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def derived_id(kind: Kind, parents: Iterable[str], text: str) -> str:
    """The id of a merge or of a change from outside: the same for everybody who comes to the same text.

    Its time is that of the latest parent, so that it sorts behind it; those without parents come first of all.
    """
    listed = sorted(parents)
    stamp = max((ULID.from_str(parent).bytes[:6] for parent in listed), default=bytes(6))
    content = json.dumps([kind, listed, sha(text)]).encode()
    return str(ULID.from_bytes(stamp + hashlib.sha256(content).digest()[:10]))


def first_whole(files: Iterable[str], read: Callable[[str], bytes]) -> Revision | None:
    """The first of a revision's files that is whole."""
    for name in files:
        revision = decode(read(name))
        if revision is not None:
            return revision
    return None


def _iso(milliseconds: int) -> str:
    stamp = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return stamp.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _milliseconds(text: Any) -> int | None:
    if not isinstance(text, str):
        return None
    return round(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("not a text")
    return value
