"""How the revisions of one note belong together: what was made from what, and which of them the note must hold.

A revision names those that it was made from. A *tip* is one that nothing was made from; a note whose revisions have
one tip has that tip's text. Several tips are texts that were saved at the same time, or by a program that died before
it had finished: they are to be merged. A revision that was set aside is none, and no more is a merge that it is in.
"""

import difflib
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

from mlreview.notes.merge import merge
from mlreview.notes.revisions import Revision
from mlreview.notes.texts import to_lf

LOOKED_AT = 50
"""Revisions that a change from outside is compared with, newest first, to find what it was made from."""


class Graph:
    """The revisions of one note. Never changed: a new one is made for what was read anew.

    Args:
        revisions: By id.
        aside: Ids of those that were not put into the note.
    """

    def __init__(self, revisions: Mapping[str, Revision], aside: Iterable[str] = ()) -> None:
        self.revisions = dict(revisions)
        self.aside = frozenset(aside)

    def __len__(self) -> int:
        return len(self.revisions)

    def get(self, revision_id: str) -> Revision | None:
        """The revision of that id, if there is one."""
        return self.revisions.get(revision_id)

    @cached_property
    def order(self) -> tuple[Revision, ...]:
        """Oldest first: what something was made from comes before it; else by time, then by id."""
        done: dict[str, tuple[int, str]] = {}
        for revision_id in sorted(self.revisions, key=lambda one: len(self._made_from[one])):
            revision = self.revisions[revision_id]
            known = [done[parent][0] for parent in revision.parents if parent in done]
            done[revision_id] = (max([revision.time or 0, *(time + 1 for time in known)]), revision_id)
        return tuple(self.revisions[one] for one in sorted(done, key=lambda one: done[one]))

    def before(self, revision_id: str) -> frozenset[str]:
        """Ids of all that a revision holds: what it was made from at whatever distance, and its own.

        A merge counts as held wherever all texts of people are that it was made from: it adds nothing to them. Of
        merges of the same texts the first by id holds the others.
        """
        return self._held.get(revision_id, frozenset({revision_id}))

    @cached_property
    def _held(self) -> dict[str, frozenset[str]]:
        merges = [one for one, revision in self.revisions.items() if revision.kind == "merge"]
        people = {one: held.difference(merges) for one, held in self._made_from.items()}
        found = {}
        for one, held in self._made_from.items():
            among = people[one]
            same = {
                merge
                for merge in merges
                if people[merge] < among or (people[merge] == among and (one not in merges or one < merge))
            }
            found[one] = held | same
        return found

    @cached_property
    def _made_from(self) -> dict[str, frozenset[str]]:
        known: dict[str, frozenset[str]] = {}
        for start in self.revisions:
            pending = [start]
            while pending:
                one = pending[-1]
                parents = self.revisions[one].parents if one in self.revisions else ()
                missing = [parent for parent in parents if parent not in known and parent not in pending]
                if missing:
                    pending += missing
                else:
                    pending.pop()
                    known[one] = frozenset({one}).union(*(known.get(parent, frozenset()) for parent in parents))
        return {one: known[one] for one in self.revisions}

    @cached_property
    def dead(self) -> frozenset[str]:
        """Revisions that the note need not hold: set aside, and merges that such a one is in."""
        found = set(self.aside)
        for revision in self.order:
            if revision.kind == "merge" and any(parent in found for parent in revision.parents):
                found.add(revision.revision_id)
        return frozenset(found)

    @cached_property
    def tips(self) -> tuple[Revision, ...]:
        """Live revisions that no other live one was made from, oldest first."""
        live = [revision for revision in self.order if revision.revision_id not in self.dead]
        covered = {one for revision in live for one in self.before(revision.revision_id) - {revision.revision_id}}
        return tuple(revision for revision in live if revision.revision_id not in covered)

    def waiting(self, current: str | None) -> tuple[Revision, ...]:
        """Texts that people saved and that are not in the note, though nobody set them aside; oldest first.

        Args:
            current: Id of the revision that the note has; ``None`` where it has none.
        """
        within = self.before(current) if current is not None else frozenset()
        left = [
            one
            for one in self.order
            if one.kind != "merge" and one.revision_id not in within and one.revision_id not in self.dead
        ]
        covered = {older for one in left for older in self.before(one.revision_id) - {one.revision_id}}
        return tuple(one for one in left if one.revision_id not in covered)

    def holding(self, text: str) -> Revision | None:
        """The revision that has this text: a tip, a live one, or any, the newest first."""
        tips = {tip.revision_id for tip in self.tips}
        found = [revision for revision in self.order if revision.text == text]
        found.sort(key=lambda one: (one.revision_id in tips, one.revision_id not in self.dead))  # stable: newest last
        return found[-1] if found else None

    def common_text(self, one: str, other: str) -> str:
        """The text that two revisions have in common: that of the newest one that both were made from.

        Where there are several, none made from another, it is what these come to when merged: otherwise a change that
        both sides hold would look like a change that both have made.
        """
        return self._common(self._made_from.get(one, frozenset()), self._made_from.get(other, frozenset()))

    def _common(self, one: frozenset[str], other: frozenset[str]) -> str:
        shared = {each for each in one & other if each in self.revisions}
        older = {each for newer in shared for each in self._made_from[newer] - {newer}}
        newest = sorted(shared - older)
        if not newest:
            return ""
        text, held = self.revisions[newest[0]].text, self._made_from[newest[0]]
        for each in newest[1:]:
            base = self._common(held, self._made_from[each])
            text = merge(base, text, self.revisions[each].text).text or text
            held = held | self._made_from[each]
        return text

    def nearest(self, text: str) -> Revision | None:
        """The revision that a text from outside was most likely made from: the one it differs least from."""
        candidates = [one for one in reversed(self.order) if one.revision_id not in self.dead][:LOOKED_AT]
        return min(candidates, key=lambda one: _distance(one.text, text), default=None)


def status(graph: Graph, current: str | None) -> Callable[[Revision], str]:
    """What a revision is to the note as it is now.

    Args:
        graph: The revisions.
        current: Id of the revision whose text the note has; ``None`` where it has none of theirs.

    Returns:
        A function that tells ``current`` (the note's text), ``earlier`` (the note was made from it), ``aside`` (its
        author was told of a conflict) or ``waiting`` (saved, and not in the note).
    """
    within = graph.before(current) if current in graph.revisions and current is not None else frozenset()

    def tell(revision: Revision) -> str:
        if revision.revision_id == current:
            return "current"
        if revision.revision_id in within:
            return "earlier"
        return "aside" if revision.revision_id in graph.dead else "waiting"

    return tell


def _distance(one: str, other: str) -> int:
    """Characters in lines that two texts don't share."""
    left, right = to_lf(one).split("\n"), to_lf(other).split("\n")
    steps = difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    changed = (left[a:b] + right[c:d] for tag, a, b, c, d in steps if tag != "equal")
    return sum(len(line) + 1 for lines in changed for line in lines)
