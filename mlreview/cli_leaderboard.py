"""What ``mlreview leaderboard`` does beside ranking: a search, groups, tables for other programs."""

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import click
import numpy as np

from mlreview import names
from mlreview.analysis.aliases import Aliases, substitute
from mlreview.analysis.export import to_csv, to_markdown
from mlreview.analysis.find import Corpus, find, keep
from mlreview.analysis.find_keys import Keys
from mlreview.analysis.find_texts import Texts
from mlreview.analysis.group_table import group_table
from mlreview.analysis.groups import Groups, describe_groups, group_runs
from mlreview.analysis.leaderboard import Ranking
from mlreview.analysis.trust import Reading, rank_substituted
from mlreview.entities import RunQuery, RunTable
from mlreview.settings import acting_user
from mlreview.store.base import RunStore

_PRINTED_PARAMS = 4


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


def among_all(
    whole: RunTable, table: RunTable, ranking: Ranking, aliases: Aliases, reading: Reading
) -> tuple[Ranking, int]:
    """The ranking of a search's runs with the ranks that they have among all, and how many are ranked in all."""
    if table is whole:
        return ranking, ranking.ranked
    completed = substitute(whole, ranking.metric, aliases)
    overall = rank_substituted(completed, ranking.direction, ranking.by, reading)
    rank_of = dict(zip(whole.run_ids[overall.rows], overall.ranks, strict=True))
    ranks = np.array([rank_of[run_id] for run_id in table.run_ids[ranking.rows]], np.int64)
    return replace(ranking, ranks=ranks), overall.ranked


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
    again = texts.tags.get(names.REPRODUCES_TAG)
    reproduces = None if again is None else np.append(again, nothing)[corpus.rows]
    return group_runs(keys, columns, values, present, ranking.direction, reproduces)


def show_groups(groups: Groups, metric: str, form: str) -> None:
    """Print groups: as ``text``, ``json``, ``csv`` or ``markdown``."""
    keys = [key.name for key in groups.keys]
    headings, rows = group_table(groups, metric)
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


def show_ranking(report: dict[str, Any]) -> None:
    """The ranking as a table for people; what would say nothing in any row is left out."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    arrow = "higher" if report["direction"] == "max" else "lower"
    assumed = "" if report["direction_known"] else " (assumed)"
    chosen = {"guess": f", guessed: {report['reason']}", "team": ", the team's choice", "own": ""}[report["source"]]
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 200  # a file or a pipe has no width to fit into
    console.print(
        f"Ranked by {_printable(report['metric'])}, {arrow} is better{assumed}, {report['by']} value{chosen}. "
        f"{report['coverage']}.",
        markup=False,
    )
    for sentence in report["says"]:
        console.print(f"{_printable(sentence)}.", markup=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    rows = report["rows"]
    params = list(rows[0]["params"])[:_PRINTED_PARAMS] if rows else []
    colours = {"better": "green", "worse": "red", "within noise": "dim", "other data": "dim"}
    columns: list[tuple[str, Any]] = [
        ("rank", lambda row: f"{row['rank']} ≈" if row["tied"] and row["rank"] else row["rank"]),
        ("run", lambda row: row["run_name"] or row["run_id"]),
        (report["metric"], lambda row: _short(row["value"])),
        ("Δ", lambda row: _signed(row["delta"])),
        ("gap", lambda row: _short(row["gap"])),
        ("fit", lambda row: (row["verdict"] or "").replace("_", " ")),
        ("logged as", lambda row: row["substituted"]),
        ("model kept", lambda row: row["kept"] and f"{row['kept']}, step {row['step']}"),
        *((key, lambda row, key=key: row["params"][key]) for key in params),
        ("started", lambda row: (row["started"] or "")[:16].replace("T", " ")),
        ("owner", lambda row: row["owner"]),
        ("status", lambda row: row["status"]),
    ]
    # What would say nothing in any row is left out.
    columns = [one for one in columns if one[0] not in ("Δ", "logged as", "model kept") or any(map(one[1], rows))]
    for at, (heading, _) in enumerate(columns):
        right = heading in ("rank", "Δ", "gap") or at == 2
        table.add_column(Text(_printable(heading)), justify="right" if right else "left", no_wrap=right or at == 1)
    for row in rows:
        cells = []
        for heading, read in columns:
            cell = read(row)
            coloured = heading == "Δ" and (row["beyond_noise"] or row["compared"] not in ("better", "worse"))
            style = colours.get(row["compared"], "") if coloured else ""
            cells.append(Text("—" if cell is None else _printable(str(cell)), style=style))
        table.add_row(*cells)
    console.print(table)


def _printable(text: str) -> str:
    """Without control characters: in a name they could drive the terminal."""
    return "".join(character for character in text if character.isprintable())


def _short(value: float | str | None) -> str | None:
    return f"{value:.4g}" if isinstance(value, float | int) else value


def _signed(value: float | None) -> str | None:
    if value is None:
        return None
    return f"{value:+.3f}" if value == 0 or 0.0005 <= abs(value) < 1_000_000 else f"{value:+.2g}"
