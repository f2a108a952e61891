"""Which of several recorded values are the same, and whether a difference between them is worth showing.

Missing is not empty: a value that was never logged is ``None``, and differs from an empty text, from the text
``None`` and from ``nan``.
"""

import math
import re
from collections.abc import Callable, Sequence
from typing import Literal

from mlreview.analysis.params import canonical_param

Hidden = Literal["", "same", "spelling", "unique", "unrecorded", "note"]
"""Why a row is not shown by default: it is (empty); one value in all runs; the same value in several spellings; a value
of its own in every run, as ids have; one value in all runs that recorded such a thing at all; a free text that stands
elsewhere."""

MISSING = -1
ID_LIKE_MIN_RUNS = 4
"""From so many runs on, a text that is different in every one is taken for an id; as the leaderboard does."""

_PLAIN_NUMBER = re.compile(r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$", re.ASCII)
_ID = re.compile(
    r"""(?<![0-9A-Za-z.])(?:
        [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}    # UUID
      | (?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{12,64}                # hexadecimal digest or id
      | [0-7][0-9A-HJKMNP-TV-Z]{25}                                     # ULID
      | \d{4}-\d\d-\d\d[T_\s-]\d\d[:\-]?\d\d                            # moment
      | \d{10,19}                                                       # seconds or nanoseconds since 1970
    )(?![0-9A-Za-z])""",
    re.VERBOSE | re.IGNORECASE,
)


def same_groups(values: Sequence[str | None], spell: Callable[[str], str] | None = None) -> tuple[int, ...]:
    """Number the values: equal ones share a number, from 0 in the order of appearance; a missing one is ``MISSING``.

    Args:
        values: As recorded.
        spell: Gives values that mean the same one spelling.
    """
    numbers: dict[str, int] = {}
    spelt: dict[str, int] = {}
    groups = []
    for value in values:
        if value is None:
            groups.append(MISSING)
            continue
        number = spelt.get(value)
        if number is None:
            number = spelt[value] = numbers.setdefault(spell(value) if spell else value, len(numbers))
        groups.append(number)
    return tuple(groups)


def same_numbers(values: Sequence[float | None]) -> tuple[int, ...]:
    """``same_groups`` of numbers; NaN is the same as NaN, and -0 as 0."""
    numbers: dict[float | str, int] = {}
    return tuple(
        MISSING if value is None else numbers.setdefault("NaN" if math.isnan(value) else value + 0.0, len(numbers))
        for value in values
    )


def judge_param(key: str, values: Sequence[str | None]) -> tuple[tuple[int, ...], Hidden]:
    """Groups of one param's values, and why the row is hidden by default.

    Numbers compare as numbers, and Keras's counters are taken off (``canonical_param``).
    """
    first = values[0] if values else None
    if all(value == first for value in values):  # most rows of most comparisons: nothing to spell
        return (MISSING if first is None else 0,) * len(values), "same"
    groups = same_groups(values, lambda value: canonical_param(key, value))
    if len(set(groups)) == 1:
        return groups, "spelling"
    return groups, "unique" if unique_to_each(values, groups) else ""


def judge_text(values: Sequence[str | None]) -> tuple[tuple[int, ...], Hidden]:
    """Groups of a text's values (a tag's, say), and why the row is hidden by default."""
    groups = same_groups(values)
    if len(set(groups)) <= 1:
        return groups, "same"
    return groups, "unique" if unique_to_each(values, groups) else ""


def unique_to_each(values: Sequence[str | None], groups: Sequence[int]) -> bool:
    """Whether the value says which run it is and nothing else: an id, a moment, a path with one of them in it.

    Two runs that differ have a value of their own each, so between few runs only a value's form can tell. From
    ``ID_LIKE_MIN_RUNS`` on, any text that every run has for itself counts. Plain numbers don't, unless they have the
    form of an id: a random search draws a new one for each run, and it is just what was looked for.
    """
    present = [value for value in values if value is not None]
    if len(present) < 2 or len({group for group in groups if group != MISSING}) < len(present):
        return False
    if all(_ID.search(value) for value in present):
        return True
    return len(present) >= ID_LIKE_MIN_RUNS and not any(_PLAIN_NUMBER.match(value) for value in present)
