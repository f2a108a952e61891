"""Links from notes to runs, in the form that MLflow's own pages understand as well.

``[name](#/experiments/3/runs/4f0c…)`` is an address within MLflow's page: clicked there it opens the run there. Here it
is recognised and opens the run here. Full addresses of an MLflow server (``http://host/#/experiments/…/runs/…``), the
short forms ``run:<id>`` and ``runs:/<id>``, addresses of this dashboard's run page and bare ids are recognised too.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from mlreview.notes.sections import sentence_around

_ID = r"[0-9a-f]{32}"
RUN_ADDRESS = re.compile(
    rf"(?:https?://[^\s)#]*)?#/experiments/\d+/runs/(?P<mlflow>{_ID})[^\s)\]>]*"
    rf"|\bruns?:/?(?P<short>{_ID})"
    rf"|(?:https?://[^\s)]*)?/run\?(?:[^\s)]*&)?run=(?P<page>{_ID})[^\s)\]>]*"
    rf"|(?<![\w/\-])(?P<bare>{_ID})(?![\w\-])"
)
_LINK = re.compile(r"\[((?:[^\[\]\\]|\\.)*)\]\(\s*([^\s)]*)[^)]*\)")


@dataclass(frozen=True, slots=True)
class Mention:
    """A note that mentions a run.

    Attributes:
        run_id: Of the note.
        mentioned: The run that it mentions.
        sentence: The words around it, on one line, as plain text.
    """

    run_id: str
    mentioned: str
    sentence: str


def run_link(name: str | None, experiment_id: str, run_id: str) -> str:
    """A Markdown link to a run; any name is shown as it is."""
    shown = re.sub(r"([\\\[\]`*_<>$~!|])", r"\\\1", " ".join((name or run_id[:8]).split()))
    return f"[{shown}](#/experiments/{experiment_id}/runs/{run_id})"


def mentioned_runs(text: str | None) -> tuple[str, ...]:
    """Ids of the runs that a note mentions, in the order of the text, each once."""
    return tuple(dict.fromkeys(_id(found) for found in RUN_ADDRESS.finditer(text or "")))


def run_of_address(address: str) -> str | None:
    """The run that an address leads to, or ``None``."""
    found = RUN_ADDRESS.fullmatch(address)
    return _id(found) if found else None


def mentions(notes: Mapping[str, str | None], of: Iterable[str] | None = None) -> dict[str, tuple[Mention, ...]]:
    """Which notes mention a run: by mentioned run, in the order of the notes. A note does not mention its own run.

    Args:
        notes: Text by run id.
        of: Only these mentioned runs; ``None`` for all.
    """
    wanted = None if of is None else set(of)
    found: dict[str, list[Mention]] = {}
    for run_id, text in notes.items():
        if wanted is not None and not any(one in (text or "") for one in wanted):
            continue  # most notes, and this is a hundred times faster than looking for addresses
        seen: set[str] = set()
        for match in RUN_ADDRESS.finditer(text or ""):
            other = _id(match)
            if other == run_id or other in seen or (wanted is not None and other not in wanted):
                continue
            seen.add(other)
            sentence = sentence_around(text or "", match.start(), match.end())
            found.setdefault(other, []).append(Mention(run_id, other, sentence))
    return {run_id: tuple(listed) for run_id, listed in found.items()}


def replace_run_links(text: str, target: Callable[[str, str], tuple[str, str] | None]) -> str:
    """Lead the links to runs elsewhere.

    Args:
        text: A note.
        target: Given a run's id and the link's text, what to show (as Markdown) and where to lead; ``None`` leaves it.
    """

    def replaced(match: re.Match[str]) -> str:
        run_id = run_of_address(match[2])
        new = target(run_id, match[1]) if run_id else None
        return f"[{new[0]}]({new[1]})" if new else match[0]

    return _LINK.sub(replaced, text)


def metric_table(rows: Sequence[tuple[str, Mapping[str, str]]], columns: Sequence[str], *, first: str = "Run") -> str:
    """A Markdown table to insert: one row a run.

    Args:
        rows: Each run's link (see ``run_link``) and its values by column, as they are to be shown.
        columns: Keys, in order; one that a run lacks is shown as —.
        first: Heading of the runs.
    """
    lines = [f"| {first} | {' | '.join(map(_cell, columns))} |", f"|---|{'---:|' * len(columns)}"]
    for link, values in rows:
        lines.append(f"| {link} | {' | '.join(_cell(values.get(column, '—')) for column in columns)} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return re.sub(r"([\\|`*_\[\]<>$~])", r"\\\1", " ".join(text.split()))


def _id(match: re.Match[str]) -> str:
    return next(found for found in match.groupdict().values() if found)
