"""The leaderboard as plain values: what ``mlreview leaderboard --json`` prints."""

import math
from typing import Any

import numpy as np

from mlreview.analysis.leaderboard import Ranking, RankingChoice, describe_coverage, generalization_gap
from mlreview.analysis.params import differing
from mlreview.entities import RunTable


def leaderboard_report(
    table: RunTable, choice: RankingChoice, ranking: Ranking, details: RunTable, limit: int
) -> dict[str, Any]:
    """The first rows of a ranking, for machines and for the terminal.

    Args:
        table: All runs, with the latest values of their metrics.
        choice: What ranks, and why.
        ranking: Of ``table``.
        details: The best runs, at least those to report, read with their params; in any order.
        limit: How many rows to report.

    Returns:
        Only what JSON can hold: ``metric``, ``direction``, ``direction_known``, ``by``, ``source`` (``guess``, ``team``
        or ``own``), ``guessed``, ``reason``, ``baseline``, ``total``,
        ``ranked``, ``not_finite``, ``missing``, ``coverage`` and ``rows``. In a row ``value`` is a number, ``null``
        where the run has none, or the text ``NaN``, ``Infinity`` or ``-Infinity``; ``rank`` is ``null`` where the
        run can't be ranked; ``gap`` is how much better the latest training value is than the latest
        validation value, ``null`` where another value than the last ranks; ``params`` are
        those that tell the runs in ``details`` apart, ``null`` where the run has none; ``started`` is ISO 8601, UTC.
        ``delta`` is against the baseline and ``verdict`` is the fit: both ``null`` as long as there is none.
    """
    wanted = {run_id: at for at, run_id in enumerate(details.run_ids)}
    gaps = generalization_gap(table, choice.metric, choice.direction)
    varying = differing(details)
    column = table.metrics.get(choice.metric)
    rows = []
    for position, row in enumerate(ranking.rows):
        run_id = table.run_ids[row]
        if run_id not in wanted:
            continue
        if len(rows) == limit:
            break
        missing = position >= ranking.ranked + ranking.not_finite
        rows.append(
            {
                "rank": int(ranking.ranks[position]) or None,
                "run_id": run_id,
                "run_name": table.names[row],
                "value": None if missing else _json_number(ranking.values[position]),
                "step": None if missing or column is None else int(ranking.steps[position]),
                "delta": None,
                "gap": None if ranking.by != "last" or math.isnan(gaps[row]) else float(gaps[row]),
                "verdict": None,
                "params": {key: details.params[key][wanted[run_id]] for key in varying},
                "started": _iso(table.start_times[row]),
                "owner": table.users[row],
                "status": table.statuses[row],
            }
        )
    return {
        "metric": choice.metric,
        "direction": choice.direction,
        "by": ranking.by,
        "direction_known": choice.direction_known,
        "source": choice.source,
        "guessed": choice.guessed,
        "reason": choice.reason,
        "baseline": None,
        "total": table.total,
        "ranked": ranking.ranked,
        "not_finite": ranking.not_finite,
        "missing": ranking.missing,
        "coverage": describe_coverage(ranking, table.total, len(rows)),
        "rows": rows,
    }


def _json_number(value: float) -> float | str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return float(value)


def _iso(moment: Any) -> str | None:
    return None if np.isnat(moment) else f"{np.datetime_as_string(moment, unit='ms')}Z"
