"""Small curves for tests of pure functions."""

from collections.abc import Mapping, Sequence

import numpy as np

from mlreview.entities import Curve


def curve(key: str, values: Sequence[float], steps: Sequence[int] | None = None, run_id: str = "run") -> Curve:
    """One metric of one run, a value a step from 0 on, a minute apart."""
    at = np.asarray(range(len(values)) if steps is None else steps, dtype=np.int64)
    return Curve(run_id, key, at, 60_000 * np.arange(len(at)), np.asarray(values, dtype=np.float64), len(at))


def curves(
    metrics: Mapping[str, Sequence[float]], steps: Sequence[int] | None = None, run_id: str = "run"
) -> tuple[Curve, ...]:
    """Several metrics of one run."""
    return tuple(curve(key, values, steps, run_id) for key, values in metrics.items())
