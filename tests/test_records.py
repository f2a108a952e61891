"""The record of a run: written, read back, and refused where it is damaged."""

import json

import pytest

from mlreview.errors import BadInputError
from mlreview.records import CodeRecord, DataRecord, KeptFile, RunRecord, parse_record

PATCH = KeptFile("uncommitted.patch", "mlreview/uncommitted.patch", 12, "a" * 64)
RECORD = RunRecord(
    mlreview="0.1.0",
    description="wider",
    command=("python", "train.py", "--token", "***"),
    folder=".",
    python="3.11.7",
    seed=0,
    seeded=("python", "numpy"),
    code=CodeRecord(commit="b" * 40, dirty=True, patch=PATCH, untracked=(PATCH,), left_out=("big.py: too large",)),
    data=(DataRecord("train", "posts", digest="abc", rows=2, shape=(2, 3), classes={"0": 1, "1": 1}, source="a.csv"),),
)


def test_a_record_comes_back_as_it_was_written():
    assert parse_record(RECORD.to_json()) == RECORD


def test_what_was_not_recorded_is_none_and_not_empty():
    read = parse_record(RunRecord("0.1.0", "d").to_json())
    assert (read.seed, read.folder, read.code.commit, read.code.dirty) == (None, None, None, None)


def test_keys_of_a_later_version_are_passed_over():
    written = json.loads(RECORD.to_json()) | {"later": {"a": 1}}
    assert parse_record(json.dumps(written)) == RECORD


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"version": 2}',
        '{"version": 1, "mlreview": 1, "description": "d"}',
        '{"version": 1, "mlreview": "1", "description": "d", "command": "rm"}',
        '{"version": 1, "mlreview": "1", "description": "d", "seed": true}',
        '{"version": 1, "mlreview": "1", "description": "d", "data": [{"context": 1}]}',
        '{"version": 1, "mlreview": "1", "description": "d", "code": {"patch": {"path": "a"}}}',
        "[" * 100_000,
    ],
)
def test_a_damaged_record_is_refused(text: str):
    with pytest.raises(BadInputError):
        parse_record(text)
