"""What ``mlreview diagnose`` prints for people: one verdict a run, and what shows it."""

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from mlreview.analysis.diagnosis import Diagnosis
from mlreview.analysis.fit_rules import Severity, rule_of

_STYLES: dict[Severity, str] = {"none": "bold", "mild": "bold yellow", "moderate": "bold yellow", "severe": "bold red"}
_PIPE_WIDTH = 200


def print_diagnoses(found: Sequence[Diagnosis], names: Sequence[str | None]) -> None:
    """Print verdicts in the order given."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _PIPE_WIDTH  # a file or a pipe has no width to fit into
    for diagnosis, name in zip(found, names, strict=True):
        title = Text(_printable(name or diagnosis.run_id))
        title.append("  ")
        title.append(rule_of(diagnosis.verdict).title, style=_STYLES[diagnosis.severity])
        if diagnosis.also:
            title.append(f", also {', '.join(rule_of(verdict).title.lower() for verdict in diagnosis.also)}")
        console.print(title)
        console.print(Padding(Text(_printable(diagnosis.text)), (0, 0, 0, 4)))


def _printable(text: str) -> str:
    """Without control characters: in a name they could drive the terminal."""
    return "".join(character for character in text if character.isprintable())
