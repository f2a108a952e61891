"""Which run somebody means who typed the beginning of its id, as in ``git show 3f2a``."""

import re

from mlreview.entities import RunQuery
from mlreview.errors import BadInputError, NotFoundError
from mlreview.store.base import RunStore

FEWEST_CHARS = 4
_WHOLE = 32
_MOST_NAMED = 5


def full_run_id(store: RunStore, typed: str) -> str:
    """The id of the only run whose id begins so; a whole id, or one of another form, is left as it is.

    Reads nothing for a whole id, else the ids of all runs, deleted ones included.

    Raises:
        NotFoundError: No run's id begins so.
        BadInputError: Several do, or fewer than ``FEWEST_CHARS`` characters were typed.
        StoreError: The store does not answer.
    """
    start = typed.strip().lower()
    if not re.fullmatch(rf"[0-9a-f]{{1,{_WHOLE - 1}}}", start):
        return typed
    if len(start) < FEWEST_CHARS:
        raise BadInputError(f"{typed!r} is too short for a run.", hint=f"Give at least {FEWEST_CHARS} characters.")
    experiments = tuple(one.experiment_id for one in store.experiments())
    table = store.runs(RunQuery(experiments, lifecycle="all", metrics=()))
    found = [str(run_id) for run_id in table.run_ids if run_id.startswith(start)]
    if not found:
        raise NotFoundError(
            f"No run's id begins with {typed!r}.", hint="mlreview note search and mlreview leaderboard print ids."
        )
    if len(found) > 1:
        more = f" and {len(found) - _MOST_NAMED:,} more" if len(found) > _MOST_NAMED else ""
        raise BadInputError(
            f"{typed!r} begins the ids of {len(found):,} runs: {', '.join(found[:_MOST_NAMED])}{more}.",
            hint="Give more of it.",
        )
    return found[0]
