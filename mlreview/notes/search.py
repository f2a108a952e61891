"""Search over all notes: "has anybody tried this before?", answered with the sentence around the hit."""

import re
import unicodedata
from dataclasses import dataclass

from mlreview import names
from mlreview.entities import RunQuery, RunTable
from mlreview.errors import BadInputError
from mlreview.notes.sections import sentence_around

MOST_HITS = 50
_PLACES = 10
_COMBINING = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")


@dataclass(frozen=True, slots=True)
class Hit:
    """A note that has what was looked for.

    Attributes:
        run_id, experiment_id, run_name, user: Of the run.
        row: Of the run in the table that was searched: its metric is there.
        sentence: Around the first hit, on one line, without Markdown's marks.
        heading: The section that it stands in; empty where there is none.
        count: How often the words occur.
    """

    run_id: str
    experiment_id: str
    run_name: str | None
    user: str | None
    row: int
    sentence: str
    heading: str
    count: int


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to: hits, best first, how many notes have what was looked for, and how many there are."""

    hits: tuple[Hit, ...]
    total: int
    notes: int


def notes_query(experiment_ids: tuple[str, ...], metric: str | None = None) -> RunQuery:
    """What to read for a search: whole notes, and one metric to show."""
    return RunQuery(experiment_ids, metrics=(metric,) if metric else (), params=(), tags=(names.NOTE_TAG,))


def notes_of(table: RunTable) -> dict[str, str]:
    """The notes that aren't blank, by run id."""
    column = table.tags.get(names.NOTE_TAG)
    if column is None:
        return {}
    return {run: text for run, text in zip(table.run_ids, column, strict=True) if text and not text.isspace()}


class NoteIndex:
    """The notes of a table, made ready for many questions. Never changed; safe to use from several threads.

    Args:
        table: From ``notes_query``.
    """

    def __init__(self, table: RunTable) -> None:
        self.table = table
        column = table.tags.get(names.NOTE_TAG, ())
        self._folded = [(row, _fold(text)) for row, text in enumerate(column) if text]

    def search(self, query: str, limit: int = MOST_HITS) -> Found:
        """See ``search_notes``."""
        words = _words(query)
        if not words:
            raise BadInputError(
                "There is nothing to look for.", hint="Give a word, or several; quotes keep words together."
            )
        whole = _fold(" ".join(query.replace('"', " ").split()))
        # Most notes don't have the longest word: so one look at each, and only then the rest.
        words = sorted(words, key=len, reverse=True)
        found = [
            (whole not in folded, -sum(folded.count(word) for word in words), row, folded)
            for row, folded in self._folded
            if all(word in folded for word in words)
        ]
        best = sorted(found, key=lambda one: one[:3])[:limit]
        hits = tuple(_hit(self.table, count, row, folded, words) for _, count, row, folded in best)
        return Found(hits, len(found), len(self._folded))


def search_notes(table: RunTable, query: str, limit: int = MOST_HITS) -> Found:
    """Notes that have every word that was asked for; ``"several words"`` in quotes stand together.

    Case and accents don't count, and a word is found inside a longer one. Notes that have the whole question as it was
    written come first, then those with the most hits, then the newest.

    Args:
        table: From ``notes_query``.
        query: What to look for.
        limit: Hits that are returned at most; all are counted.

    Raises:
        BadInputError: There is nothing to look for.
    """
    return NoteIndex(table).search(query, limit)


def _hit(table: RunTable, count: int, row: int, folded: str, words: list[str]) -> Hit:
    text = table.tags[names.NOTE_TAG][row]
    if len(folded) == len(text):
        at, length = _best_place(text, folded, words)
    else:  # folding changed lengths: find the place again, letter by letter
        at, length = _place(text, words)
    return Hit(
        table.run_ids[row],
        table.experiment_ids[row],
        table.names[row],
        table.users[row],
        row,
        sentence_around(text, at, at + length),
        _heading(text, at),
        -count,
    )


def _best_place(text: str, folded: str, words: list[str]) -> tuple[int, int]:
    """Where the sentence stands that has most of the words; of equals the first."""
    best = (0, 0, 0)
    for word in words:
        at = -1
        for _ in range(_PLACES):
            at = folded.find(word, at + 1)
            if at < 0:
                break
            sentence = _fold(sentence_around(text, at, at + len(word)))
            best = max(best, (sum(one in sentence for one in words), -at, len(word)))
    return -best[1], best[2]


def _heading(text: str, at: int) -> str:
    before = re.findall(r"^ {0,3}#{1,6}[ \t]+(.+?)[ \t#]*$", text[:at], re.MULTILINE)
    return before[-1].strip() if before else ""


def _place(text: str, words: list[str]) -> tuple[int, int]:
    lengths, folded = [], []
    for index, character in enumerate(text):
        part = _fold(character)
        folded.append(part)
        lengths += [index] * len(part)
    joined = "".join(folded)
    at = min((joined.find(word) for word in words if word in joined), default=0)
    return (lengths[at] if lengths else 0), 1


def _words(query: str) -> list[str]:
    quoted = re.findall(r'"([^"]+)"|(\S+)', query)
    parts = [" ".join((phrase or word).replace('"', "").split()) for phrase, word in quoted]
    return [_fold(part) for part in parts if part]


def _fold(text: str) -> str:
    if text.isascii():
        return text.lower()
    return _COMBINING.sub("", unicodedata.normalize("NFKD", text.casefold()))
