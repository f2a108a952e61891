"""When two recorded values are the same, and which params tell runs apart."""

import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from math import isinf, log

import numpy as np

from mlreview import names
from mlreview.entities import RunTable, TextColumn

SEED_KEYS = frozenset({"seed", "random_seed", "random_state"})
# Keras numbers its optimizers per process (sgd, sgd_1, sgd_4 ...), and autolog records that as opt_name.
_COUNTED_KEYS = frozenset({"opt_name", "optimizer_name"})
_OF_ARCHITECTURE = frozenset({names.LAYERS_PARAM, names.WIDTHS_PARAM, names.PARAMETERS_PARAM})
_COUNTER = re.compile(r"_\d+$")
# A leading zero (007) is an id's, not a number's.
_NUMBER = re.compile(r"^[+-]?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][+-]?\d+)?$", re.ASCII)
_ID_LIKE_MIN_RUNS = 4
_EXACT = 2**53
"""Whole numbers below this are exact in a double."""
_LARGEST_32_BIT = 3.4e38


@lru_cache(maxsize=65_536)
def canonical(value: str) -> str:
    """One spelling for values that mean the same, so that noise is no difference.

    Numbers compare as numbers: ``32``, ``32.0`` and ``3.2e1`` are one value. A value that is exactly a 32-bit
    float is spelt as short as that allows: autolog's ``0.0010000000474974513`` is ``0.001``. Whole numbers too long
    for a double keep their digits. Everything else is kept as it is; an empty string stays one.
    """
    text = value.strip()
    if not _NUMBER.match(text):
        return value
    if text.lstrip("+-").isdigit():
        return str(int(text)) if len(text) < 4000 else text
    number = float(text)
    if number.is_integer() and abs(number) < _EXACT:
        return str(int(number))
    if not abs(number) < _LARGEST_32_BIT:
        return value if isinf(number) else repr(number)
    single = np.float32(number)
    return repr(float(str(single)) if float(single) == number else number)


def canonical_param(key: str, value: str) -> str:
    """``canonical``, and without Keras's counter where the key is known to carry one (``sgd_4`` is ``sgd``)."""
    return _COUNTER.sub("", value) if key in _COUNTED_KEYS else canonical(value)


def varying_params(params: Mapping[str, TextColumn], rows: int) -> tuple[str, ...]:
    """Params that tell these runs apart, the most telling first.

    A run that lacks a param differs from one that has it; but a param that only tells what an earlier one tells
    already (the parameters of the one random forest, beside ``model``) is left out. Left out too: bookkeeping of this
    project; params with one value (after ``canonical_param``) in all runs; texts that are different in every one of
    at least four runs, as ids and paths are (numbers stay: a random search draws a new one for each run); and a param
    that says just what an earlier one says (autolog's ``opt_learning_rate`` beside a logged ``learning_rate``).

    Args:
        params: Text columns of ``rows`` entries each.
        rows: How many runs there are.

    The architecture that ``mlreview.track()`` records comes first, without its layers, widths and weights where they
    follow from it; and not at all where a param of the training's own (``hidden_units``) is what varies in it.

    Returns:
        Keys, by how much each says about which run it is: the entropy of its values, times the share of runs that
        have it; then by name. Seeds come last: they tell replicates apart and nothing else.
    """
    found: list[tuple[bool, float, str, list[str | None]]] = []
    for key, column in params.items():
        if key.startswith(names.OWN_PREFIX):
            continue
        spelling = {value: canonical_param(key, value) for value in set(column) if value is not None}
        spelt = [None if value is None else spelling[value] for value in column]
        distinct = set(spelling.values())
        if len(set(spelt)) < 2:
            continue
        own = len(distinct) == rows >= _ID_LIKE_MIN_RUNS and not any(_NUMBER.match(value) for value in distinct)
        if own and key != names.ARCHITECTURE_PARAM:
            continue
        found.append((key in SEED_KEYS, -_information(spelt), key, spelt))
    # Of two that say the same, the one that the training code named comes before autologging's.
    found.sort(key=lambda entry: (entry[0], entry[1], entry[2].startswith("opt_"), len(entry[2]), entry[2]))
    kept: list[tuple[str, list[str | None]]] = []
    for _, information, key, spelt in found:
        repeats = _says_the_same if information else _follows_from
        if not any(repeats(spelt, earlier) for _, earlier in kept):
            kept.append((key, spelt))
    return _architecture_once(dict(kept))


def _architecture_once(kept: Mapping[str, list[str | None]]) -> tuple[str, ...]:
    """The same params with one of those that say what the model is made of, and that one first."""
    network = kept.get(names.ARCHITECTURE_PARAM)
    if network is None:
        return tuple(kept)
    keys = [key for key in kept if key not in _OF_ARCHITECTURE or not _follows_from(kept[key], network)]
    keys.remove(names.ARCHITECTURE_PARAM)
    if any(_varies_in(kept[key], network) for key in keys if key not in SEED_KEYS | _OF_ARCHITECTURE):
        return tuple(keys)
    return (names.ARCHITECTURE_PARAM, *keys)


def _varies_in(column: list[str | None], network: list[str | None]) -> bool:
    """Whether this is the number that an architecture has in it (``32`` of ``Dense 32 relu``), and all that varies.

    That both change together is not enough: between two runs anything that changes does.
    """
    held = all(
        value is not None and layers is not None and value.strip("()[], ") in layers.split()
        for value, layers in zip(column, network, strict=True)
    )
    return held and _follows_from(network, column)


def _information(column: list[str | None]) -> float:
    """Entropy of the values in nats (Shannon 1948), times the share of runs that have one; missing says nothing."""
    counts = Counter(value for value in column if value is not None)
    present = counts.total()
    entropy = -sum(count / present * log(count / present) for count in counts.values())
    return round(entropy * present / len(column), 9)


def _says_the_same(column: list[str | None], earlier: list[str | None]) -> bool:
    """Every value of ``column`` stands in ``earlier`` too, capitals aside; ``earlier`` may have more."""
    return all(
        value is None or value == other or (other is not None and value.casefold() == other.casefold())
        for value, other in zip(column, earlier, strict=True)
    )


def _follows_from(column: list[str | None], earlier: list[str | None]) -> bool:
    """Whether a run has ``column``, which has one value, can be told from its value of ``earlier``."""
    seen: dict[str | None, str | None] = {}
    return all(seen.setdefault(other, value) == value for value, other in zip(column, earlier, strict=True))


def as_numbers(column: TextColumn) -> list[float | None] | None:
    """The column as numbers, if each of its values is one and stays what it is as a double.

    Returns:
        ``None`` for a column of texts, of ids with leading zeros, of whole numbers too long for a double, of ``nan``.
    """
    numbers: list[float | None] = []
    for value in column:
        if value is None:
            numbers.append(None)
        elif not _NUMBER.match(value) or abs(number := float(value)) >= _EXACT:
            return None
        else:
            numbers.append(number)
    return numbers


def differing(table: RunTable) -> tuple[str, ...]:
    """``varying_params`` of a table that was read with its params."""
    return varying_params(table.params, len(table))
