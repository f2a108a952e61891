"""TensorBoard's smoothing: an exponential moving average without the pull of its start towards zero."""

import numpy as np
from numpy.typing import NDArray

_BLOCK = 256


def debiased_ema(values: NDArray[np.float64], weight: float) -> NDArray[np.float64]:
    """TensorBoard's debiased exponential moving average.

    With ``s₀ = 0`` and ``sᵢ = w·sᵢ₋₁ + (1 − w)·xᵢ`` the smoothed value is ``sᵢ / (1 − wⁱ)``. Values that are no numbers
    (NaN, ±∞) stay as they are and don't count.

    Args:
        values: float64, shape (points,).
        weight: ``w``, from 0 (nothing is smoothed) to below 1.

    Returns:
        float64, shape (points,).

    Raises:
        ValueError: ``weight`` is out of range.
    """
    if not 0 <= weight < 1:
        raise ValueError(f"a weight from 0 to below 1, not {weight}")
    smoothed = np.array(values, dtype=np.float64)
    number = np.isfinite(smoothed)
    given = smoothed[number]
    if weight == 0 or not len(given):
        return smoothed
    # A loop over blocks instead of points: within one, the recursion is a product with a triangular matrix.
    blocks = -(-len(given) // _BLOCK)
    padded = np.zeros(blocks * _BLOCK)
    padded[: len(given)] = given
    powers = weight ** np.arange(_BLOCK + 1)
    lag = np.subtract.outer(np.arange(_BLOCK), np.arange(_BLOCK))
    kernel = np.where(lag >= 0, (1 - weight) * powers[np.clip(lag, 0, _BLOCK)], 0.0)
    sums = padded.reshape(blocks, _BLOCK) @ kernel.T
    carried = 0.0
    for row in sums:
        row += powers[1:] * carried
        carried = row[-1]
    counts = np.arange(1, len(given) + 1)
    smoothed[number] = sums.ravel()[: len(given)] / -np.expm1(counts * np.log(weight))
    return smoothed
