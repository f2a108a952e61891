"""Names that fit beside a line: what all runs' names share is left out."""

import re
from collections.abc import Sequence
from itertools import takewhile

_PART = re.compile(r"[^-_/ .:=]*[-_/ .:=]*")
_MIN_SAVED = 4
_MIN_LEFT = 2


def short_names(names: Sequence[str]) -> tuple[str, ...]:
    """The names without the beginning that all of them share, cut between words.

    ``sports-NN-32d``, ``sports-NN-8d`` → ``32d``, ``8d``. No name is left with less than two characters, and nothing is
    cut that would save less than four. A single name stays whole.
    """
    distinct = set(names)
    if len(distinct) < 2:
        return tuple(names)
    parts = [_PART.findall(name) for name in distinct]
    shared = takewhile(lambda column: len(set(column)) == 1, zip(*parts, strict=False))
    shortest = min(len(name) for name in distinct)
    cut = 0
    for column in shared:
        if cut + len(column[0]) > shortest - _MIN_LEFT:
            break
        cut += len(column[0])
    if cut < _MIN_SAVED:
        return tuple(names)
    return tuple(name[cut:] for name in names)
