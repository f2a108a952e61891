"""The data of runs, as rows: names, digests, sizes, location and schema of each context's data set."""

import json
from collections.abc import Sequence
from typing import Any

from mlreview.analysis.diff_rows import Line
from mlreview.entities import Dataset

_CONTEXT_ORDER = ("training", "train", "validation", "eval", "test")
_MAX_SCHEMA_LINES = 2_000
_LOCATION_KEYS = ("uri", "url", "path", "table_name", "name", "delta_table_name", "sql", "model_id")


def lines(run_ids: Sequence[str], datasets: Sequence[Dataset]) -> list[Line]:
    """Rows for each context, in the order training, validation, test, others."""
    slots: dict[tuple[str, int], dict[str, Dataset]] = {}
    for run_id in run_ids:
        used: dict[str, int] = {}
        for dataset in (one for one in datasets if one.run_id == run_id):
            context = dataset.context or "no context"
            used[context] = used.get(context, 0) + 1
            slots.setdefault((context, used[context]), {})[run_id] = dataset
    with_data = {one.run_id for one in datasets}
    found = []
    for context, number in sorted(slots, key=lambda slot: (_order(slot[0]), slot)):
        of_run = [slots[context, number].get(run_id) for run_id in run_ids]
        label = context if number == 1 else f"{context} {number}"

        def row(what: str, read: Any, label: str = label, of_run: Any = of_run) -> None:
            values = tuple(None if one is None else read(one) for one in of_run)
            # A run with other data and none here has none; data without, say, a location says nothing of it.
            known = tuple(
                run_id in with_data if one is None else value is not None
                for run_id, one, value in zip(run_ids, of_run, values, strict=True)
            )
            found.append(Line(f"{label}: {what}", values, identifies=True, known=known))

        row("name", lambda one: one.name)
        row("examples", lambda one: _shape(one.profile, 0))
        row("columns", lambda one: _shape(one.profile, 1))
        row("digest", lambda one: one.digest)
        row("location", location)
        row("schema", lambda one: schema_text(one.schema))
    return found


def _order(context: str) -> int:
    return _CONTEXT_ORDER.index(context) if context in _CONTEXT_ORDER else len(_CONTEXT_ORDER)


def location(dataset: Dataset) -> str | None:
    """Where the data lie; ``None`` for data that only the code knows, as autolog's are."""
    if dataset.source_type in ("code", ""):
        return None
    try:
        source = json.loads(dataset.source)
    except ValueError:
        return dataset.source or None
    if not isinstance(source, dict):
        return dataset.source or None
    for key in _LOCATION_KEYS:
        if isinstance(source.get(key), str) and source[key]:
            return source[key]
    return dataset.source if source else None


def schema_text(schema: str | None) -> str | None:
    """A data set's schema, one column or tensor a line, so that a change is a change of lines."""
    if not schema:
        return None
    try:
        found = json.loads(schema)
    except ValueError:
        return schema
    if not isinstance(found, dict):
        return schema
    columns = found.get("mlflow_colspec")
    if isinstance(columns, list):
        return "\n".join(_column(one) for one in columns[:_MAX_SCHEMA_LINES])
    tensors = found.get("mlflow_tensorspec")
    if isinstance(tensors, dict):
        listed = [line for name, spec in tensors.items() for line in _tensors(name, spec)]
        return "\n".join(listed[:_MAX_SCHEMA_LINES])
    return schema


def _column(column: Any) -> str:
    if not isinstance(column, dict):
        return str(column)
    optional = "" if column.get("required", True) else " (optional)"
    return f"{column.get('name', '(unnamed)')}: {column.get('type', '?')}{optional}"


def _tensors(name: str, spec: Any) -> list[str]:
    try:
        listed = json.loads(spec) if isinstance(spec, str) else spec
    except ValueError:
        return [f"{name}: {spec}"]
    lines = []
    for tensor in listed if isinstance(listed, list) else []:
        inner = tensor.get("tensor-spec", {}) if isinstance(tensor, dict) else {}
        own = f"{name}.{tensor['name']}" if isinstance(tensor, dict) and tensor.get("name") else name
        lines.append(f"{own}: {inner.get('dtype', '?')} {inner.get('shape', '')}".rstrip())
    return lines or [f"{name}: {spec}"]


def _shape(profile: str | None, axis: int) -> str | None:
    """Examples (axis 0) or columns (axis 1) in a profile as MLflow writes it for pandas, numpy and TensorFlow data."""
    try:
        facts = json.loads(profile or "")
    except ValueError:
        return None
    if not isinstance(facts, dict):
        return None
    if axis == 0 and isinstance(facts.get("num_rows"), int):
        return str(facts["num_rows"])
    shape = facts.get("features_shape")
    if isinstance(shape, dict):
        shape = next(iter(shape.values()), None)
    if isinstance(shape, list) and len(shape) > axis and isinstance(shape[axis], int):
        return str(shape[axis])
    if axis == 1 and isinstance(facts.get("num_elements"), int) and isinstance(facts.get("num_rows"), int):
        return str(facts["num_elements"] // facts["num_rows"]) if facts["num_rows"] else None
    return None
