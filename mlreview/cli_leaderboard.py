"""What ``mlreview leaderboard`` does beside ranking: a search, groups, tables for other programs."""

import json
import sys
from collections.abc import Sequence
from typing import Any

import click
import numpy as np

from mlreview.analysis.export import Cell, to_csv, to_markdown
from mlreview.analysis.find import Corpus, find, keep
from mlreview.analysis.find_keys import Keys
from mlreview.analysis.find_texts import Texts
from mlreview.analysis.groups import Groups, describe_groups, group_runs
from mlreview.analysis.leaderboard import Ranking
from mlreview.entities import RunQuery, RunTable
from mlreview.settings import acting_user
from mlreview.store.base import RunStore


def narrowed(store: RunStore, table: RunTable, experiment_id: str, text: str | None) -> RunTable:
    """The runs that a search means; ends the command with 1, the answer no, when there is none.

    Raises:
        FindError: The search can't be read.
    """
    if not text:
        return table
    found = find(text, Corpus(table, _texts(store, experiment_id), acting_user()))
    click.echo(f"{found.count:,} of {len(table):,} runs fit: {found.reading}", err=True)
    if not found.count:
        sys.exit(1)
    return keep(table, found)


def group_by(store: RunStore, table: RunTable, experiment_id: str, typed: Sequence[str], ranking: Ranking) -> Groups:
    """Groups of the ranked runs by the keys that somebody typed, short spellings understood.

    Raises:
        FindError: There is no such key, or several fit.
    """
    corpus = Corpus(table, _texts(store, experiment_id))
    texts = corpus.texts.table
    known = Keys(texts.params, (), texts.tags)
    keys = [known.resolve(name, None, name, 0) for name in typed]
    nothing = np.full(1, None, dtype=object)
    columns = [
        np.append((texts.params if key.space == "param" else texts.tags)[key.name], nothing)[corpus.rows]
        for key in keys
    ]
    values, present = np.empty(len(table)), np.ones(len(table), dtype=bool)
    values[ranking.rows] = ranking.values
    present[ranking.rows[ranking.ranked + ranking.not_finite :]] = False
    return group_runs(keys, columns, values, present, ranking.direction)


def show_groups(groups: Groups, metric: str, form: str) -> None:
    """Print groups: as ``text``, ``json``, ``csv`` or ``markdown``."""
    keys = [key.name for key in groups.keys]
    headings = ["rank", *keys, f"mean {metric}", "standard deviation", "runs", "left out"]
    rows: list[list[Cell]] = [
        [
            group.rank or None,
            *(f"no {key}" if value is None else value for key, value in zip(keys, group.values, strict=True)),
            None if np.isnan(group.mean) else group.mean,
            "too few to tell" if group.too_few else group.deviation,
            len(group.rows),
            group.not_finite + group.missing,
        ]
        for group in groups.groups
    ]
    if form == "json":
        found = [
            {
                "rank": group.rank or None,
                "values": dict(zip(keys, group.values, strict=True)),
                "mean": None if np.isnan(group.mean) else group.mean,
                "deviation": None if group.too_few else group.deviation,
                "too_few": group.too_few,
                "points": [float(point) for point in group.points],
                "not_finite": group.not_finite,
                "missing": group.missing,
            }
            for group in groups.groups
        ]
        click.echo(json.dumps({"metric": metric, "by": keys, "groups": found}, ensure_ascii=False, indent=2))
    elif form == "csv":
        click.echo(to_csv(headings, rows), nl=False)
    else:
        click.echo(to_markdown(headings, rows), nl=False)
        if form == "text":
            click.echo("; ".join(describe_groups(groups, metric)) + ".")


def show_table(report: dict[str, Any], form: str) -> None:
    """Print a whole leaderboard as ``csv`` or ``markdown``, with the ids of the runs."""
    params = list(report["rows"][0]["params"]) if report["rows"] else []
    plain = ("rank", "run_name", "run_id", "value", "step", "delta", "gap", "verdict")
    last = ("started", "owner", "status")
    headings = [report["metric"] if name == "value" else name for name in plain]
    rows = [
        [*(row[name] for name in plain), *(row["params"][key] for key in params), *(row[name] for name in last)]
        for row in report["rows"]
    ]
    write = to_csv if form == "csv" else to_markdown
    click.echo(write([*headings, *params, *last], rows), nl=False)


def _texts(store: RunStore, experiment_id: str) -> Texts:
    return Texts(store.runs(RunQuery((experiment_id,), metrics=(), params=None, tags=None)))
