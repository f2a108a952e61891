"""The points of the common plots, as ``run.evaluate()`` stores them: read strictly, for anybody can log such a file."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

VERSION = 1
MAX_BYTES = 1_000_000
"""A file of 2,000 residuals has about 40 KB."""
MAX_POINTS = 5_000
MAX_CLASSES = 50
MAX_FACTS = 8
MAX_COUNT = 10**15
_MAX_CHARS = 300
_SPELLED_CLASSES = 4
TITLES = {
    "confusion_matrix": "Confusion matrix",
    "roc": "ROC",
    "precision_recall": "Precision-recall",
    "calibration": "Calibration",
    "residuals": "Residuals",
}
"""What each kind is called, in the order in which they are shown."""
_SHARES = ("roc", "precision_recall", "calibration")
_FACTS = {"roc_auc": "AUC", "brier_score": "Brier score", "rmse": "RMSE"}


@dataclass(frozen=True, slots=True)
class PlotPoints:
    """One plot that can be drawn: every number is finite, sizes belong together; texts are as the user wrote them.

    Attributes:
        kind: A key of ``TITLES``.
        split: Which data.
        x_label, y_label: Of the axes.
        x, y: Points, of one length; for a matrix empty. Of ROC, precision-recall and calibration from 0 to 1.
        labels: Of a matrix: names of the classes, in the order of its rows (true) and columns (predicted).
        matrix: Counts.
        reference: Two ends of the line that says nothing, or empty.
        facts: Figures that belong to the plot, such as the area, each with its name.
    """

    kind: str
    split: str
    x_label: str
    y_label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    labels: tuple[str, ...]
    matrix: tuple[tuple[int, ...], ...]
    reference: tuple[tuple[float, float], ...]
    facts: tuple[tuple[str, float], ...]

    @property
    def title(self) -> str:
        """What the plot is called: ``ROC``."""
        return TITLES[self.kind]

    @property
    def told(self) -> str:
        """The figures in words: ``AUC 0.917``; empty where there are none."""
        return ", ".join(f"{_FACTS.get(name, name.replace('_', ' '))} {_figure(value)}" for name, value in self.facts)


def read_plot(data: bytes) -> PlotPoints:
    """Read one file.

    Raises:
        ValueError: It can't be drawn; the message says why, in words that end a sentence about the file.
    """
    if len(data) > MAX_BYTES:
        raise ValueError(f"it is larger than {MAX_BYTES:,} bytes")
    try:
        found = json.loads(data.decode(), parse_constant=_refuse)
    except _NotFiniteError:
        raise
    except (ValueError, RecursionError) as error:
        raise ValueError("it is not JSON: it was cut or altered") from error
    if not isinstance(found, dict):
        raise ValueError("it holds no plot")
    if found.get("version") != VERSION:
        raise ValueError("it was written in a form that this version does not know")
    kind = found.get("kind")
    if not isinstance(kind, str) or kind not in TITLES:
        raise ValueError("it is a plot of no known kind")
    is_matrix = kind == "confusion_matrix"
    labels = tuple(_text(one, "a label") for one in _list(found.get("labels"), MAX_CLASSES, "labels"))
    plot = PlotPoints(
        kind=kind,
        split=_text(found.get("split"), "the split"),
        x_label=_text(found.get("x_label"), "an axis"),
        y_label=_text(found.get("y_label"), "an axis"),
        x=() if is_matrix else _numbers(found.get("x"), MAX_POINTS),
        y=() if is_matrix else _numbers(found.get("y"), MAX_POINTS),
        labels=labels if is_matrix else (),
        matrix=_matrix(found.get("matrix"), len(labels)) if is_matrix else (),
        reference=() if is_matrix else _reference(found.get("reference")),
        facts=_facts(found.get("facts")),
    )
    if not is_matrix and (not plot.x or len(plot.x) != len(plot.y)):
        raise ValueError(f"it has {len(plot.x)} and {len(plot.y)} coordinates, which are no points")
    if kind in _SHARES and not all(0 <= value <= 1 for value in plot.x + plot.y):
        raise ValueError("it has a share below 0 or above 1")
    return plot


def describe(plot: PlotPoints) -> str:
    """What who can't see the chart needs: the kind, the data, the figures; of a small matrix all counts."""
    said = f"{plot.title} of the {plot.split[:40]} data"
    said += f": {plot.told}" if plot.told else ""
    if plot.matrix and len(plot.labels) <= _SPELLED_CLASSES:
        short = [label[:40] for label in plot.labels]
        rows = (
            f"true {name}: "
            + ", ".join(f"{count:,} predicted {other}" for other, count in zip(short, row, strict=True))
            for name, row in zip(short, plot.matrix, strict=True)
        )
        return f"{said}. {'; '.join(rows)}"
    return f"{said}. {len(plot.labels)} classes" if plot.matrix else f"{said}. {len(plot.x):,} points"


def _figure(value: float) -> str:
    return f"{value:.3f}" if value == 0 or 0.01 <= abs(value) < 10_000 else f"{value:.3g}"


class _NotFiniteError(ValueError):
    pass


def _refuse(_constant: str) -> Any:
    raise _NotFiniteError("it holds NaN or an infinite number")


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{what} in it has no name")
    return value[:_MAX_CHARS]


def _list(value: Any, most: int, what: str) -> Sequence[Any]:
    if not isinstance(value, list):
        raise ValueError(f"its {what} are no list")
    if len(value) > most:
        raise ValueError(f"it has {len(value):,} {what}; at most {most:,} are drawn")
    return value


def _number(value: Any) -> float:
    # True is a number to Python, and 1e999 an infinite one to JSON.
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError("it holds what is no number where one belongs")
    if isinstance(value, int) and abs(value) > MAX_COUNT:
        raise ValueError("it holds a number that is too large")
    if not math.isfinite(value):
        raise _NotFiniteError("it holds NaN or an infinite number")
    return float(value)


def _numbers(value: Any, most: int) -> tuple[float, ...]:
    return tuple(_number(one) for one in _list(value, most, "points"))


def _matrix(value: Any, classes: int) -> tuple[tuple[int, ...], ...]:
    rows = [_list(row, MAX_CLASSES, "columns") for row in _list(value, MAX_CLASSES, "rows")]
    if not rows or len(rows) != classes or any(len(row) != classes for row in rows):
        raise ValueError(f"its matrix does not belong to its {classes} classes")
    for count in (count for row in rows for count in row):
        if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= MAX_COUNT:
            raise ValueError("its matrix holds what is no count")
    return tuple(tuple(row) for row in rows)


def _reference(value: Any) -> tuple[tuple[float, float], ...]:
    ends = [_numbers(end, 2) for end in _list(value, 2, "ends of a line")]
    if ends and (len(ends) != 2 or any(len(end) != 2 for end in ends)):
        raise ValueError("its line of reference has not two ends")
    return tuple((end[0], end[1]) for end in ends)


def _facts(value: Any) -> tuple[tuple[str, float], ...]:
    if not isinstance(value, dict) or len(value) > MAX_FACTS:
        raise ValueError("its figures are none")
    return tuple((name[:_MAX_CHARS], _number(one)) for name, one in value.items())
