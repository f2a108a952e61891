"""Learning curves as a drawing that needs nothing: no script, no font, no file. Values in, SVG out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from mlreview.analysis.downsample import thin
from mlreview.review.export.texts import number, shown

WIDTH, HEIGHT = 420, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 12, 46, 34
MOST_POINTS = 600


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One line.

    Attributes:
        label: For people.
        steps: int64, shape (points,).
        values: float64, shape (points,); what is not finite makes a gap.
        kind: ``train`` or ``held``: a class of the drawing's style.
    """

    label: str
    steps: NDArray[np.int64]
    values: NDArray[np.float64]
    kind: str


def chart(title: str, series: Sequence[Series]) -> str:
    """One panel; colours come from the page's style, by class."""
    kept = [_thinned(one) for one in series]
    xs = np.concatenate([one.steps for one in kept]) if kept else np.array([])
    ys = np.concatenate([one.values for one in kept]) if kept else np.array([])
    finite = ys[np.isfinite(ys) & (np.abs(ys) < 1e308)]
    name = shown(title, 60)
    if not len(finite):
        return f"<p>{escape(name)}: no finite values.</p>"
    x, y = _scale(float(xs.min()), float(xs.max())), _scale(float(finite.min()), float(finite.max()))
    head = f"{escape(name)}: {'; '.join(escape(_ends(one)) for one in kept)}"
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{head}">',
        f'<text class="title" x="{_LEFT}" y="18">{escape(name)}</text>',
    ]
    for share in (0.0, 0.5, 1.0):
        at = HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM)
        value = y[0] + share * (y[1] - y[0])
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>')
        parts.append(f'<text class="end" x="{_LEFT - 6}" y="{at + 4:.1f}">{escape(number(value))}</text>')
    parts.append(f'<text x="{_LEFT}" y="{HEIGHT - 12}">{int(xs.min()):,}</text>')
    parts.append(f'<text class="end" x="{WIDTH - _RIGHT}" y="{HEIGHT - 12}">step {int(xs.max()):,}</text>')
    for at, one in enumerate(kept):
        parts.append(_line(one, x, y))
        place = _LEFT + at * (WIDTH - _LEFT - _RIGHT) // 2
        parts.append(f'<text class="{_kind(one)}" x="{place}" y="35">{escape(shown(one.label, 26))}</text>')
    return "".join([*parts, "</svg>"])


def _kind(one: Series) -> str:
    return "train" if one.kind == "train" else "held"


def _thinned(one: Series) -> Series:
    rows = thin(one.values, MOST_POINTS)
    return Series(one.label, one.steps[rows], one.values[rows], one.kind)


def _ends(one: Series) -> str:
    return f"{shown(one.label, 60)} from {number(float(one.values[0]))} to {number(float(one.values[-1]))}"


def _scale(low: float, high: float) -> tuple[float, float]:
    if low == high:
        pad = abs(low) * 0.1 or 1.0
        return low - pad, high + pad
    return low, high


def _line(one: Series, x: tuple[float, float], y: tuple[float, float]) -> str:
    """A path that breaks where a value is not finite; a lone point is a dot."""
    inner, tall = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
    pieces: list[list[tuple[float, float]]] = [[]]
    for step, value in zip(one.steps.tolist(), one.values.tolist(), strict=True):
        if not math.isfinite(value) or abs(value) >= 1e308:
            pieces.append([])
            continue
        across = _LEFT + inner * ((step - x[0]) / (x[1] - x[0]))
        up = HEIGHT - _BOTTOM - tall * ((value / 2 - y[0] / 2) / (y[1] / 2 - y[0] / 2))  # the span can overflow
        pieces[-1].append((across, up))
    drawn = []
    for piece in pieces:
        if len(piece) == 1:
            drawn.append(f'<circle class="{_kind(one)} dot" cx="{piece[0][0]:.1f}" cy="{piece[0][1]:.1f}" r="2.5"/>')
        elif piece:
            points = " ".join(f"{across:.1f},{up:.1f}" for across, up in piece)
            drawn.append(f'<polyline class="{_kind(one)} curve" points="{points}"/>')
    return "".join(drawn)
