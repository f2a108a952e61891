"""How the leaderboard writes numbers: with as many decimals in every column beside the values, so that they line up."""

import numpy as np
from numpy.typing import NDArray

from mlreview.analysis.deltas import Verdict
from mlreview.ui import urlstate
from mlreview.ui.leaderboard_rows import Part
from mlreview.ui.text import number

DELTA_MARKS = {"better": "▲", "worse": "▼", "equal": "=", "within noise": "≈", "other data": "≠"}


def number_format(values: NDArray[np.float64]) -> str:
    """How to write values: with as many decimals as the viewer wants, or as many digits where decimals say nothing."""
    wanted = urlstate.get(urlstate.LeaderboardView).digits
    finite = np.abs(values[np.isfinite(values) & (values != 0)])
    fixed = not len(finite) or (finite.min() >= 0.001 and finite.max() < 1_000_000)
    return f"%.{wanted}{'f' if fixed else 'g'}"


def delta_texts(part: Part) -> list[str]:
    """Deltas as they read: a mark that says better or worse, so that colour is not alone in saying it, and the sign."""
    deltas = part.shown.deltas
    if deltas is None:
        return [""] * len(part)

    def text(verdict: Verdict, value: float) -> str:
        if verdict in ("baseline", "unknown"):
            return "baseline" if verdict == "baseline" else ""
        return f"{DELTA_MARKS.get(verdict, '')} {'+' if value > 0 else ''}{beside_values(value, part)}".strip()

    return [text(*one) for one in zip(deltas.verdicts[part.at], deltas.values[part.at], strict=True)]


def beside_values(value: float, part: Part) -> str:
    """A number beside the values, with as many decimals as they have, so that columns line up."""
    digits = urlstate.get(urlstate.LeaderboardView).digits
    values = part.shown.ranking.values[: part.shown.ranking.ranked]
    if not number_format(values).endswith("f"):
        return number(value, digits)
    return f"{value:.{digits}f}".replace("-", "−")
