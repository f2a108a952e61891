"""Cached reads: what they share."""

import pytest

from mlreview.entities import RunQuery
from mlreview.ui import reads
from tests.sample_store import Sample


def test_a_table_of_runs_is_handed_to_everybody_as_it_is_and_not_as_a_copy(
    team_sample: Sample, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MLREVIEW_TRACKING_URI", team_sample.uri)
    reads.refresh()
    query = RunQuery((team_sample.experiments["sports"],))
    first = reads.runs(query).table
    assert reads.runs(RunQuery((team_sample.experiments["sports"],))).table is first
    assert reads.runs(RunQuery((team_sample.experiments["weather"],))).table is not first
