"""Data sets of a training: what is said of each, and what is doubtful about them together."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import numpy as np

from mlreview import names
from mlreview.errors import BadInputError
from mlreview.records import DataRecord
from mlreview.redaction import redact
from mlreview.secrets import hide_secrets
from mlreview.training import rows as row_hashes
from mlreview.training.manifest import sha256_of

MAX_CLASSES = 100
_CONTEXTS = {
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "dev": "validation",
    "testing": "test",
    "holdout": "test",
}


@dataclass(frozen=True, eq=False)
class Data:
    """One data set, with what only a person can say of it.

    Attributes:
        x: Features: an array, a frame, a list of texts, a dict of arrays, a sparse matrix, ``tf.data.Dataset``, a data
            set of MLflow; ``None`` where the source alone is recorded.
        y: Labels, or the name of the frame's column that holds them.
        source: Where it came from: a path, an address, a table. Logins in it are not recorded.
        query: The query that was asked there.
        snapshot: Which state of the source: a date, a version, a commit.
        transformations: What was done between source and ``x``, in words, in order.
        name: For people.
        classes: What the labels 0, 1, ... mean.
    """

    x: Any = None
    y: Any = None
    source: str | os.PathLike[str] | None = None
    query: str | None = None
    snapshot: str | None = None
    transformations: Sequence[str] = ()
    name: str | None = None
    classes: Sequence[str] = ()


@dataclass(frozen=True, eq=False)
class Facts:
    """What was found out about one data set.

    Attributes:
        record: What is kept of it.
        source: The address as MLflow gets it; ``None`` for none.
        hashes: One a row, of the features alone; ``None`` where rows can't be read or are too many.
    """

    record: DataRecord
    source: str | None = None
    hashes: np.ndarray | None = field(default=None, repr=False)


def check_data(given: Any) -> dict[str, Data]:
    """The data sets by context, as ``track(data=…)`` takes them.

    Raises:
        BadInputError: Something in it is no data set; nothing was started.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise BadInputError(
            f"data= is a {type(given).__name__}, not a dict of data sets; the run was not started.",
            hint='Write data={"train": (x, y), "test": (x_test, y_test)}.',
        )
    found: dict[str, Data] = {}
    for context, value in given.items():
        if not isinstance(context, str) or not context.strip() or len(context) > 100:
            raise BadInputError(
                f"data= has the key {context!r}; the run was not started.",
                hint="Name what each is for: train, validation, test.",
            )
        plain = _CONTEXTS.get(context.strip().lower(), context.strip())
        if plain in found:
            raise BadInputError(f"data= names {plain!r} twice; the run was not started.", hint="Give each once.")
        found[plain] = _as_data(plain, value)
    return found


def _as_data(context: str, value: Any) -> Data:
    if isinstance(value, tuple) and len(value) == 2:
        value = Data(*value)
    elif isinstance(value, str | os.PathLike):
        value = Data(source=value)
    elif not isinstance(value, Data):
        value = Data(value)
    if value.x is None and value.source is None and value.query is None:
        raise BadInputError(
            f"data[{context!r}] has neither rows nor a source; the run was not started.",
            hint="Give an array, a frame, or mlreview.Data(x, y, source=…).",
        )
    if isinstance(value.transformations, str) or isinstance(value.classes, str):
        raise BadInputError(
            f"data[{context!r}]: transformations= and classes= are lists; the run was not started.",
            hint='Write transformations=["dropped rows without a label"].',
        )
    count, labels = row_hashes.row_count(value.x), _labels(value)
    if count is not None and labels is not None and len(labels) != count:
        raise BadInputError(
            f"data[{context!r}] has {count:,} rows and {len(labels):,} labels; the run was not started.",
            hint="Give labels for each row.",
        )
    return value


def find_facts(context: str, data: Data, top: Path | None) -> Facts:
    """Look at a data set.

    Args:
        context: What it is used for.
        data: As it was given.
        top: Root of the repository, from which paths are told.
    """
    labels = _labels(data)
    features = _features(data)
    hashes, content = row_hashes.fingerprints(features, labels)
    file = _local_file(data.source)
    shown = _shown_source(data.source, file, top)
    record = DataRecord(
        context=context,
        name=data.name or (file.name if file else "dataset"),
        content=content,
        rows=row_hashes.row_count(features),
        shape=tuple(int(size) for size in shape) if (shape := getattr(features, "shape", None)) else (),
        classes=class_balance(labels, data.classes),
        source=shown,
        query=None if data.query is None else hide_secrets(data.query),
        snapshot=data.snapshot,
        file_sha256=sha256_of(file) if file and file.stat().st_size <= row_hashes.MAX_BYTES else None,
        transformations=tuple(str(one) for one in data.transformations),
    )
    return Facts(record, redact(os.fspath(data.source)) if data.source is not None else None, hashes)


def _labels(data: Data) -> np.ndarray | None:
    y = data.y
    if isinstance(y, str):
        y = data.x[y]
    if y is None or isinstance(y, dict):
        return None
    return np.asarray(y)


def _features(data: Data) -> Any:
    if isinstance(data.y, str):
        return data.x.drop(columns=[data.y])
    return np.asarray(data.x, dtype=object) if row_hashes.is_list_of_texts(data.x) else data.x


def _local_file(source: str | os.PathLike[str] | None) -> Path | None:
    if source is None:
        return None
    text = os.fspath(source)
    parsed = urlparse(text)
    path = Path(unquote(parsed.path)) if parsed.scheme == "file" else Path(text)
    try:
        return path if (parsed.scheme in ("", "file") or len(parsed.scheme) == 1) and path.is_file() else None
    except (OSError, ValueError):
        return None


def _shown_source(source: str | os.PathLike[str] | None, file: Path | None, top: Path | None) -> str | None:
    if source is None:
        return None
    if file is not None:
        whole = file.resolve()
        inside = top is not None and whole.is_relative_to(top.resolve())
        return whole.relative_to(top.resolve()).as_posix() if inside and top else str(whole)
    return redact(os.fspath(source))


def class_balance(labels: np.ndarray | None, classes: Sequence[str] = ()) -> dict[str, int]:
    """Examples of each class; empty for what is no classification.

    Args:
        labels: One a row, or one-hot of shape (rows, classes).
        classes: What 0, 1, ... mean.
    """
    if labels is None or labels.size == 0:
        return {}
    if labels.ndim == 2 and labels.shape[1] > 1:
        if labels.dtype.kind not in "fiub" or not np.array_equal(labels.sum(axis=1), np.ones(len(labels))):
            return {}
        labels = np.asarray(labels.argmax(axis=1))
    flat = labels.reshape(len(labels), -1)[:, 0]
    if flat.dtype.kind == "f":
        if not np.all(np.isfinite(flat)) or np.any(flat != np.floor(flat)):
            return {}
        flat = flat.astype(np.int64)
    elif flat.dtype.kind not in "iubOUS":
        return {}
    values, counts = np.unique(flat.astype(str) if flat.dtype.kind in "OUS" else flat, return_counts=True)
    if len(values) > MAX_CLASSES or (flat.dtype.kind in "iu" and len(values) > max(20, len(flat) // 20)):
        return {}

    def named(value: Any) -> str:
        is_index = flat.dtype.kind in "iub" and 0 <= int(value) < len(classes)
        return str(classes[int(value)]) if is_index else str(value)

    return {named(value): int(count) for value, count in zip(values, counts, strict=True)}


def doubts(found: Sequence[Facts]) -> tuple[str, ...]:
    """What is doubtful about the data sets together, in words."""
    by_context = {one.record.context: one for one in found}
    train, said = by_context.get("train"), []
    validation, test = by_context.get("validation"), by_context.get("test")
    if validation and test and _same(validation, test):
        said.append("Validation and test are the same data: what was chosen by one is not tested by the other.")
    for other in (validation, test):
        if train is None or other is None:
            continue
        name, rows = other.record.context, other.record.rows
        if _same(train, other):
            said.append(f"Training and {name} are the same data.")
            continue
        shared = _shared(train, other)
        if shared and rows:
            said.append(f"{shared:,} of {rows:,} {name} rows are also in the training data ({shared / rows:.1%}).")
    return tuple(said)


def _same(one: Facts, other: Facts) -> bool:
    if one.record.content and other.record.content:
        return one.record.content == other.record.content or (
            one.hashes is not None and other.hashes is not None and _equal_rows(one.hashes, other.hashes)
        )
    digest = one.record.digest
    return bool(digest) and digest == other.record.digest and one.record.rows == other.record.rows


def _equal_rows(one: np.ndarray, other: np.ndarray) -> bool:
    return len(one) == len(other) > 0 and np.array_equal(np.sort(one), np.sort(other))


def _shared(train: Facts, other: Facts) -> int:
    """Rows of the other that training has too. A row that repeats in the training data says nothing: few features, as
    five words are, make many equal rows out of different examples.
    """
    if train.hashes is None or other.hashes is None:
        return 0
    values, counts = np.unique(train.hashes, return_counts=True)
    return int(np.isin(other.hashes, values[counts == 1]).sum())


def with_digest(facts: Facts, digest: str | None) -> Facts:
    """The same with MLflow's digest."""
    return replace(facts, record=replace(facts.record, digest=digest))


def classes_tags(found: Sequence[Facts]) -> dict[str, str]:
    """``names.CLASSES_TAG`` of each data set that has classes."""
    import json

    tags = {}
    for one in found:
        key = names.CLASSES_TAG.format(split=one.record.context)
        value = json.dumps(dict(one.record.classes))
        if one.record.classes and names.is_legal_key(key) and len(value) <= names.MAX_TAG_CHARS:
            tags[key] = value
    return tags
