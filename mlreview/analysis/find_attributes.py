"""The words of a search that are about the run itself: its name, owner, status, note, times."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from mlreview import names
from mlreview.analysis.find_query import Field, FindError
from mlreview.analysis.find_texts import distinct, fold, glob
from mlreview.entities import TextColumn

if TYPE_CHECKING:
    from mlreview.analysis.find import Corpus

Mask = NDArray[np.bool_]

NAMES: Final = {
    "name": "name",
    "run": "name",
    "run_name": "name",
    "id": "id",
    "run_id": "id",
    "user": "owner",
    "owner": "owner",
    "by": "owner",
    "user_id": "owner",
    "status": "status",
    "note": "note",
    "notes": "note",
    "description": "note",
    "started": "started",
    "start": "started",
    "created": "started",
    "start_time": "started",
    "ended": "ended",
    "end": "ended",
    "end_time": "ended",
    "review": "review",
    "duration": "duration",
    "took": "duration",
}
"""What people write, and which attribute it is."""

_TAGS: Final = {"note": names.NOTE_TAG, "review": names.REVIEW_STATE_TAG}

_STATUS_WORDS: Final = {
    "done": "FINISHED",
    "ok": "FINISHED",
    "success": "FINISHED",
    "error": "FAILED",
    "crashed": "FAILED",
    "stopped": "KILLED",
    "active": "RUNNING",
} | {status.lower(): status for status in names.RUN_STATUSES}

_AGE = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*(min|h|d|w|y)", re.ASCII)
_AGE_MS: Final = {"min": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000, "y": 31_557_600_000}
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2}))?)?)?)?", re.ASCII)
_SPAN = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|s|min|m|h|d|)", re.ASCII)
_SPAN_MS: Final = {"ms": 1, "s": 1_000, "": 1_000, "min": 60_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def status_word(text: str) -> str | None:
    """The status that a bare word names, whole."""
    found = text.upper()
    return found if found in names.RUN_STATUSES else None


def look(corpus: "Corpus", node: Field, text: str) -> tuple[Mask, str]:
    """Rows of the table whose attribute passes, and how it reads.

    Raises:
        FindError: There is no such attribute, or the value or the comparison doesn't fit it.
    """
    attribute = NAMES.get(node.key.casefold())
    if attribute is None:
        hint = "There are name, id, owner, status, note, review, started, ended and duration."
        raise FindError(f"{node.key[:60]!r} is no attribute of a run", text, node.at, len(node.key), hint=hint)
    if attribute in ("started", "ended"):
        return _time(corpus, node, text, attribute)
    if attribute == "duration":
        return _duration(corpus, node, text)
    if node.test == "==":
        node = replace(node, test="=")
    if node.test not in (":", "=", "!="):
        hint = f"There are = != and :, such as {node.key}:{node.value[:40]}"
        raise FindError(f"{node.test} can't be used with {node.key}", text, node.at, len(node.key), hint=hint)
    if attribute == "status":
        return _status(corpus, node, text)
    if attribute == "owner":
        return _owner(corpus, node, text)
    if attribute in _TAGS:
        return _of_tag(corpus, node, attribute)
    if attribute == "id":
        wanted = node.value.strip().lower()
        found = np.fromiter((one.startswith(wanted) for one in corpus.table.run_ids), np.bool_, len(corpus.table))
        return (~found, f"id isn't {wanted[:40]}") if node.test == "!=" else (found, f"id begins with {wanted[:40]}")
    return _text(corpus.table.names, node, "name")


def _text(column: TextColumn, node: Field, what: str) -> tuple[Mask, str]:
    values = distinct(column)
    test, reading = _text_test(node)
    return values.where(test), f"{what} {reading}"


def _text_test(node: Field) -> tuple[Callable[[str], bool], str]:
    folded = fold(node.value)
    said = folded if len(folded) <= 60 else folded[:59] + "…"
    if "*" in node.value and not node.quoted:
        positive = node.test != "!="
        if folded == "*":
            return (lambda cell: positive and bool(cell.strip())), "is there" if positive else "is not anything"
        return (lambda cell: glob(folded, fold(cell)) == positive), f"{'fits' if positive else 'does not fit'} '{said}'"
    if node.test == "!=":
        return (lambda cell: fold(cell) != folded), f"is not '{said}'"
    if node.test == "=" or not folded:
        return (lambda cell: fold(cell) == folded), f"is '{said}'" if folded else "is empty"
    return (lambda cell: folded in fold(cell)), f"holds '{said}'"


def _of_tag(corpus: "Corpus", node: Field, attribute: str) -> tuple[Mask, str]:
    key = _TAGS[attribute]
    if key not in corpus.texts.table.tags:
        return np.zeros(len(corpus.table), dtype=bool), f"{attribute} (no run has one)"
    test, reading = _text_test(node)
    return corpus.of_texts(corpus.texts.values("tag", key).where(test)), f"{attribute} {reading}"


def _owner(corpus: "Corpus", node: Field, text: str) -> tuple[Mask, str]:
    if fold(node.value) != "me" or node.quoted:
        return _text(corpus.table.users, node, "owner")
    if not corpus.me:
        hint = "Set MLREVIEW_USER, or write the name."
        raise FindError("It isn't known who you are", text, node.value_at, len(node.value), hint=hint)
    me = fold(corpus.me)
    wanted = node.test != "!="
    found = distinct(corpus.table.users).where(lambda cell: (fold(cell) in (me, me.partition("@")[0])) == wanted)
    return found, f"owner is {'' if wanted else 'not '}{corpus.me[:60]} (you)"


def _status(corpus: "Corpus", node: Field, text: str) -> tuple[Mask, str]:
    if node.value == "*":
        return distinct(corpus.table.statuses).present == (node.test != "!="), "status is there"
    wanted: list[str] = []
    at = node.value_at
    for part in node.value.split(","):
        word = part.strip().lower()
        fitting = {status for name, status in _STATUS_WORDS.items() if word == name}
        fitting = fitting or {status for status in names.RUN_STATUSES if word and status.lower().startswith(word)}
        if len(fitting) != 1:
            hint = f"There are {', '.join(status.lower() for status in names.RUN_STATUSES)}."
            raise FindError(f"{part.strip()[:40]!r} is no status", text, at, len(part), hint=hint)
        wanted += fitting
        at += len(part) + 1
    positive = node.test != "!="
    found = distinct(corpus.table.statuses).where(lambda cell: (cell in wanted) == positive)
    said = " or ".join(status.lower() for status in dict.fromkeys(wanted))
    return found, f"status is {'' if positive else 'not '}{said}"


def _time(corpus: "Corpus", node: Field, text: str, attribute: str) -> tuple[Mask, str]:
    column = corpus.table.start_times if attribute == "started" else corpus.table.end_times
    there = ~np.isnat(column)
    value = node.value.strip().lower()
    if value == "*":
        return there if node.test != "!=" else ~there & there, f"has {attribute}"
    age = _AGE.fullmatch(value)
    if age:
        moment = corpus.now - np.timedelta64(int(float(age[1]) * _AGE_MS[age[2]]), "ms")
        old = node.test in (">", ">=", "!=")
        said = f"{attribute} {'more' if old else 'less'} than {value} ago"
        younger = column > moment if node.test == "<" else column >= moment
        return there & (column < moment if old else younger), said
    interval = _interval(value, corpus)
    if interval is None:
        hint = "Write a date such as 2026-01-31, or an age: 30min, 12h, 7d, 2w, today."
        raise FindError(f"{node.value[:40]!r} is no time", text, node.value_at, len(node.value), hint=hint)
    begin, end = interval
    match node.test:
        case ">":
            return there & (column >= end), f"{attribute} after {value}"
        case ">=":
            return there & (column >= begin), f"{attribute} {value} or later"
        case "<":
            return there & (column < begin), f"{attribute} before {value}"
        case "<=":
            return there & (column < end), f"{attribute} {value} or earlier"
    within = (column >= begin) & (column < end)
    return there & (~within if node.test == "!=" else within), f"{attribute} {'not ' * (node.test == '!=')}{value}"


def _interval(value: str, corpus: "Corpus") -> tuple[np.datetime64, np.datetime64] | None:
    """What a date stands for, in the zone of whoever asks: from, and up to but not including."""
    try:
        zone = ZoneInfo(corpus.timezone)
    except (ValueError, ZoneInfoNotFoundError, OSError):
        zone = UTC
    try:
        if value in ("today", "yesterday"):
            now = datetime.fromtimestamp(corpus.now.astype("datetime64[ms]").astype(np.int64) / 1000, zone)
            begin = datetime(now.year, now.month, now.day, tzinfo=zone) - timedelta(days=value == "yesterday")
            return _utc(begin), _utc(begin + timedelta(days=1))
        found = _DATE.fullmatch(value.upper())
        if found is None:
            return None
        year, month, day, hour, minute, second = (None if part is None else int(part) for part in found.groups())
        begin = datetime(year or 0, month or 1, day or 1, hour or 0, minute or 0, second or 0, tzinfo=zone)
        if month is None:
            end = begin.replace(year=begin.year + 1)
        elif day is None:
            end = begin.replace(year=begin.year + begin.month // 12, month=begin.month % 12 + 1)
        else:
            end = begin + (
                timedelta(days=1) if hour is None else timedelta(minutes=1) if second is None else timedelta(seconds=1)
            )
        return _utc(begin), _utc(end)
    except (ValueError, OverflowError):
        return None


def _utc(moment: datetime) -> np.datetime64:
    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "ms")


def _duration(corpus: "Corpus", node: Field, text: str) -> tuple[Mask, str]:
    begun, ended = corpus.table.start_times, corpus.table.end_times
    there = ~np.isnat(begun) & ~np.isnat(ended)
    value = node.value.strip().lower()
    parts = _SPAN.findall(value)
    limits = node.test in (">", ">=", "<", "<=")
    if not value or "".join(number + unit for number, unit in parts) != value or not limits:
        hint = "Write duration>1h, duration<90s or duration>=1h30m."
        wrong = f"{node.value[:40]!r} is no duration" if limits else "How long a run took is compared by > or <"
        raise FindError(wrong, text, node.value_at, len(node.value), hint=hint)
    limit = sum(float(number) * _SPAN_MS[unit] for number, unit in parts)
    took = np.where(there, (ended - begun).astype(np.int64), 0)
    order = {">": np.greater, ">=": np.greater_equal, "<": np.less, "<=": np.less_equal}[node.test]
    return there & order(took, limit), f"took {'more' if '>' in node.test else 'less'} than {value}"
