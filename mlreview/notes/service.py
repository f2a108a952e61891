"""Loads, saves and restores the note of a run, so that no text that somebody pressed Save on is ever lost.

MLflow's tags have no compare-and-set, so two savers can overwrite each other's tag without either noticing. What they
can't do is overwrite each other's revision. A save therefore goes: write the text as a revision; look at the tag and
at *all* revisions; merge what is not in one another; set the tag; and look again, until the tag holds everything that
is there. docs/notes.md says why that is enough.
"""

import time
from collections.abc import Callable

from mlreview import names
from mlreview.errors import NotFoundError, StoreError, WriteError
from mlreview.notes import texts
from mlreview.notes.graph import Graph, status
from mlreview.notes.log import RevisionLog
from mlreview.notes.merge import merge
from mlreview.notes.results import Conflict, EmptyOverFullError, Entry, Note, Saved
from mlreview.notes.revisions import Revision, check_save_id
from mlreview.notes.saving import Saving
from mlreview.notes.settle import YOUNG_MS, held, outside
from mlreview.store.base import RunStore, RunWriter

SETTLING_MS = 10_000
"""A text that is not in the note and no older than this is probably just being saved."""

_IN_NOTE = ("current", "earlier")


class NoteService:
    """The notes of one store. Safe to use from several threads.

    Args:
        store: To read from.
        writer: To write with; ``None`` for reading alone.
        now: The time in milliseconds UTC; for tests.
        sleep: Waits so many seconds; for tests.
    """

    def __init__(
        self,
        store: RunStore,
        writer: RunWriter | None = None,
        *,
        now: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._writer = writer
        self._log = RevisionLog(store, writer)
        self._now = now
        self._sleep = sleep

    def load(self, run_id: str) -> Note:
        """The note as it is now. Changes nothing.

        Raises:
            NotFoundError: There is no such run.
            StoreError: The tracking store can't be read. An artifact store that can't be is ``Note.problem``.
        """
        tag = self._tag(run_id)
        try:
            graph = self._log.read(run_id)
        except StoreError as error:
            return Note(run_id, tag, problem=str(error))
        found, graph, stored = _with_tag(graph, tag)
        late = self._now() - SETTLING_MS
        left = graph.waiting(found.revision_id if found else None)
        waiting = tuple(one for one in left if (one.time or 0) < late)
        cut = found if found is not None and found.text != tag else None
        return Note(run_id, tag, found if stored and cut is None else None, waiting, cut)

    def history(self, run_id: str) -> tuple[Entry, ...]:
        """Every text that the note had or was to have, newest first. Changes nothing.

        Raises:
            NotFoundError: There is no such run.
            StoreError: The tracking store or the artifact store can't be read.
        """
        found, graph, stored = _with_tag(self._log.read(run_id), self._tag(run_id))
        tell = status(graph, found.revision_id if found else None)
        entries = []
        for revision in reversed(graph.order):
            parent = next((graph.get(one) for one in revision.parents if graph.get(one)), None)
            entries.append(
                Entry(revision, tell(revision), parent.text if parent else None, stored or revision is not found)
            )
        return tuple(entries)

    def written_by(self, run_id: str) -> Revision | None:
        """The newest text of a person that the note is made of: it knows its author; ``None`` where nobody does.

        Raises:
            NotFoundError: There is no such run.
            StoreError: The tracking store or the artifact store can't be read.
        """
        entries = self.history(run_id)
        return next((one.revision for one in entries if one.status in _IN_NOTE and one.revision.author), None)

    def revision(self, run_id: str, revision_id: str) -> Revision:
        """One revision.

        Raises:
            NotFoundError: There is no such revision.
        """
        found = self._log.read(run_id).get(revision_id.upper())
        if found is None:
            raise NotFoundError(
                f"The note of run {run_id} has no revision {revision_id[:40]!r}.", hint="Its history lists them."
            )
        return found

    def text_of(self, run_id: str, text_sha: str) -> str | None:
        """The text of this hash, of the note as it is or of its history; ``None`` where there is none."""
        tag = self._tag(run_id)
        if texts.sha(tag) == text_sha:
            return tag
        return next((one.text for one in reversed(self._log.read(run_id).order) if one.sha == text_sha), None)

    def save(
        self,
        run_id: str,
        text: str,
        *,
        base: str | None,
        save_id: str,
        author: str,
        verified: bool = False,
        confirm_empty: bool = False,
        only_if_unchanged: bool = False,
        resolves: str | None = None,
        restores: str | None = None,
    ) -> Saved:
        """Save a text that was made from ``base``.

        Sending a save again with the same id and text, after an answer that did not come, has one effect.

        Args:
            run_id: The run.
            text: Byte for byte.
            base: The text that the author began with; ``None`` where there was no note.
            save_id: Of this press of Save: a ULID, see ``revisions.new_save_id``.
            author: Who saves.
            verified: The author has signed in.
            confirm_empty: An empty text may replace a full one.
            only_if_unchanged: Don't merge: a note that is not ``base`` any more is a conflict, and nothing is written.
            resolves: The save id whose conflict the author settles with this text.
            restores: The revision that the author goes back to.

        Raises:
            BadInputError: A store would cut, refuse or change the text; nothing was written.
            EmptyOverFullError: Ask first; nothing was written.
            NotFoundError: There is no such run.
            CutByStoreError: The store kept the beginning only; the whole text is a revision.
            WriteError: It is not known to be saved. Send it again with the same id.
            StoreError: The store can't be read. Send it again with the same id.
        """
        texts.check_text(text)
        save_id = check_save_id(save_id)
        writer = self._writing()
        tag = writer.read_tag(run_id, names.NOTE_TAG)
        graph = self._readable(run_id)
        own = graph.get(save_id)
        if own is not None and own.text != text:
            raise WriteError(
                "This save id stands for another text already.",
                hint=f"{texts.NOT_SAVED} Save it again, with an id of its own.",
            )
        if own is None:
            found = held(graph, tag)
            if only_if_unchanged and tag != base:
                theirs = tag or ""
                conflict = Conflict(base or "", text, theirs, found, merge(base or "", text, theirs))
                return Saved("conflict", save_id, tag, found, conflict=conflict, kept=False)
            if texts.is_blank(text) and not texts.is_blank(tag) and not confirm_empty:
                raise EmptyOverFullError(
                    f"The note would become empty; it has {len(tag or ''):,} characters now.",
                    hint="Nothing was written. Confirm it, or keep the note.",
                )
            if text == tag and not resolves:
                return Saved("unchanged", save_id, tag, found)
            graph = self._keep_what_is_there(run_id, graph, tag, base)
            begun = graph.holding(base) if base is not None else None
            if begun is None and base is not None and base == tag:
                begun = held(graph, tag)
            made_from = {begun.revision_id} if begun else set()
            made_from |= {resolves} if resolves and resolves in graph.revisions else set()
            own = Revision(
                save_id,
                "saved",
                text,
                author,
                verified,
                self._now(),
                parents=tuple(sorted(made_from)),
                base=texts.sha(base),
                restores=restores,
            )
            own = self._log.add(run_id, own)
        return Saving(writer, self._log, run_id, own, base or "", now=self._now, sleep=self._sleep).settle()

    def restore(self, run_id: str, revision_id: str, *, save_id: str, author: str, verified: bool = False) -> Saved:
        """Go back to the text of a revision: a new save, made from the note as it is.

        Raises:
            NotFoundError: There is no such revision.
            MlreviewError: As for ``save``.
        """
        return self.save(
            run_id,
            self.revision(run_id, revision_id).text,
            base=self._writing().read_tag(run_id, names.NOTE_TAG),
            save_id=save_id,
            author=author,
            verified=verified,
            confirm_empty=True,
            restores=revision_id,
        )

    def put_back(self, run_id: str, revision_id: str, *, save_id: str, author: str, verified: bool = False) -> Saved:
        """Merge a text that is waiting, or was set aside, into the note; where they touch nothing is changed.

        Raises:
            NotFoundError: There is no such revision.
            MlreviewError: As for ``save``.
        """
        revision = self.revision(run_id, revision_id)
        tag = self._writing().read_tag(run_id, names.NOTE_TAG)
        found, graph, _ = _with_tag(self._log.read(run_id), tag)
        begun = graph.common_text(revision.revision_id, found.revision_id) if found else ""
        merged = merge(begun, revision.text, tag or "")
        if merged.text is None:
            conflict = Conflict(begun, revision.text, tag or "", found, merged)
            return Saved("conflict", save_id, tag, found, conflict=conflict)
        return self.save(
            run_id,
            merged.text,
            base=tag,
            save_id=save_id,
            author=author,
            verified=verified,
            resolves=revision.revision_id,
        )

    def dismiss(self, run_id: str, revision_id: str) -> None:
        """Leave a text that is waiting out of the note for good; it stays in the history.

        Raises:
            NotFoundError: There is no such revision.
            WriteError: It could not be written.
        """
        revision = self.revision(run_id, revision_id)
        found, graph, _ = _with_tag(self._log.read(run_id), self._tag(run_id))
        within = graph.before(found.revision_id) if found else frozenset()
        # What it was made from, and is not in the note either, would otherwise wait in its place.
        for one in sorted(graph.before(revision.revision_id) - within - graph.dead):
            self._log.set_aside(run_id, one)

    def _keep_what_is_there(self, run_id: str, graph: Graph, tag: str | None, base: str | None) -> Graph:
        """Keep, as revisions, texts that were written outside: what the author began with, and what is there now."""
        if base and held(graph, base) is None:
            graph = self._add_outside(run_id, graph, outside(graph, base))
        if tag == base or (tag is None and not graph.revisions):
            return graph
        there, begun = held(graph, tag or ""), graph.holding(base or "")
        if there is None:
            return self._add_outside(run_id, graph, outside(graph, tag or ""))
        # The author saw a later text in the note, and now it is an older one again: somebody went back, outside.
        went_back = begun is not None and there != begun and there.revision_id in graph.before(begun.revision_id)
        if went_back and begun is not None and self._now() - (begun.time or 0) > YOUNG_MS:
            graph = self._add_outside(run_id, graph, outside(graph, tag or "", begun))
        return graph

    def _add_outside(self, run_id: str, graph: Graph, revision: Revision) -> Graph:
        added = self._log.add(run_id, revision)
        return Graph({**graph.revisions, added.revision_id: added}, graph.aside)

    def _readable(self, run_id: str) -> Graph:
        """The revisions; where they can't be read they can't be written either, and so nothing is saved."""
        try:
            return self._log.read(run_id)
        except StoreError as error:
            raise WriteError(
                f"The note was not saved, because its revisions can't be kept beside the run. {error.message}",
                hint=f"{texts.NOT_SAVED} {error.hint}",
            ) from error

    def _tag(self, run_id: str) -> str | None:
        return self._store.run(run_id).tags.get(names.NOTE_TAG)

    def _writing(self) -> RunWriter:
        if self._writer is None:
            raise WriteError("This store was opened for reading only.", hint=texts.NOT_SAVED)
        return self._writer


def _with_tag(graph: Graph, tag: str | None) -> tuple[Revision | None, Graph, bool]:
    """The revision that the tag holds, the graph with it, and whether it is kept as a file."""
    found = held(graph, tag)
    if found is not None or not tag:
        return found, graph, True
    found = outside(graph, tag)
    return found, Graph({**graph.revisions, found.revision_id: found}, graph.aside), False
