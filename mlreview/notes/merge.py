"""Three-way merge by lines: what two people changed in one text, where their changes don't touch.

The rule is that of ``diff3``: lines that neither changed hold the three texts together; between two such lines
whoever changed something wins, both having changed the same is fine, and anything else is a conflict. Changes to
neighbouring lines touch. ``merge3`` does the same and is not used: its licence (GPL) is not that of this project.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from mlreview.notes.texts import is_mixed, line_end, to_lf


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a merge: lines that are settled, or three versions of lines that are not.

    Attributes:
        lines: Settled, joined by line ends; empty in a conflict.
        conflict: The versions below disagree.
        base, mine, theirs: What stood there, and what each made of it.
    """

    lines: tuple[str, ...] = ()
    conflict: bool = False
    base: tuple[str, ...] = ()
    mine: tuple[str, ...] = ()
    theirs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Merge:
    r"""What came of it.

    Attributes:
        text: The merged text; ``None`` where changes touch.
        parts: In order, for showing them; with ``\\n`` line ends implied.
    """

    text: str | None
    parts: tuple[Part, ...]

    @property
    def conflicts(self) -> int:
        """How many stretches disagree."""
        return sum(part.conflict for part in self.parts)


def merge(base: str, mine: str, theirs: str) -> Merge:
    """Merge two texts that were made from one.

    Line ends are not a difference: a text that ends its lines in another way than the base has them changed
    throughout, and the merged text ends its lines so; where both did, as ``theirs``. Notes that end their lines in
    several ways are merged as they are.
    """
    if mine == theirs or theirs == base:
        return Merge(mine, (Part(tuple(to_lf(mine).split("\n"))),))
    if mine == base:
        return Merge(theirs, (Part(tuple(to_lf(theirs).split("\n"))),))
    if any(is_mixed(text) for text in (base, mine, theirs)):
        end, texts = "\n", (base, mine, theirs)
    else:
        end = line_end(mine) if _ends(mine) and line_end(mine) != line_end(base) else line_end(theirs)
        end = end if _ends(theirs) or line_end(mine) != line_end(base) else line_end(mine)
        texts = (to_lf(base), to_lf(mine), to_lf(theirs))
    parts = _merge(*(text.split("\n") for text in texts))
    if any(part.conflict for part in parts):
        return Merge(None, parts)
    return Merge(end.join(line for part in parts for line in part.lines), parts)


def _ends(text: str) -> bool:
    return "\n" in text or "\r" in text


def _merge(base: Sequence[str], mine: Sequence[str], theirs: Sequence[str]) -> tuple[Part, ...]:
    in_mine, in_theirs = _matches(base, mine), _matches(base, theirs)
    parts: list[Part] = []
    at = at_mine = at_theirs = 0

    def settle(lines: Sequence[str]) -> None:
        if not lines:
            return
        if parts and not parts[-1].conflict:
            lines = [*parts.pop().lines, *lines]
        parts.append(Part(tuple(lines)))

    def between(to: int, to_mine: int, to_theirs: int) -> None:
        was, left, right = base[at:to], mine[at_mine:to_mine], theirs[at_theirs:to_theirs]
        if left == right or right == was:
            settle(left)
        elif left == was:
            settle(right)
        else:
            parts.append(Part(conflict=True, base=tuple(was), mine=tuple(left), theirs=tuple(right)))

    for line in range(len(base)):
        if line in in_mine and line in in_theirs:
            between(line, in_mine[line], in_theirs[line])
            settle([base[line]])
            at, at_mine, at_theirs = line + 1, in_mine[line] + 1, in_theirs[line] + 1
    between(len(base), len(mine), len(theirs))
    return tuple(parts)


def _matches(base: Sequence[str], other: Sequence[str]) -> dict[int, int]:
    """Lines of the base that another text still has: where they were, and where they are."""
    blocks = difflib.SequenceMatcher(None, base, other, autojunk=False).get_matching_blocks()
    return {block.a + step: block.b + step for block in blocks for step in range(block.size)}
