"""One save, from its revision being there to an answer: rounds of looking, merging, setting the tag, looking again."""

import random
from collections.abc import Callable

from mlreview import names
from mlreview.errors import MlreviewError, WriteError
from mlreview.notes import texts
from mlreview.notes.graph import Graph
from mlreview.notes.log import RevisionLog
from mlreview.notes.merge import merge
from mlreview.notes.results import Conflict, CutByStoreError, Saved
from mlreview.notes.revisions import Revision
from mlreview.notes.settle import View, held, is_cut, outside, view
from mlreview.store.base import RunWriter

ROUNDS = 40
WAITED = 15
"""Rounds that a saver waits for another one to settle its part."""

FAILURES = 2
PAUSE_S = 0.05
LONGEST_PAUSE_S = 0.4


class Saving:
    """Brings the note to hold one revision, and with it all others that belong there.

    Args:
        writer: Sets and reads the tag.
        log: The revisions.
        run_id: The run.
        own: The revision of the text that was sent; it is written already.
        base: The text that its author began with.
        now: The time in milliseconds UTC.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        writer: RunWriter,
        log: RevisionLog,
        run_id: str,
        own: Revision,
        base: str,
        *,
        now: Callable[[], int],
        sleep: Callable[[float], None],
    ) -> None:
        self._writer = writer
        self._log = log
        self._run_id = run_id
        self._own = own
        self._base = base
        self._now = now
        self._sleep = sleep
        self._before: str | None = None
        self._wrote: str | None = None
        self._failures = 0

    def settle(self) -> Saved:
        """Do it.

        Raises:
            CutByStoreError: The store kept the beginning only.
            WriteError: It is not known to be saved.
        """
        try:
            return self._rounds()
        except CutByStoreError:
            raise
        except MlreviewError as error:
            raise WriteError(
                f"Your text is in the note's history; whether the note has it is not known. {error.message}",
                hint=f"Save it again: with the same id it counts once. {error.hint}".strip(),
            ) from error

    def _rounds(self) -> Saved:
        against: Revision | None = None
        for number in range(ROUNDS):
            if number:
                self._pause(number)
            tag = self._writer.read_tag(self._run_id, names.NOTE_TAG)
            graph = self._graph(tag)
            own_is_out = self._own.revision_id in graph.dead and held(graph, tag) != self._own
            if self._wrote is None:
                self._before = tag
            seen = view(graph, self._own, tag, self._before, self._now())
            if seen.undecided:
                if number < WAITED:
                    continue
                seen = view(graph, self._own, tag, self._before, self._now(), alone=True)
            if own_is_out and seen.goal == self._own:
                return self._conflict(graph, tag, against)  # there is nothing else that the note should hold
            if seen.against is not None:
                against = seen.against
                if not self._goes_first(against, tag) or number >= WAITED:
                    self._log.set_aside(self._run_id, self._own.revision_id)
            elif seen.goal.text != tag or seen.goal.revision_id not in graph.revisions:
                self._put(seen, graph)
            else:
                return self._conflict(graph, tag, against) if own_is_out else self._saved(graph, seen.goal)
        raise WriteError("So many are saving this note at this moment that yours could not be settled.")

    def _graph(self, tag: str | None) -> Graph:
        graph = self._log.read(self._run_id)
        if self._own.revision_id not in graph.revisions:
            raise WriteError("Its revision is not to be found among the run's artifacts.")
        if held(graph, tag) is None and not texts.is_blank(tag):
            added = self._log.add(self._run_id, outside(graph, tag or ""))
            graph = Graph({**graph.revisions, added.revision_id: added}, graph.aside)
        return graph

    def _goes_first(self, other: Revision, tag: str | None) -> bool:
        """Of two that press Save at one moment, the later id gives way at once; the earlier one waits for that."""
        return other.kind == "saved" and other.text != tag and self._own.revision_id < other.revision_id

    def _conflict(self, graph: Graph, tag: str | None, against: Revision | None) -> Saved:
        there = held(graph, tag)
        theirs = there or against
        base = graph.common_text(self._own.revision_id, theirs.revision_id) if theirs else self._base
        compared = merge(base, self._own.text, theirs.text if theirs else tag or "")
        if compared.text is not None and against is not None:
            # It merges with the note as it is, and not with what somebody else is saving just now.
            base, theirs = graph.common_text(self._own.revision_id, against.revision_id), against
            compared = merge(base, self._own.text, against.text)
        conflict = Conflict(base, self._own.text, theirs.text if theirs else tag or "", theirs, compared)
        return Saved("conflict", self._own.revision_id, tag, there, conflict=conflict)

    def _saved(self, graph: Graph, goal: Revision) -> Saved:
        if goal.text == self._own.text:
            return Saved("saved", self._own.revision_id, goal.text, goal)
        added = graph.before(goal.revision_id) - graph.before(self._own.revision_id)
        others = [one for one in graph.order if one.revision_id in added and one.kind != "merge"]
        names_ = tuple(dict.fromkeys(one.author for one in others))
        return Saved("merged", self._own.revision_id, goal.text, goal, with_authors=names_)

    def _put(self, seen: View, graph: Graph) -> None:
        """Write the merges that the goal needs, then set the tag to it."""
        known = Graph({**graph.revisions, **{one.revision_id: one for one in seen.merges}}, graph.aside)
        needed = known.before(seen.goal.revision_id)
        for revision in seen.merges:
            if revision.revision_id in needed:
                self._log.add(self._run_id, revision)
        self._set_tag(seen.goal)

    def _set_tag(self, goal: Revision) -> None:
        """Set the tag, and take it as done where somebody else has set it meanwhile: the next look will tell."""
        self._wrote = goal.text
        try:
            self._writer.set_tag(self._run_id, names.NOTE_TAG, goal.text)
        except WriteError:
            tag = self._writer.read_tag(self._run_id, names.NOTE_TAG)
            if is_cut(goal.text, tag) and self._log.read(self._run_id).holding(tag or "") is None:
                raise CutByStoreError(
                    f"The store kept only the first {len(tag or ''):,} of the note's {len(goal.text):,} characters.",
                    hint=f"The whole text is in the note's history, as revision {goal.revision_id}: shorten it there, "
                    "or restore it when the store takes it.",
                    revision_id=goal.revision_id,
                ) from None
            self._failures += 1
            if tag != goal.text and self._failures > FAILURES:
                raise

    def _pause(self, number: int) -> None:
        self._sleep(min(PAUSE_S * number, LONGEST_PAUSE_S) * random.uniform(0.5, 1.5))
