"""Data sets of a training: what is said of each, what is doubtful about them together, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from mlreview.errors import BadInputError
from mlreview.training.data import Data, check_data, class_balance, classes_tags, doubts, find_facts
from mlreview.training.inputs import digest_of, input_tags, to_mlflow
from mlreview.training.rows import fingerprints, row_hashes

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4))
Y = (X[:, 0] > 0).astype(int)


def facts(context: str, x: object, y: object = None, **told: object):
    return find_facts(context, Data(x, y, **told), None)  # type: ignore[arg-type]


# --- what is given ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([1], "not a dict"),
        ({"": X}, "key ''"),
        ({3: X}, "key 3"),
        ({"val": X, "validation": X}, "twice"),
        ({"train": None}, "neither rows nor a source"),
        ({"train": (X, Y[:5])}, "60 rows and 5 labels"),
        ({"train": Data(X, transformations="scaled")}, "are lists"),
    ],
)
def test_what_is_no_data_set_is_refused_before_the_run_starts(given: object, says: str):
    with pytest.raises(BadInputError, match="not started") as caught:
        check_data(given)
    assert says in str(caught.value)


def test_usual_names_of_a_use_become_one():
    assert list(check_data({"training": X, "val": (X, Y), "test": "s3://bucket/a.csv"})) == [
        "train",
        "validation",
        "test",
    ]


# --- what is said of one ------------------------------------------------------------------------------------------


def test_a_file_in_the_repository_is_told_by_its_path_from_the_root_and_its_hash(tmp_path: Path):
    (tmp_path / "data").mkdir()
    file = tmp_path / "data" / "train.csv"
    file.write_text("1,2\n")
    record = find_facts("train", Data(X, Y, source=file, classes=("no", "yes")), tmp_path).record
    assert (record.source, record.name, record.rows, record.shape) == ("data/train.csv", "train.csv", 60, (60, 4))
    assert record.file_sha256 is not None
    assert set(record.classes) == {"no", "yes"}


def test_a_login_in_an_address_is_not_recorded():
    found = facts("train", X, source="postgresql://ada:s3cr3t@db.example/sales", query="select * from t")
    said = json.dumps([found.record.source, found.source, to_mlflow(Data(X), found).to_dict()])
    assert "s3cr3t" not in said
    assert "select * from t" in said


def test_snapshot_and_transformations_are_said_of_the_runs_use_of_the_data():
    found = facts("train", X, source="s3://b/a.csv", snapshot="2024-05-01", transformations=["dropped NaN", "scaled"])
    assert to_mlflow(Data(X), found).source._get_source_type() == "s3"
    assert input_tags(found) == {
        "mlreview.snapshot": "2024-05-01",
        "mlreview.transformations": "dropped NaN; scaled",
    }


FRAME = pd.DataFrame({"a": [1.5, 2, 3], "b": ["x", "y", None], "label": [0, 1, 0]})


@pytest.mark.parametrize(
    ("x", "y", "rows"),
    [
        (X, Y, 60),
        (FRAME, "label", 3),
        (["a post", "another", "a third"], [0, 1, 1], 3),
        ({"words": X, "tags": X[:, :2]}, Y, 60),
        (sparse.csr_matrix(X), Y, 60),
        ([[1, 2], [3, 4]], None, 2),
    ],
    ids=["array", "frame", "texts", "several inputs", "sparse", "lists"],
)
def test_data_of_any_usual_kind_get_a_digest_and_a_fingerprint(x: object, y: object, rows: int):
    found = facts("train", x, y)
    assert (found.record.rows, found.record.content is not None) == (rows, True)
    assert found.hashes is not None
    assert len(found.hashes) == rows
    assert digest_of(to_mlflow(Data(x, y), found))


def test_data_that_can_only_be_named_are_recorded_by_their_file(tmp_path: Path):
    file = tmp_path / "images.zip"
    file.write_bytes(b"zip")
    found = find_facts("train", Data(source=file), None)
    assert digest_of(to_mlflow(Data(source=file), found)) == (found.record.file_sha256 or "")[:8]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([0, 1, 1], {"0": 1, "1": 2}),
        ([0.0, 1.0, 1.0], {"0": 1, "1": 2}),
        (["b", "a", "b"], {"a": 1, "b": 2}),
        ([[0, 1], [1, 0], [0, 1]], {"0": 1, "1": 2}),
        ([[0], [1]], {"0": 1, "1": 1}),
        ([True, False], {"False": 1, "True": 1}),
        ([0.5, 1.5], {}),
        ([float("nan"), 1.0], {}),
        ([[0.2, 0.9]], {}),
        ([], {}),
    ],
)
def test_classes_are_counted_where_there_are_classes(labels: list, expected: dict[str, int]):
    assert class_balance(np.asarray(labels)) == expected


def test_many_whole_numbers_are_values_and_no_classes():
    assert class_balance(np.arange(1_000)) == {}


def test_classes_are_tagged_as_the_analysis_reads_them():
    assert classes_tags([facts("validation", X, Y)]) == {
        "mlreview.data.validation.classes": json.dumps({"0": int((Y == 0).sum()), "1": int(Y.sum())})
    }


# --- fingerprints -------------------------------------------------------------------------------------------------


def test_equal_rows_have_equal_hashes_in_any_precision_and_place():
    one = row_hashes(np.array([[1.0, 2.0], [-0.0, 3.0]]))
    other = row_hashes(np.array([[0.0, 3.0], [1.0, 2.0]], dtype=np.float32))
    assert one is not None
    assert other is not None
    assert one.tolist() == other[::-1].tolist()


def test_many_rows_of_small_whole_numbers_keep_apart():
    """As doubles these have nothing in their lower bits: a plain sum of products would confuse thousands."""
    grid = np.array(np.meshgrid(*[np.arange(9.0)] * 5)).T.reshape(-1, 5)
    hashes = row_hashes(grid)
    assert hashes is not None
    assert len(np.unique(hashes)) == len(grid) == 9**5


def test_the_fingerprint_tells_labels_order_and_shape():
    seen = {
        fingerprints(x, y)[1] for x, y in [(X, Y), (X, 1 - Y), (X[::-1], Y[::-1]), (X.reshape(60, 2, 2), Y), (X, None)]
    }
    assert len(seen) == 5


def test_fingerprints_leave_the_generators_alone():
    np.random.seed(1)
    first = np.random.rand()
    np.random.seed(1)
    fingerprints(X, Y)
    assert np.random.rand() == first


# --- together -----------------------------------------------------------------------------------------------------


def test_validation_that_is_the_test_is_said_however_it_is_ordered():
    order = RNG.permutation(20)
    for test in (X[40:], X[40:][order]):
        (said,) = doubts([facts("validation", X[40:]), facts("test", test)])
        assert said.startswith("Validation and test are the same data")


def test_rows_of_the_training_data_in_validation_or_test_are_counted():
    said = doubts([facts("train", X[:40]), facts("validation", X[38:50]), facts("test", X[50:])])
    assert said == ("2 of 12 validation rows are also in the training data (16.7%).",)


def test_separate_data_raise_no_doubt():
    assert doubts([facts("train", X[:20]), facts("validation", X[20:40]), facts("test", X[40:])]) == ()


def test_rows_that_repeat_within_the_training_data_are_no_overlap():
    """Five words turn many posts into equal rows: that says nothing of the posts."""
    few = np.repeat(np.eye(4), 5, axis=0)
    assert doubts([facts("train", few), facts("test", np.vstack([few[:7], X]))]) == ()
