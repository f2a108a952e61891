"""Names that fit beside a line: what all runs' names share is left out."""

import re
from collections.abc import Sequence
from itertools import takewhile

_PART = re.compile(r"[^-_/ .:=]*[-_/ .:=]*")
_MIN_SAVED = 4


def short_names(names: Sequence[str]) -> tuple[str, ...]:
    """The names without the beginning that all of them share, cut between words.

    ``sports-NN-32d``, ``sports-NN-8d`` → ``32d``, ``8d``. Nothing is cut where that would leave a name empty, or save
    less than four characters. A single name stays whole.
    """
    distinct = set(names)
    if len(distinct) < 2:
        return tuple(names)
    parts = [_PART.findall(name) for name in distinct]
    shared = takewhile(lambda column: len(set(column)) == 1, zip(*parts, strict=False))
    cut = sum(len(column[0]) for column in shared)
    if cut < _MIN_SAVED or any(len(name) <= cut for name in distinct):
        return tuple(names)
    return tuple(name[cut:] for name in names)
