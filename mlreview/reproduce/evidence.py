"""A run's reproductions, as evidence: who did it again, when, and with what outcome."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mlreview import names
from mlreview.entities import RunTable

EVIDENCE_TAGS = (
    names.REPRODUCES_TAG,
    names.RETRAINS_TAG,
    names.REPRODUCTION_VERDICT_TAG,
    names.REPRODUCTION_DIFFERS_TAG,
)
"""What a table must be read with."""

VERDICTS = ("reproduced", "within tolerance", "not reproduced")


@dataclass(frozen=True, slots=True)
class Reproduction:
    """A run that was made from another one.

    Attributes:
        run_id, name, user: Of the new run.
        started: ``datetime64[ms]``, UTC; NaT where it has none.
        kind: ``reproduction``, or ``retraining`` on other data.
        verdict: One of ``VERDICTS``, or empty: not compared yet, ended before it could be, or a retraining.
        differs: The first thing that differed, in words; may be empty.
    """

    run_id: str
    name: str | None
    user: str | None
    started: np.datetime64
    kind: Literal["reproduction", "retraining"]
    verdict: str
    differs: str

    @property
    def speaks_for(self) -> bool:
        """Somebody did it again and it came out as it was recorded."""
        return self.kind == "reproduction" and self.verdict in VERDICTS[:2]


def reproductions_of(run_id: str, table: RunTable) -> tuple[Reproduction, ...]:
    """The runs that say of themselves that they reproduce or retrain a run, newest first.

    Anybody can write a tag: this is what the records say, and no proof.

    Args:
        run_id: Of the run that was done again.
        table: Runs with ``EVIDENCE_TAGS``, as a rule those of its experiment.
    """
    found = []
    for row, own in enumerate(table.run_ids):
        again = _tag(table, names.REPRODUCES_TAG, row) == run_id
        if own == run_id or not (again or _tag(table, names.RETRAINS_TAG, row) == run_id):
            continue
        verdict = _tag(table, names.REPRODUCTION_VERDICT_TAG, row) or ""
        found.append(
            Reproduction(
                run_id=str(own),
                name=table.names[row],
                user=table.users[row],
                started=table.start_times[row],
                kind="reproduction" if again else "retraining",
                verdict=verdict if again and verdict in VERDICTS else "",
                differs=_tag(table, names.REPRODUCTION_DIFFERS_TAG, row) or "",
            )
        )
    return tuple(sorted(found, key=_age))


def evidence_words(found: Sequence[Reproduction]) -> str:
    """``Reproduced 2 times (within tolerance); 1 attempt came out otherwise``; empty where nobody tried."""
    tried = [one for one in found if one.kind == "reproduction" and one.verdict]
    good = [one for one in tried if one.speaks_for]
    if not tried:
        return ""
    exactly = all(one.verdict == VERDICTS[0] for one in good)
    said = f"Reproduced {'once' if len(good) == 1 else f'{len(good)} times'}{'' if exactly else ' within tolerance'}"
    other = len(tried) - len(good)
    left = "" if not other else f"{other} attempt{'' if other == 1 else 's'} came out otherwise"
    return "; ".join(part for part in (said if good else "", left) if part) or ""


def _age(one: Reproduction) -> tuple[int, str]:
    moment = 0 if np.isnat(one.started) else -int(one.started.astype("datetime64[ms]").astype(np.int64))
    return moment, one.run_id


def _tag(table: RunTable, key: str, row: int) -> str | None:
    return table.tags[key][row] if key in table.tags else None
