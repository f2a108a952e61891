"""One row of a comparison, and rows of texts."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from mlreview.analysis.diff_values import MISSING, Hidden, judge_text, same_groups


@dataclass(frozen=True, slots=True)
class DiffRow:
    """One key over the runs that are compared.

    Attributes:
        key: Of the param, metric, tag ... or what the row says, for people.
        values: As recorded, one a run; ``None`` where the run has none. Metrics are numbers, all else is text.
        groups: Which values are the same: equal numbers are equal values, -1 is missing.
        hidden: Why the row is not shown by default; empty when it is.
        repeats: The row above that says the same, if one does.
        absent: What a run says that has no value, in words; a dash where this is empty.
    """

    key: str
    values: tuple[str | float | None, ...]
    groups: tuple[int, ...]
    hidden: Hidden = ""
    repeats: str = ""
    absent: str = ""

    @property
    def differs(self) -> bool:
        """The row is a difference, and shown by default."""
        return not self.hidden

    @property
    def partial(self) -> bool:
        """All that differs is that some runs have no value; the others have one and the same."""
        return MISSING in self.groups and len(set(self.groups)) == 2


@dataclass(frozen=True, slots=True)
class Line:
    """A row of texts before it is judged.

    Attributes:
        key: What the row says.
        values: As recorded, ``None`` where there is none.
        spelt: What to compare in their place, where values that mean the same are written differently.
        identifies: The value is an id, and a different one is what matters: a commit, a digest.
        known: Which runs recorded this kind of thing at all. A run that did and has no value lacks it: a package
            that isn't installed. One that didn't says nothing, and is no difference. ``None``: whoever has a value.
        aside: A free text that has a page of its own: shown only with everything else.
        absent: What a run says that has no value. A line with it stands even where no run has one.
    """

    key: str
    values: tuple[str | None, ...]
    spelt: tuple[str | None, ...] | None = None
    identifies: bool = False
    known: tuple[bool, ...] | None = None
    aside: bool = False
    absent: str = ""


def mark_repeats(rows: Iterable[DiffRow], spell: Callable[[DiffRow], tuple[object, ...]]) -> tuple[DiffRow, ...]:
    """Name, in a row that says just what an earlier one says, the earlier one: autolog's copy of a learning rate.

    Such a row stays a difference and moves behind those that say something. Rows with one value and gaps are left
    alone: that two of them have the same gaps means nothing.

    Args:
        rows: Those that differ first.
        spell: Its values as texts that are equal where they mean the same.
    """
    seen: dict[tuple[object, ...], str] = {}
    marked: list[DiffRow] = []
    for row in rows:
        if row.differs and not row.partial:
            earlier = seen.setdefault(spell(row), row.key)
            row = row if earlier == row.key else replace(row, repeats=earlier)
        marked.append(row)
    return tuple(sorted(marked, key=lambda row: (not row.differs, row.partial, bool(row.repeats))))


def text_rows(lines: Iterable[Line]) -> tuple[DiffRow, ...]:
    """Judge lines; those that differ come first, each group in the order given. Lines that no run has are dropped."""
    rows = [_row(line) for line in lines if line.absent or any(value is not None for value in line.values)]
    return tuple(sorted(rows, key=lambda row: (not row.differs, row.partial)))


def _row(line: Line) -> DiffRow:
    if line.identifies:
        groups = same_groups(line.spelt or line.values)
        known = line.known or tuple(value is not None for value in line.values)
        seen = {group for group, counts in zip(groups, known, strict=True) if counts}
        hidden: Hidden = "" if len(seen) > 1 else "unrecorded" if len(set(groups)) > 1 else "same"
    else:
        groups, hidden = judge_text(line.values)
    if hidden == "same" and len(set(line.values)) > 1:
        hidden = "spelling"
    hidden = "note" if line.aside and hidden in ("", "unique") else hidden
    return DiffRow(line.key, line.values, groups, hidden, absent=line.absent)
