"""Notes that this app has written: a table that was read before is shown with them, without reading it again.

A read is used again for some time, and a scan of 10,000 runs over HTTP is not repeated because somebody pressed Save.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

from mlreview.entities import RunTable, TextColumn
from mlreview.names import NOTE_HEAD_CHARS, NOTE_TAG

MAX_KEPT = 1_000
MAX_MADE = 4


@dataclass(frozen=True, slots=True)
class _Written:
    text: str | None
    at: float


_Newer = tuple[tuple[int, _Written], ...]


class WrittenNotes:
    """The last text that was written to each note, newest last. Safe to use from several threads: each step is one.

    Args:
        now: The time in seconds since 1970; for tests.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._kept: OrderedDict[tuple[tuple[str, ...], str], _Written] = OrderedDict()
        self._made: OrderedDict[int, tuple[RunTable, _Newer, RunTable]] = OrderedDict()

    def remember(self, store: tuple[str, ...], run_id: str, text: str | None) -> None:
        """A note of this store holds this text now; ``None`` for no note."""
        self._kept.pop((store, run_id), None)
        self._kept[store, run_id] = _Written(text, self._now())
        while len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)

    def brought_up(self, store: tuple[str, ...], table: RunTable, read_at: float) -> RunTable:
        """The table with what was written since it was read; the same one where that is nothing.

        As long as nothing further is written, the same table is brought up to the same object, so that what is made
        from it (the search's index) can be kept.

        Args:
            store: What the table was read from.
            table: Never changed; a copy of the columns of notes is.
            read_at: When the read began (s since 1970): what was written before is in it.
        """
        if NOTE_TAG not in table.tags and table.note_heads is None:
            return table
        newer = {run: one for (of, run), one in list(self._kept.items()) if of == store and one.at > read_at}
        rows = [row for row, run in enumerate(table.run_ids) if run in newer] if newer else []
        if not rows:
            return table
        what = tuple((row, newer[table.run_ids[row]]) for row in rows)
        made = self._made.get(id(table))  # a table that is kept here is alive, so that no other one has its id
        if made is not None and made[0] is table and made[1] == what:
            return made[2]
        texts = {row: one.text for row, one in what}
        tags, heads = dict(table.tags), table.note_heads
        if NOTE_TAG in tags:
            tags[NOTE_TAG] = _with(tags[NOTE_TAG], texts)
        if heads is not None:
            heads = _with(heads, {row: text and text[:NOTE_HEAD_CHARS] for row, text in texts.items()})
        brought_up = replace(table, tags=tags, note_heads=heads)
        self._made[id(table)] = table, what, brought_up
        while len(self._made) > MAX_MADE:
            self._made.popitem(last=False)
        return brought_up


def _with(column: TextColumn, texts: dict[int, str | None]) -> TextColumn:
    changed = column.copy()
    for row, text in texts.items():
        changed[row] = text
    return changed


WRITTEN = WrittenNotes()
"""Of this server process: what one person saves, the others see too."""
