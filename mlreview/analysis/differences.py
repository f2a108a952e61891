"""What tells each run from one that all are held against, in a few words."""

from collections.abc import Sequence

from mlreview import names
from mlreview.analysis.params import canonical_param
from mlreview.entities import RunTable

_MOST_SAID = 4
_VALUE_CHARS = 40


def what_differs(runs: RunTable, reference: RunTable, keys: Sequence[str]) -> list[str]:
    """What differs between each run and a reference run.

    Args:
        runs: Read with their params.
        reference: One run, read with its params.
        keys: Params that count, the most telling first (``params.varying_params``): bookkeeping, ids and counters are
            no differences.

    Returns:
        For each run ``hidden_units 8 · learning_rate 0.05``: its own values of what differs, at most four, and how
        many more there are; what a run lacks comes last, ``no dropout``. Empty where nothing differs.
    """
    said: list[list[str]] = [[] for _ in range(len(runs))]
    lacking: list[list[str]] = [[] for _ in range(len(runs))]
    for key in keys:
        column = runs.params.get(key)
        theirs = reference.params.get(key)
        base = None if theirs is None or theirs[0] is None else canonical_param(key, theirs[0])
        spelt = (
            {value: canonical_param(key, value) for value in set(column) if value is not None}
            if column is not None
            else {}
        )
        for row in range(len(runs)):
            value = None if column is None else column[row]
            mine = None if value is None else spelt[value]
            if mine == base:
                continue
            if mine is None:
                lacking[row].append(f"no {key}")
            elif key == names.ARCHITECTURE_PARAM and mine.strip():
                said[row].append(_short(mine))  # layers say themselves what they are
            else:
                said[row].append(f"{key} {_short(mine)}")
    return [_joined([*has, *lacks]) for has, lacks in zip(said, lacking, strict=True)]


def _joined(parts: list[str]) -> str:
    extra = len(parts) - _MOST_SAID
    return " · ".join([*parts[:_MOST_SAID], f"{extra} more"] if extra > 0 else parts)


def _short(value: str) -> str:
    if not value.strip():
        return "(empty)"
    return value if len(value) <= _VALUE_CHARS else f"{value[: _VALUE_CHARS - 1]}…"
