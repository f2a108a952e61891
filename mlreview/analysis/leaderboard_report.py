"""The leaderboard as plain values: what ``mlreview leaderboard --json`` prints."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from mlreview.analysis.evaluation import Evidence
from mlreview.analysis.leaderboard import Ranking, RankingChoice, describe_coverage, generalization_gap
from mlreview.analysis.params import differing
from mlreview.analysis.trust import Trust
from mlreview.entities import RunTable


def leaderboard_report(
    table: RunTable,
    choice: RankingChoice,
    ranking: Ranking,
    details: RunTable,
    limit: int,
    evidence: Evidence,
    trust: Trust,
    verdicts: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The first rows of a ranking, for machines and for the terminal.

    Args:
        table: All runs, with the latest values of their metrics.
        choice: What ranks, and why.
        ranking: Of ``table``.
        details: The best runs, at least those to report, read with their params; in any order.
        limit: How many rows to report.
        evidence: Of the first ranked rows, at least of those to report.
        trust: Of the same rows.
        verdicts: How the training of each run went, by run id, as far as it was judged.

    Returns:
        Only what JSON can hold: ``metric``, ``direction``, ``direction_known``, ``by``, ``source`` (``guess``, ``team``
        or ``own``), ``guessed``, ``reason``, ``baseline``, ``total``,
        ``ranked``, ``not_finite``, ``missing``, ``coverage`` and ``rows``. In a row ``value`` is a number, ``null``
        where the run has none, or the text ``NaN``, ``Infinity`` or ``-Infinity``; ``rank`` is ``null`` where the
        run can't be ranked; ``gap`` is how much better the latest training value is than the latest
        validation value, ``null`` where another value than the last ranks; ``params`` are
        those that tell the runs in ``details`` apart, ``null`` where the run has none; ``started`` is ISO 8601, UTC.
        ``delta`` is the value less the baseline's, ``null`` where there is none, and ``compared`` what it says:
        ``better``, ``worse``, ``equal``, ``within noise``, ``other data``, ``baseline`` or ``unknown``;
        ``beyond_noise``: its noise is known, and ``better`` or ``worse`` is more than that; ``tied`` is true where
        the run can't be told from the leader; ``substituted`` is the name under which the run logged its value,
        ``null`` where it is ``metric``; ``kept`` says what became of the model behind the value (``kept``, ``not
        kept``, ``no model``, ``unknown``) and ``kept_says`` why, ``null`` where the last value ranks; ``verdict`` is
        one of ``fit_rules.Verdict``, ``null`` where the run was not judged.
        ``baseline`` is ``null`` where no run is the baseline; ``says`` are sentences on all of this, the most
        important first.
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
        known = position if position < len(trust.deltas.verdicts) else None
        delta = math.nan if known is None else trust.deltas.values[known]
        kept = trust.kept[known] if known is not None and trust.kept else None
        rows.append(
            {
                "rank": int(ranking.ranks[position]) or None,
                "run_id": run_id,
                "run_name": table.names[row],
                "value": None if missing else _json_number(ranking.values[position]),
                "step": None if missing or column is None else int(ranking.steps[position]),
                "delta": None if math.isnan(delta) else float(delta),
                "compared": "unknown" if known is None else trust.deltas.verdicts[known],
                "beyond_noise": known is not None and bool(trust.deltas.beyond_noise[known]),
                "tied": known is not None and bool(evidence.tied[known]),
                "substituted": None if known is None else trust.logged_as[known],
                "kept": kept and kept.state,
                "kept_says": kept and kept.words,
                "gap": None if ranking.by != "last" or math.isnan(gaps[row]) else float(gaps[row]),
                "verdict": None if verdicts is None else verdicts.get(str(run_id)),
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
        "baseline": _baseline(trust),
        "noise": evidence.noise.source,
        "says": [*evidence.statements, *trust.statements],
        "total": table.total,
        "ranked": ranking.ranked,
        "not_finite": ranking.not_finite,
        "missing": ranking.missing,
        "coverage": describe_coverage(ranking, table.total, len(rows)),
        "rows": rows,
    }


def _baseline(trust: Trust) -> dict[str, Any] | None:
    baseline = trust.baseline
    if baseline.choice.run_id is None:
        return None
    return {
        "run_id": baseline.choice.run_id,
        "run_name": baseline.run_name,
        "source": baseline.choice.source,
        "reason": baseline.choice.reason,
        "value": baseline.value,
        "step": baseline.step,
        "where": baseline.where,
        "problem": baseline.problem,
    }


def _json_number(value: float) -> float | str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return float(value)


def _iso(moment: Any) -> str | None:
    return None if np.isnat(moment) else f"{np.datetime_as_string(moment, unit='ms')}Z"
