"""How the leaderboard writes numbers: with as many decimals in every column beside the values, so that they line up."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlreview.analysis.deltas import MARKS, UNSURE_MARKS, Verdict
from mlreview.ui import urlstate
from mlreview.ui.leaderboard_rows import Part
from mlreview.ui.text import number

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def number_format(values: NDArray[np.float64]) -> str | None:
    """How to write values: with as many decimals as the viewer wants.

    Returns:
        ``None`` where that suits not all of them: ``number_texts`` then has each as it suits it.
    """
    finite = np.abs(values[np.isfinite(values) & (values != 0)])
    fixed = not len(finite) or (finite.min() >= 0.001 and finite.max() < 1_000_000)
    fixed = fixed and not np.isinf(values).any()  # the browser would spell infinity out
    return f"%.{urlstate.get(urlstate.LeaderboardView).digits}f" if fixed else None


def number_texts(values: NDArray[np.float64]) -> list[str] | None:
    """Each value as it suits it, where no one format suits all: a tiny one costs a large one none of its digits."""
    if number_format(values) is not None:
        return None
    digits = urlstate.get(urlstate.LeaderboardView).digits
    return ["—" if np.isnan(value) else number_text(float(value), digits) for value in values]


def nan_named(values: Any) -> Any:
    """Values as a table draws them: a list of numbers and ``None`` that holds NaN becomes one of texts.

    A table of numbers would show NaN as if nothing had been logged. Whatever else is returned as it is.
    """
    if not isinstance(values, list) or not any(isinstance(value, float) and np.isnan(value) for value in values):
        return values
    digits = urlstate.get(urlstate.LeaderboardView).digits
    return [None if value is None else number_text(float(value), digits) for value in values]


def number_text(value: float, digits: int) -> str:
    """A number by itself: all digits before the point, decimals as far as they say something, else powers of ten."""
    size = abs(value)
    if not np.isfinite(value) or value == 0 or 0.001 <= size < 1e15:
        decimals = 0 if np.isfinite(value) and size >= 100_000 else digits
        return f"{value:.{decimals}f}".replace("-", "−") if np.isfinite(value) else number(value)
    return f"{value:.{digits}g}".replace("-", "−")


def plain_number_format(values: Sequence[float | None]) -> str:
    """How to write parameters: as they were given, whatever decimals the values that rank have.

    Seven digits: a learning rate of 0.1 that went through 32 bits reads 0.1.
    """
    known = [value for value in values if value is not None]
    return "%d" if all(float(value).is_integer() and abs(value) < 1e15 for value in known) else "%.7g"


def duration_text(seconds: float) -> str:
    """How long something took, in the two largest units that say something: ``43 s``, ``2 min 5 s``, ``3 h 20 min``."""
    if not np.isfinite(seconds):
        return "—"
    if abs(seconds) < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for (unit, size), (smaller, part) in pairwise(_UNITS):
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size:,} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{whole} s"


def delta_texts(part: Part) -> list[str]:
    """Deltas as they read: a mark that says better or worse, so that colour is not alone in saying it, and the sign.

    The mark is hollow where it is unknown how far chance moves the metric.
    """
    deltas = part.shown.deltas
    if deltas is None:
        return [""] * len(part)

    def text(verdict: Verdict, value: float, beyond_noise: bool) -> str:
        if verdict in ("baseline", "unknown"):
            return "baseline" if verdict == "baseline" else ""
        mark = MARKS.get(verdict, "") if beyond_noise else UNSURE_MARKS.get(verdict, MARKS.get(verdict, ""))
        return f"{mark} {'+' if value > 0 else ''}{beside_values(value, part)}".strip()

    shown = zip(deltas.verdicts[part.at], deltas.values[part.at], deltas.beyond_noise[part.at], strict=True)
    return [text(*one) for one in shown]


def beside_values(value: float, part: Part) -> str:
    """A number beside the values, with as many decimals as they have, so that columns line up.

    One that those decimals would make nothing of has one digit that says something.
    """
    digits = urlstate.get(urlstate.LeaderboardView).digits
    values = part.shown.ranking.values[: part.shown.ranking.ranked]
    if number_format(values) is None:
        return number_text(value, digits)
    text = f"{value:.{digits}f}"
    if value and not float(text):
        text = f"{value:.1g}"
    return text.replace("-", "−")
