"""What the learning-curves figure is made from: how runs look, what stands in a panel, how panels are set."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlreview.analysis.curves import Axis, Band, Line
from mlreview.charts.theme import safe


@dataclass(frozen=True, slots=True)
class RunLook:
    """How one run, or one group of runs, appears.

    Attributes:
        name: In full.
        short: Beside its line.
        colour: One of ``theme.RUN_COLOURS``.
        symbol: Its marker.
        about: What tells it apart from the others, a line each, for hovering.
    """

    name: str
    short: str
    colour: str
    symbol: str = "circle"
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One pair of axes. ``lines`` belong to runs, ``bands`` to groups; a look stands for each, by id or label.

    ``subtitle`` stands behind the title, smaller. ``onset`` is where something began, and what: a vertical line.
    """

    title: str
    subtitle: str = ""
    lines: tuple[Line, ...] = ()
    bands: tuple[Band, ...] = ()
    onset: tuple[float, str] | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """How the panels are set.

    Attributes:
        axis: What x is.
        axis_title: What stands under it.
        offset: Added to every step as it is shown: 1 where steps are epochs, which count from 1.
        unit: Seconds are divided by this.
        shift_ms: Added to wall-clock times: the viewer's distance from UTC.
        columns: Panels side by side.
        height: Of one panel, in pixels.
        log: A logarithmic y axis.
        clip: Let points far off run out of the picture instead of stretching the axis.
        focus: The run in focus; the others step back, and its gap is shaded.
        share_y: Panels with one subtitle have one y range, so that they compare.
    """

    axis: Axis = "step"
    axis_title: str = "Step"
    offset: int = 0
    unit: float = 1.0
    shift_ms: float = 0.0
    columns: int = 1
    height: int = 440
    log: bool = False
    clip: bool = True
    focus: str | None = None
    share_y: bool = False


def shown_x(x: NDArray[np.float64], frame: Frame) -> NDArray[Any]:
    """Positions as the axis shows them: numbers, or times on a clock."""
    if frame.axis == "step":
        return x + frame.offset
    if frame.axis == "elapsed":
        return x / frame.unit
    return (x + frame.shift_ms).astype("datetime64[ms]")


def x_text(frame: Frame) -> str:
    """Where on the axis, for a hover template."""
    if frame.axis == "clock":
        return "%{x|%d %b %H:%M:%S}"
    if frame.axis == "elapsed":
        return f"%{{x:.3g}} {safe(frame.axis_title.partition('(')[2].rstrip(')'))}"
    return f"{frame.axis_title.lower()} %{{x:,.0f}}"


def step_text(step: int, frame: Frame) -> str:
    """A step in words; epochs count from 1 and name their step."""
    return f"epoch {step + frame.offset:,} · step {step:,}" if frame.offset else f"step {step:,}"


def odd(value: float) -> str:
    """What is no number, by its name."""
    return "NaN" if np.isnan(value) else "∞" if value > 0 else "−∞"
