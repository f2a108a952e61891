"""What ``mlreview diff`` prints for people: the page's rows, as tables."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mlreview.analysis.diff import Section
from mlreview.analysis.diff_report import Compared
from mlreview.analysis.diff_rows import DiffRow
from mlreview.analysis.figures import percent, short, signed

_CELL_CHARS = 60
_PIPE_WIDTH = 220
_KEY_WIDTH = 34
_RUN_WIDTH = 22
"""In characters: so narrow that a name still reads. Runs that don't fit beside one another come in further tables."""


def print_comparison(seen: Compared, everything: bool) -> None:
    """Print a comparison, the summary first."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _PIPE_WIDTH  # a file or a pipe has no width to fit into
    for line in _summary(seen):
        console.print(Text(line))
    for section in seen.comparison.sections:
        rows = section.rows if everything else section.differing
        console.print()
        console.print(Text(f"{section.title}: {section.counts}", style="bold"))
        if section.unique and not everything:
            keys = ", ".join(printable(row.key) for row in section.unique[:5])
            console.print(Text(f"different in every run, so left out: {keys}", style="dim"))
        if rows:
            for number, runs in enumerate(blocks(len(seen.labels), seen.baseline, console.width)):
                if number:
                    console.print()
                console.print(_table(seen, section, rows, runs))


def blocks(runs: int, baseline: int, width: int) -> list[list[int]]:
    """Positions of the runs of each table, as many as can be read side by side, each with the baseline.

    Args:
        runs: How many there are.
        baseline: Position of the baseline.
        width: Of the terminal, in characters.
    """
    most = max(2, (width - _KEY_WIDTH) // _RUN_WIDTH)
    if runs <= most:
        return [list(range(runs))]
    others = [at for at in range(runs) if at != baseline]
    return [[baseline, *others[at : at + most - 1]] for at in range(0, len(others), most - 1)]


def printable(text: str) -> str:
    """Without control characters: in a name they could drive the terminal."""
    return "".join(character for character in text if character.isprintable())


def _summary(seen: Compared) -> list[str]:
    summary = seen.summary
    labels = [printable(label) for label in seen.labels]
    causes = "; ".join(printable(cause) for cause in summary.causes)
    more = f"; {summary.more} more" if summary.more else ""
    why = f", {printable(seen.baseline_reason)}" if seen.baseline_reason else ""
    lines = [f"Baseline: {labels[seen.baseline]}{why}", f"Differs: {causes or 'nothing that was recorded'}{more}"]
    lines += [printable(line) for line in (summary.effect, summary.beside, summary.warning) if line]
    lines += [
        f"Replicates, the same but for the seed: {', '.join(labels[row] for row in group)}"
        for group in seen.comparison.replicate_groups
    ]
    for record in seen.missing:
        runs = "all runs" if len(record.rows) == len(labels) else ", ".join(labels[row] for row in record.rows)
        lines.append(f"Not recorded: {record.what} ({runs}). Record it: {record.line}")
    return lines


def _table(seen: Compared, section: Section, rows: Sequence[DiffRow], runs: Sequence[int]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for at in runs:
        label = seen.labels[at]
        mark = " (baseline)" if at == seen.baseline else ""
        table.add_column(Text(printable(label) + mark), overflow="fold")
    for row in rows:
        cells = [
            Text(_cell(seen, section, row, at), style="dim" if at != seen.baseline and _same(seen, row, at) else "")
            for at in runs
        ]
        table.add_row(
            Text(printable(_key(seen, section, row)), style="" if row.differs else "dim"),
            *cells,
        )
    return table


def _same(seen: Compared, row: DiffRow, at: int) -> bool:
    return row.groups[at] == row.groups[seen.baseline]


def _key(seen: Compared, section: Section, row: DiffRow) -> str:
    names = seen.other_names(row.key) if section.name == "metrics" else ""
    return f"{row.key} ({names})" if names else row.key


def _cell(seen: Compared, section: Section, row: DiffRow, at: int) -> str:
    value = row.values[at]
    if value is None:
        return row.absent or "—"
    if section.name != "metrics":
        text = printable(" ".join(str(value).split())) or "(empty)"
        return text if len(text) <= _CELL_CHARS else f"{text[: _CELL_CHARS - 1]}…"
    cells = seen.metrics[row.key]
    delta, share = cells.deltas[at], cells.percents[at]
    said = short(float(value)) + (" *" if cells.best[at] else "")
    if delta is None:
        return said
    parts = [signed(delta), "" if share is None else percent(share), cells.judgement(at)]
    return f"{said} ({', '.join(part for part in parts if part)})"
