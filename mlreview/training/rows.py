"""Fingerprints of rows: whether two data sets are the same, and whether rows of one are in the other."""

import hashlib
from typing import Any

import numpy as np

MAX_BYTES = 1_000_000_000
"""Larger data are not read a second time."""

MAX_OBJECTS = 5_000_000
"""Of texts and other objects, which are read one by one: some five seconds."""

_CHUNK_ROWS = 16_384
_SEED = 20_260_101
_MIX = np.uint64(0x9E3779B97F4A7C15)


def row_count(x: Any) -> int | None:
    """How many rows; ``None`` where that isn't known without reading them."""
    if isinstance(x, dict) and x:
        x = next(iter(x.values()))
    shape = getattr(x, "shape", None)
    if isinstance(shape, tuple) and shape:
        return int(shape[0]) if isinstance(shape[0], int | np.integer) else None
    if callable(getattr(x, "cardinality", None)):  # tf.data, in batches: not its rows
        return None
    return len(x) if isinstance(x, list | tuple) else None


def is_list_of_texts(x: Any) -> bool:
    """As a vectoriser takes them. As an array of texts each would need the room of the longest."""
    return isinstance(x, list | tuple) and bool(x) and isinstance(x[0], str)


def fingerprints(x: Any, y: np.ndarray | None) -> tuple[np.ndarray | None, str | None]:
    """One hash a row of the features, and the SHA-256 of all rows and labels.

    Returns:
        ``None`` for both where the rows can't be read twice, are of a kind that isn't known, or too large.
    """
    hashes = _hashes(x)
    if hashes is None:
        return None, None
    content = hashlib.sha256()
    shape = getattr(x, "shape", (len(hashes),))
    content.update(repr((tuple(int(size) for size in shape), "rows")).encode())
    content.update(hashes.tobytes())
    if y is not None:
        labels = row_hashes(y)
        if labels is not None:
            content.update(labels.tobytes())
    return hashes, content.hexdigest()


def _hashes(x: Any) -> np.ndarray | None:
    if x is None:
        return None
    if isinstance(x, dict):
        parts = [_hashes(x[key]) for key in sorted(x)]
        if not parts or any(part is None or len(part) != len(parts[0]) for part in parts):  # pyright: ignore
            return None
        return _combine([part for part in parts if part is not None])
    if hasattr(x, "columns") and hasattr(x, "to_numpy"):  # a frame: its columns may be of several kinds
        columns = [row_hashes(np.asarray(x[name])) for name in x.columns]
        return None if not columns or any(one is None for one in columns) else _combine(columns)  # pyright: ignore
    if callable(getattr(x, "tocsr", None)):
        return _of_sparse(x.tocsr())
    if isinstance(x, np.ndarray | list | tuple):
        return row_hashes(np.asarray(x))
    return None


def _combine(parts: list[np.ndarray]) -> np.ndarray:
    return _mix_words(np.stack(parts, axis=1))


def _of_sparse(matrix: Any) -> np.ndarray | None:
    if matrix.shape[0] * matrix.shape[1] * 8 > 50 * MAX_BYTES:
        return None
    step = max(1, min(_CHUNK_ROWS, 50_000_000 // max(1, matrix.shape[1])))
    parts = [row_hashes(matrix[at : at + step].toarray()) for at in range(0, matrix.shape[0], step)]
    return np.concatenate([part for part in parts if part is not None]) if parts else None


def row_hashes(array: np.ndarray) -> np.ndarray | None:
    """One unsigned 64-bit number a row, the same for equal rows of equal width; ``None`` where rows are no values.

    Floats count by their value in double precision, -0.0 as 0.0; integers and truth values by theirs. Two different
    rows share a number about once in 10^18 pairs.

    Args:
        array: Shape (rows, ...).
    """
    if array.ndim == 0 or array.nbytes > MAX_BYTES:
        return None
    flat = array.reshape(len(array), -1)
    kind = array.dtype.kind
    if kind in "OUSV":
        return _of_objects(flat) if flat.size <= MAX_OBJECTS else None
    if kind in "mM":
        flat = flat.view(np.int64)
    elif kind not in "fiub":
        return None
    parts = []
    for at in range(0, len(flat), _CHUNK_ROWS):
        chunk = np.ascontiguousarray(flat[at : at + _CHUNK_ROWS])
        if chunk.dtype.kind == "f":
            words = (chunk.astype(np.float64) + 0.0).view(np.uint64)
        else:
            words = chunk.astype(np.int64).view(np.uint64)
        parts.append(_mix_words(words))
    return np.concatenate(parts) if parts else np.zeros(0, np.uint64)


def _of_objects(flat: np.ndarray) -> np.ndarray:
    found = np.empty(len(flat), np.uint64)
    for at, row in enumerate(flat):
        text = "\x1f".join(f"{type(value).__name__}:{value}" for value in row.tolist())
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        found[at] = int.from_bytes(digest, "little")
    return found


def _mix_words(words: np.ndarray) -> np.ndarray:
    """A number of each row of 64-bit words. Words are mixed before they are added up: whole numbers, as doubles, have
    nothing in their lower bits.
    """
    width = words.shape[1]
    factors = np.random.Generator(np.random.PCG64(_SEED)).integers(1, 2**63, width, dtype=np.uint64) * np.uint64(2)
    factors += np.uint64(1)
    with np.errstate(over="ignore"):
        mixed = words ^ (words >> np.uint64(32))
        mixed = (mixed + factors) * _MIX
        mixed ^= mixed >> np.uint64(29)
        total = (mixed * factors).sum(axis=1, dtype=np.uint64)
        total ^= total >> np.uint64(32)
        return total * _MIX
