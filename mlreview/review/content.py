"""What a decision holds for: a run's content as plain texts, its digest, and what differs between two of them."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from mlreview import names
from mlreview.errors import BadInputError

Section = Literal["params", "metrics", "data", "code", "sources", "model", "content"]
SECTIONS: Final[tuple[Section, ...]] = ("params", "metrics", "data", "code", "sources", "model")
_VERSION = 1
_PART_CHARS = 24
_HASHED, _SIZED = "sha256:", "size:"
_NOUNS: Mapping[Section, str] = {
    "params": "parameter",
    "metrics": "metric",
    "data": "data",
    "code": "code",
    "sources": "uncommitted code",
    "model": "model file",
    "content": "content",
}

_PLURALS: Mapping[Section, str] = {
    "params": "parameters",
    "metrics": "metrics",
    "data": "data sets",
    "code": "the code version",
    "sources": "uncommitted code",
    "model": "model files",
    "content": "something (what was decided on is not kept any more)",
}


@dataclass(frozen=True, slots=True)
class Content:
    """A run's content.

    Attributes:
        sections: Texts by key, by section. Files are ``sha256:<hex> <bytes>``, or ``size:<bytes>`` where they were too
            large to be hashed. A section that could not be read is missing.
        unread: Why, by section.
    """

    sections: Mapping[Section, Mapping[str, str]]
    unread: Mapping[Section, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """SHA-256 of all sections, in hex."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    @property
    def path(self) -> str:
        """Where it is kept among the run's artifacts."""
        return content_path(self.digest)

    def to_bytes(self) -> bytes:
        """As it is kept; its SHA-256 is the digest."""
        return _json({"version": _VERSION, "sections": {one: dict(self.sections[one]) for one in self.sections}})

    @property
    def parts(self) -> tuple[str, ...]:
        """``section:digest`` of each, shortened, for an event whose content can't be kept anywhere."""
        return tuple(f"{one}:{self.part(one)[:_PART_CHARS]}" for one in SECTIONS if one in self.sections)

    def part(self, section: Section) -> str:
        """Digest of one section; empty where it could not be read."""
        found = self.sections.get(section)
        return "" if found is None else hashlib.sha256(_json(dict(found))).hexdigest()


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as it was.

    Attributes:
        section: Where.
        key: Of the param, metric, data set or file; empty where only the section is known.
        before, after: Its values; ``None`` where there was or is none.
    """

    section: Section
    key: str
    before: str | None = None
    after: str | None = None

    def describe(self) -> str:
        """In words: "val_AUROC 0.917 → 0.921"."""
        noun = _NOUNS[self.section]
        if not self.key:
            return f"{_PLURALS[self.section]} changed"
        if self.section in ("model", "sources"):
            return f"{noun} {self.key} {self._file()}"
        name = self.key if self.section == "metrics" else f"{noun} {self.key}"
        if self.before is None:
            return f"{name} was added ({clipped(self.after)})"
        if self.after is None:
            return f"{name} is gone (it was {clipped(self.before)})"
        old, new = (_numbers if self.section == "metrics" else _texts)(self.before, self.after)
        return f"{name} {old} → {new}"

    def _file(self) -> str:
        if self.before is None or self.after is None:
            return "was added" if self.before is None else "is missing"
        if size_of(self.before) == size_of(self.after):
            return "has other bytes, of the same length"
        return f"has other content ({size_of(self.before):,} bytes then, {size_of(self.after):,} now)"


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a run's content now differs from what somebody decided on.

    Attributes:
        changed: What makes a decision outdated, in the order of ``SECTIONS``.
        added: Metrics that were logged since; they outdate nothing.
        unverified: What could not be compared byte by byte, in words.
    """

    changed: tuple[Change, ...] = ()
    added: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()

    def describe(self, most: int = 3) -> str:
        """The changes in words, the first few of them."""
        said = [one.describe() for one in self.changed[:most]]
        more = len(self.changed) - most
        return "; ".join(said) + (f"; and {more:,} more" if more > 0 else "")


def compare(then: Content, now: Content) -> Comparison:
    """What changed between two contents of one run."""
    changed: list[Change] = []
    added: list[str] = []
    unverified: list[str] = []
    for section in SECTIONS:
        old, new = then.sections.get(section), now.sections.get(section)
        if old is None or new is None:
            reason = then.unread.get(section) or now.unread.get(section) or ""
            unverified.append(f"{_PLURALS[section]}{f' ({reason})' if reason else ''}")
            continue
        unhashed = 0
        for key in sorted(old.keys() | new.keys()):
            before, after = old.get(key), new.get(key)
            if before == after:
                unhashed += before is not None and before.startswith(_SIZED) and section in ("model", "sources")
            elif before is None and section == "metrics":
                added.append(key)
            elif _same_as_far_as_known(section, before, after):
                unhashed += 1
            else:
                changed.append(Change(section, key, before, after))
        if unhashed:
            unverified.append(f"{unhashed:,} {_NOUNS[section]}{'s' if unhashed > 1 else ''} by size alone")
    return Comparison(tuple(changed), tuple(added), tuple(unverified))


def compare_parts(kept: Sequence[str], now: Content) -> Comparison:
    """What changed where the old content could not be kept, only digests of its sections, as ``parts`` of an event.

    Metrics that were added can't be told from metrics that changed.
    """
    if not kept:
        return Comparison((Change("content", ""),))
    changed: list[Change] = []
    unverified: list[str] = []
    parts = dict(one.split(":", 1) for one in kept if ":" in one)
    for section in SECTIONS:
        old, new = parts.get(section, ""), now.part(section)[:_PART_CHARS]
        if not old or not new:
            unverified.append(_PLURALS[section])
        elif old != new:
            changed.append(Change(section, ""))
    return Comparison(tuple(changed), (), tuple(unverified))


def content_path(digest: str) -> str:
    """Where a content is kept among the run's artifacts."""
    return f"{names.REVIEW_FOLDER}/{digest}.json"


def parse_content(data: bytes, digest: str) -> Content:
    """A content as it was kept.

    Raises:
        BadInputError: It is none, or not the one of this digest.
    """
    if hashlib.sha256(data).hexdigest() != digest:
        raise BadInputError("The content that was decided on was altered.", hint="It does not count; decide anew.")
    try:
        found: Any = json.loads(data)
        sections: dict[Section, dict[str, str]] = {
            one: dict(found["sections"][one]) for one in SECTIONS if one in found["sections"]
        }
        if found["version"] != _VERSION or not all(
            isinstance(text, str) for one in sections.values() for pair in one.items() for text in pair
        ):
            raise ValueError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadInputError("That is no content of a run, or a newer one.", hint="Update mlreview.") from None
    return Content(sections)


def hashed(sha256: str, size: int) -> str:
    """How a file is written that was hashed."""
    return f"{_HASHED}{sha256} {size}"


def sized(size: int | None) -> str:
    """How a file is written that was not."""
    return f"{_SIZED}{-1 if size is None else size}"


def size_of(file: str) -> int:
    """In bytes; -1 where it is not known."""
    try:
        return int(file.rpartition(" ")[2].removeprefix(_SIZED))
    except ValueError:
        return -1


def number_text(value: float) -> str:
    """A metric as it is kept: every digit."""
    if math.isnan(value):
        return "NaN"
    return repr(float(value)) if math.isfinite(value) else ("Infinity" if value > 0 else "-Infinity")


def clipped(text: str | None, most: int = 60) -> str:
    """A value for a sentence: one line, not too long."""
    flat = " ".join((text or "").split())
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"


def _same_as_far_as_known(section: Section, before: str | None, after: str | None) -> bool:
    if section not in ("model", "sources") or before is None or after is None:
        return False
    sizes = {size_of(before), size_of(after)}
    return (before.startswith(_SIZED) or after.startswith(_SIZED)) and (len(sizes) == 1 or -1 in sizes)


def _numbers(before: str, after: str) -> tuple[str, str]:
    """As few digits as tell the two apart, three at least."""
    try:
        old, new = float(before), float(after)
    except ValueError:
        return before, after
    for digits in range(3, 17):
        said = f"{old:.{digits}g}", f"{new:.{digits}g}"
        if said[0] != said[1]:
            return said
    return before, after


def _texts(before: str, after: str) -> tuple[str, str]:
    old, new = clipped(before), clipped(after)
    if old != new:
        return old, new
    # They begin alike: show where they part.
    at = next((at for at, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), 0)
    start = max(0, at - 10)
    return f"…{clipped(before[start:])}", f"…{clipped(after[start:])}"


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode("ascii")
