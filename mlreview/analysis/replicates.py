"""Which runs are one another's replicates: the same configuration, data and code under another seed.

What is not recorded can't agree. A run without a recorded seed is nobody's replicate, and neither is a network whose
architecture isn't recorded: autologging leaves it out, and two widths then differ in nothing that MLflow knows of.
A reproduction is its original over again, seed included: it says nothing of seeds, and takes nobody's place.
Where the code's commit or the data are recorded for neither of two runs they may be replicates; that is said.
"""

import re
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from mlreview import names
from mlreview.analysis.params import SEED_KEYS, canonical_param
from mlreview.entities import Dataset, RunTable

REPLICATE_TAGS = (
    names.GIT_COMMIT_TAG,
    names.GIT_COMMIT,
    names.GIT_DIRTY,
    names.SOURCE_NAME_TAG,
    names.ARCHITECTURE_TAG,
    names.SEED_TAG,
    names.REPRODUCES_TAG,
    names.RETRAINS_TAG,
)
"""Tags of runs that ``find_replicates`` looks at."""

_WORD = re.compile(r"[a-z]+|\d+")
_OF_NETWORKS = frozenset({"epoch", "epochs", "batch", "optimizer", "opt", "momentum"})
"""Words in the names of params that only something trained step by step has."""

_OF_ARCHITECTURE = frozenset(
    {"unit", "units", "hidden", "layer", "layers", "neurons", "architecture", "arch", "backbone", "depth", "width"}
    | {"filters", "channels", "heads", "blocks", "dim", "embedding", "parameters", "params"}
)
_NO_SEED = frozenset({"", "none", "null", "nan"})
"""sklearn's autologging writes ``random_state = None`` for a run that fixed no seed."""


@dataclass(frozen=True, slots=True)
class Replicates:
    """Groups of replicates.

    Attributes:
        groups: The group of each run; ``None`` for a run that is nobody's replicate. At most one run for each seed.
        remarks: What the groups rest on and what keeps others out, in words that stand by themselves.
    """

    groups: tuple[Hashable | None, ...]
    remarks: tuple[str, ...]


def find_replicates(runs: RunTable, datasets: Sequence[Dataset]) -> Replicates:
    """Group finished runs that differ in a recorded seed alone.

    Args:
        runs: Read with all their params and the tags in ``REPLICATE_TAGS``.
        datasets: Of these runs.
    """
    used: dict[str, set[Hashable]] = {}
    for dataset in datasets:
        used.setdefault(dataset.run_id, set()).add((dataset.name, dataset.digest, dataset.context))
    newest: dict[tuple[Hashable, Hashable], int] = {}
    unnamed: dict[Hashable, set[Hashable]] = {}
    for row, run_id in enumerate(runs.run_ids):
        seed = _seed(runs, row)
        if seed is None or runs.statuses[row] != names.FINISHED or _is_done_again(runs, row, run_id in used):
            continue
        recorded = {key: column[row] for key, column in runs.params.items() if column[row] is not None}
        configuration = frozenset(
            (key, canonical_param(key, value))
            for key, value in recorded.items()
            if key not in SEED_KEYS and not key.startswith(names.OWN_PREFIX)
        )
        architecture = _tag(runs, names.ARCHITECTURE_TAG, row)
        group = (configuration, frozenset(used.get(run_id, ())), _code(runs, row), architecture)
        if architecture is None and _is_network(recorded) and not _names_architecture(recorded):
            unnamed.setdefault(group, set()).add(seed)
            continue
        # One run trained twice under one seed says nothing of seeds: the newest of them counts.
        before = newest.get((group, seed))
        if before is None or runs.start_times[row] > runs.start_times[before]:
            newest[group, seed] = row
    groups: list[Hashable | None] = [None] * len(runs)
    for (group, _), row in newest.items():
        groups[row] = group
    return Replicates(tuple(groups), tuple(_remarks(groups, unnamed)))


def _seed(runs: RunTable, row: int) -> Hashable | None:
    found = []
    for key in sorted(SEED_KEYS & runs.params.keys()):
        value = runs.params[key][row]
        if value is not None and value.strip().casefold() not in _NO_SEED:
            found.append((key, canonical_param(key, value)))
    return tuple(found) or _tag(runs, names.SEED_TAG, row)


def _is_done_again(runs: RunTable, row: int, has_data: bool) -> bool:
    """A reproduction, or a retraining whose new data nothing tells from the old."""
    return bool(_tag(runs, names.REPRODUCES_TAG, row) or (_tag(runs, names.RETRAINS_TAG, row) and not has_data))


def _code(runs: RunTable, row: int) -> Hashable:
    """The commit; where there is none, the script, which at least two different ones don't share."""
    own = _tag(runs, names.GIT_COMMIT, row)
    commit = own if own and own != names.UNKNOWN else _tag(runs, names.GIT_COMMIT_TAG, row)
    if commit and _tag(runs, names.GIT_DIRTY, row) == "true":
        return "uncommitted", commit
    return ("commit", commit) if commit else ("script", _tag(runs, names.SOURCE_NAME_TAG, row))


def _tag(runs: RunTable, key: str, row: int) -> str | None:
    column = runs.tags.get(key)
    return None if column is None else column[row] or None


@lru_cache(maxsize=4096)
def _words(key: str) -> frozenset[str]:
    return frozenset(_WORD.findall(key.lower()))


def _is_network(recorded: dict[str, str]) -> bool:
    return any(_words(key) & _OF_NETWORKS for key in recorded)


def _names_architecture(recorded: dict[str, str]) -> bool:
    return any(_words(key) & _OF_ARCHITECTURE for key in recorded)


def _remarks(groups: Sequence[Hashable | None], unnamed: dict[Hashable, set[Hashable]]) -> list[str]:
    said = []
    counts = Counter(group for group in groups if group is not None)
    repeated: list[tuple] = [group for group, count in counts.items() if count > 1]  # type: ignore[misc]
    if any(code[0] == "script" for _, _, code, _ in repeated):
        said.append("The code's version isn't recorded for some replicates: they count as if it were the same")
    if any(code[0] == "uncommitted" for _, _, code, _ in repeated):
        said.append("Some replicates ran with uncommitted changes to the code: they count as if these were the same")
    if any(not data for _, data, _, _ in repeated):
        said.append("The data aren't recorded for some replicates: they count as if they were the same")
    kept_out = sum(len(seeds) for seeds in unnamed.values() if len(seeds) > 1)
    if kept_out:
        said.append(
            f"{kept_out:,} runs may differ in the seed alone, but their networks' architecture isn't recorded: "
            "log it (hidden units, layers) and they count as replicates"
        )
    return said
