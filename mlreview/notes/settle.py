"""What a saver has to do next, seen from the tag and from all revisions: a pure decision, taken anew at every look."""

from dataclasses import dataclass

from mlreview.notes.graph import Graph
from mlreview.notes.merge import merge
from mlreview.notes.revisions import Revision, derived_id

YOUNG_MS = 120_000
"""A text that was saved so lately, and is not in the note, may have its saver still at work: it is merged. An older
one was taken out by somebody, or its saver died: it is shown as waiting, and a person decides."""

CUT_AT = 250
"""A store cuts at a round number of characters."""


@dataclass(frozen=True, slots=True)
class View:
    """What is to be done for one revision.

    Attributes:
        goal: What the tag should hold: everything with this revision, or, in a conflict, everything without it.
        merges: Merges to be written before that, the goal among them where it is one.
        against: The text that this one can't be merged with, and gives way to.
        undecided: Others have saved texts that can't be merged with one another, and the note holds none of them yet:
            which one gives way is for their savers to settle.
    """

    goal: Revision
    merges: tuple[Revision, ...] = ()
    against: Revision | None = None
    undecided: bool = False


def held(graph: Graph, tag: str | None) -> Revision | None:
    """The revision that the tag holds: the whole of it, or as much as the store has kept."""
    if tag is None:
        return None
    found = graph.holding(tag)
    return found or next((tip for tip in reversed(graph.tips) if is_cut(tip.text, tag)), None)


def is_cut(text: str, tag: str | None) -> bool:
    """Whether the tag is as much of a text as a store with a smaller limit would keep."""
    return bool(tag) and len(tag or "") % CUT_AT == 0 and tag != text and text.startswith(tag or "")


def outside(graph: Graph, text: str, made_from: Revision | None = None) -> Revision:
    """A text that was found in the tag, as a revision; the same for everybody who finds it."""
    parent = made_from or graph.nearest(text)
    parents = (parent.revision_id,) if parent else ()
    return Revision(derived_id("outside", parents, text), "outside", text, parents=parents)


def view(graph: Graph, own: Revision, tag: str | None, before: str | None, now: int, *, alone: bool = False) -> View:
    """Look at everything that is there.

    First comes what the note would be without this revision: what the tag holds, or held before this saver wrote to
    it, and merged with it whatever else is young. Only then is this revision merged in: so it never pushes out a text
    that was there before, and gives way only to one that would stay. Once somebody else has built on it, or it has
    been set aside, it is no longer this saver's to give: then only the rest of the work is left, to see that the tag
    holds what it should.

    Args:
        graph: All revisions, ``own`` among them.
        own: The revision that is being saved.
        tag: What the tag holds.
        before: What it held when this saver began to write.
        now: The time (ms, UTC).
        alone: Leave out what others have saved and the note does not hold: waiting for them was in vain.
    """
    with_own = {one for one in graph.revisions if own.revision_id in graph.before(one)}
    if own.revision_id in graph.dead or _built_on(graph, own, with_own):
        with_own = set()
    mine = [tip for tip in graph.tips if tip.revision_id in with_own]
    anchors = _anchors(graph, own, tag, before, with_own)
    anchored = [graph.revisions[one] for one in sorted(anchors) if one not in graph.dead]
    others = [
        tip
        for tip in Graph(graph.revisions, graph.aside | with_own).tips
        if tip.revision_id in anchors
        or _is_young(tip, now)
        or (own.revision_id in graph.before(tip.revision_id) and not with_own)
    ]
    # What can't be merged with the note as it is has a saver who will give way.
    others = [tip for tip in others if all(join(graph, one, tip) for one in anchored)]
    others.sort(key=lambda tip: not (anchors & graph.before(tip.revision_id)))  # what the note has comes first
    goal: Revision | None = None
    merges: list[Revision] = []
    undecided = False
    for tip in anchored if alone else others:
        joined = tip if goal is None else join(graph, goal, tip)
        if joined is not None:
            graph, goal = _with(graph, joined, merges), joined
        else:
            undecided = True
    for tip in mine:
        joined = tip if goal is None else join(graph, goal, tip)
        against = next((other for other in others if join(graph, other, tip) is None), None)
        if joined is None or against is not None:
            return View(goal or tip, tuple(merges), against or goal, undecided)
        graph, goal = _with(graph, joined, merges), joined
    return View(goal or own, tuple(merges), undecided=undecided)


def _built_on(graph: Graph, own: Revision, with_own: set[str]) -> bool:
    """Somebody has saved a text that was made from this one, and that is in the note or on its way there."""
    later = with_own - graph.dead - {own.revision_id}
    return any(graph.revisions[one].kind != "merge" for one in later)


def _anchors(graph: Graph, own: Revision, tag: str | None, before: str | None, with_own: set[str]) -> frozenset[str]:
    """Revisions that the note has, or had before this saver wrote to it."""
    holds = held(graph, tag)
    if holds is not None and holds.revision_id not in with_own and holds.revision_id not in graph.dead:
        return frozenset({holds.revision_id})
    had = held(graph, before)
    return frozenset({*own.parents, *((had.revision_id,) if had else ())})


def _with(graph: Graph, revision: Revision, merges: list[Revision]) -> Graph:
    if revision.revision_id in graph.revisions:
        return graph
    merges.append(revision)
    return Graph({**graph.revisions, revision.revision_id: revision}, graph.aside)


def join(graph: Graph, one: Revision, other: Revision) -> Revision | None:
    """The merge of two revisions, the same for everybody who makes it; ``None`` where they touch.

    Where one was made from the other there is nothing to merge: it is that one.
    """
    if one.revision_id in graph.before(other.revision_id):
        return other
    if other.revision_id in graph.before(one.revision_id):
        return one
    first, second = sorted((one, other), key=lambda revision: revision.revision_id)
    text = merge(graph.common_text(first.revision_id, second.revision_id), first.text, second.text).text
    if text is None:
        return None
    parents = (first.revision_id, second.revision_id)
    when = max((revision.time for revision in (first, second) if revision.time is not None), default=None)
    return Revision(derived_id("merge", parents, text), "merge", text, time=when, parents=parents)


def _is_young(revision: Revision, now: int) -> bool:
    return revision.time is None or abs(now - revision.time) <= YOUNG_MS
