"""Data sets as MLflow takes them, with where they came from and what was done to them."""

import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np
from mlflow.data.dataset_source import DatasetSource

from mlreview import names
from mlreview.training.data import Data, Facts
from mlreview.training.rows import is_list_of_texts


class TrackedSource(DatasetSource):
    """Data that were asked for: the address and the query, which MLflow has no source for."""

    def __init__(self, told: dict[str, Any]) -> None:
        self._told = told

    @staticmethod
    def _get_source_type() -> str:
        return "mlreview"

    def load(self) -> Any:
        """Not offered: what was recorded is for people and for the code that read it."""
        raise NotImplementedError("Read the data as the training did; this is the record of where they came from.")

    @staticmethod
    def _can_resolve(raw_source: Any) -> bool:
        return False

    @classmethod
    def _resolve(cls, raw_source: Any) -> "TrackedSource":
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """As it is stored: ``uri`` and ``sql``, as far as told."""
        return self._told

    @classmethod
    def from_dict(cls, source_dict: dict[Any, Any]) -> "TrackedSource":
        """What ``to_dict`` made."""
        return cls(dict(source_dict))


def to_mlflow(data: Data, facts: Facts) -> Any:
    """A data set of MLflow."""
    import mlflow.data
    from mlflow.data.dataset import Dataset

    x = data.x
    if isinstance(x, Dataset):
        return x
    source = _source(facts)
    name = facts.record.name if facts.record.name != "dataset" else None
    options: dict[str, Any] = {"source": source, "name": name}
    if hasattr(x, "columns") and hasattr(x, "to_numpy"):
        if isinstance(data.y, str):
            options["targets"] = data.y
        return mlflow.data.from_pandas(x, **options)  # pyright: ignore
    targets = None if data.y is None or isinstance(data.y, str | dict) else np.asarray(data.y)
    if is_list_of_texts(x):
        x = np.asarray(x, dtype=object)
    elif isinstance(x, list | tuple):
        x = np.asarray(x)
    if isinstance(x, np.ndarray) or (isinstance(x, dict) and all(isinstance(one, np.ndarray) for one in x.values())):
        # MLflow's own needs pandas, and can't tell texts in an array of objects.
        own = find_spec("pandas") is None or _is_objects(x)
        digest = facts.record.content[:8] if facts.record.content and own else None
        return mlflow.data.from_numpy(x, targets=targets, digest=digest, **options)  # pyright: ignore
    if type(x).__module__.partition(".")[0] == "tensorflow":
        return mlflow.data.from_tensorflow(x, **options)  # pyright: ignore
    return _described(facts, source, name)


def _is_objects(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind in "OUS"


def _described(facts: Facts, source: Any, name: str | None) -> Any:
    """Rows that MLflow has no kind for, or that only lie somewhere."""
    from mlflow.data.code_dataset_source import CodeDatasetSource
    from mlflow.data.meta_dataset import MetaDataset

    whole = facts.record.file_sha256 or facts.record.content
    return MetaDataset(source or CodeDatasetSource({}), name=name, digest=whole[:8] if whole else None)


def _source(facts: Facts) -> Any:
    """What is plain goes the way that MLflow knows; ``None`` where nothing was told."""
    record = facts.record
    told: dict[str, Any] = {"uri": facts.source} if facts.source else {}
    if record.query:
        told["sql"] = record.query
    if not told:
        return None
    if list(told) == ["uri"]:
        from mlflow.data.dataset_source_registry import resolve_dataset_source
        from mlflow.exceptions import MlflowException

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that a local path can be read in several ways
                return resolve_dataset_source(facts.source)
        except MlflowException:  # a kind of address that it has no name for
            pass
    return TrackedSource(told)


def digest_of(dataset: Any) -> str | None:
    """MLflow's digest of one of its data sets."""
    digest = getattr(dataset, "digest", None)
    return digest if isinstance(digest, str) and digest else None


def input_tags(facts: Facts) -> dict[str, str]:
    """What a run says of its use of a data set, beside what for."""
    record = facts.record
    told = {
        names.SNAPSHOT_INPUT_TAG: record.snapshot or "",
        names.TRANSFORMATIONS_INPUT_TAG: "; ".join(record.transformations),
    }
    return {key: value[: names.MAX_INPUT_TAG_CHARS] for key, value in told.items() if value}


def log_inputs(logged: Sequence[tuple[Facts, Any]]) -> None:
    """Tell the active run of its data sets, in one call. MLflow's own, since a wrapped one answers nothing."""
    from mlflow.tracking import fluent

    fluent.log_inputs(
        datasets=[dataset for _, dataset in logged],
        contexts=[facts.record.context for facts, _ in logged],
        tags_list=[input_tags(facts) or None for facts, _ in logged],
    )
