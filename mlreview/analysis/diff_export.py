"""A comparison to take along: as Markdown for a report, as CSV for a spreadsheet."""

import csv
import io
import math
from collections.abc import Sequence

from mlreview.analysis.diff import Section
from mlreview.analysis.diff_report import Compared
from mlreview.analysis.diff_rows import DiffRow
from mlreview.analysis.figures import percent, short, signed

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MARKDOWN_CHARS = 200
_ESCAPED = "\\`*_{}[]()<>#+-.!|~$@&"


def diff_csv(seen: Compared, everything: bool = False) -> str:
    """One line a row of each section: section, key, whether it differs, one column a run, values in full.

    A text that a spreadsheet would take for a formula is preceded by an apostrophe; a number is left a number. The runs
    are named in the heading, and once more by their ids in the first line, since names repeat.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["section", "key", "differs", *[_cell(label) for label in seen.labels]])
    writer.writerow(["run", "run_id", "", *seen.recorded.runs.run_ids])
    writer.writerow(["run", "baseline", "", *["yes" if at == seen.baseline else "" for at in range(len(seen.labels))]])
    for section in seen.comparison.sections:
        for row in _rows(section, everything):
            differs = "yes" if row.differs else "no"
            writer.writerow(
                [section.name, _cell(_key(seen, section, row)), differs, *[_cell(value) for value in row.values]]
            )
    return out.getvalue()


def _key(seen: Compared, section: Section, row: DiffRow) -> str:
    names = seen.other_names(row.key) if section.name == "metrics" else ""
    return f"{row.key} ({names})" if names else row.key


def _rows(section: Section, everything: bool) -> Sequence[DiffRow]:
    return section.rows if everything else section.differing


def _cell(value: str | float | None) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        return repr(value)
    return f"'{value}" if value.startswith(_FORMULA) and not _is_number(value) else value


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text)) and "_" not in text
    except ValueError:
        return False


def diff_markdown(seen: Compared, everything: bool = False) -> str:
    """The comparison as Markdown: the summary, then a table for each section that has something to show."""
    summary, labels = seen.summary, [_text(label) for label in seen.labels]
    causes = "; ".join(_text(cause) for cause in summary.causes)
    more = f"; {summary.more} more" if summary.more else ""
    why = f", {_text(seen.baseline_reason)}" if seen.baseline_reason else ""
    lines = [
        f"# {len(labels)} runs compared",
        "",
        f"- Baseline: **{labels[seen.baseline]}**{why}",
        f"- Differs: {causes or 'nothing that was recorded'}{more}",
        *[f"- {_text(line)}" for line in (summary.effect, summary.beside, summary.warning) if line],
        *[f"- Not recorded: {record.what}, {_which(record.rows, labels)}" for record in seen.missing],
    ]
    head = [f"{label} (baseline)" if at == seen.baseline else label for at, label in enumerate(labels)]
    for section in seen.comparison.sections:
        lines += ["", f"## {section.title}", "", f"{section.counts}."]
        rows = _rows(section, everything)
        if rows:
            lines += ["", f"| | {' | '.join(head)} |", f"| --- |{' --- |' * len(head)}"]
            lines += [
                f"| {_text(_key(seen, section, row))} | "
                f"{' | '.join(_shown(seen, section, row, at) for at in range(len(head)))} |"
                for row in rows
            ]
    return "\n".join([*lines, ""])


def _which(rows: Sequence[int], labels: Sequence[str]) -> str:
    return "by none of them" if len(rows) == len(labels) else "by " + ", ".join(labels[row] for row in rows)


def _shown(seen: Compared, section: Section, row: DiffRow, at: int) -> str:
    value = row.values[at]
    if value is None:
        return row.absent or "—"
    if section.name != "metrics":
        text = str(value)
        return _text(text) if text.strip() else "(empty)"
    cells = seen.metrics[row.key]
    delta, share = cells.deltas[at], cells.percents[at]
    said = short(float(value))
    if delta is not None:
        parts = [signed(delta), "" if share is None else percent(share), cells.judgement(at)]
        said += f" ({', '.join(part for part in parts if part)})"
    return f"**{said}**" if cells.best[at] else said


def _text(text: str) -> str:
    """A user's text as literal Markdown on one line."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    line = line if len(line) <= _MARKDOWN_CHARS else f"{line[: _MARKDOWN_CHARS - 1]}…"
    return "".join(f"\\{c}" if c in _ESCAPED else c for c in line)
