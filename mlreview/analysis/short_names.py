"""Names that fit beside a line: what all runs' names share is left out."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile

_PART = re.compile(r"[^-_/ .:=]*[-_/ .:=]*")
_MIN_SAVED = 4
_MIN_LEFT = 2
_WORD_ENDS = re.compile(r"[-_/ :=]+")
_HEAD = 10
"""Characters before an ellipsis: enough to know a family of runs by."""


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


def tell_apart(names: Sequence[str], room: int) -> tuple[str, ...]:
    """Names for where they are cut off at the right, so that what tells them apart stays in sight.

    ``sports-posts-wide-network-lr0.1`` beside ``sports-posts-wide-network-lr0.2`` → ``sports-pos…lr0.1``. Names that
    differ within ``room`` characters stay as they are, and so do namesakes.

    Args:
        names: In full.
        room: Characters that are in sight; at least 20.
    """
    told = {name: name for name in names}
    for group in _alike(told, told, room):
        _tell(group, told, room)
    return tuple(told[name] for name in names)


def _tell(group: Sequence[str], told: dict[str, str], room: int) -> None:
    """Cut what a group shares; then what parts of it share, which are smaller."""
    if len(group) < 2:
        return
    same = sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, zip(*group, strict=False)))
    shared = group[0][:same]
    shortest = min(len(name) for name in group)
    ends = [found.end() for found in _WORD_ENDS.finditer(shared)]
    begin = max((end for end in ends if end < shortest), default=0)
    if len(shared) - begin > (room - _HEAD) // 2:  # a word so long that its end would be out of sight
        begin = len(shared) - 1
    told.update((name, f"{name[:_HEAD]}…{name[begin:]}") for name in group)
    for part in _alike(group, told, room):
        if len(part) < len(group):
            _tell(part, told, room)


def _alike(names: Iterable[str], told: Mapping[str, str], room: int) -> list[list[str]]:
    """Names in groups that look the same."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(told[name][:room], []).append(name)
    return list(groups.values())
