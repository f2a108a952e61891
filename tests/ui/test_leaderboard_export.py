"""What the leaderboard hands to other programs."""

import csv
import io

import pytest
from streamlit.testing.v1 import AppTest

from mlreview.ui import reads
from tests.sample_store import Sample


def _draw(experiment: str, columns: tuple[str, ...] = ()) -> None:
    import streamlit as st

    from mlreview.analysis.export import to_csv
    from mlreview.entities import RunQuery
    from mlreview.ui import leaderboard_export, leaderboard_rows, reads, urlstate

    urlstate.update(urlstate.LeaderboardView, columns=columns)
    table = reads.runs(RunQuery((experiment,))).table
    ranking = leaderboard_rows.rank(table, sorted(key for key in table.metrics if key.startswith("val_"))[0], "max")
    shown = leaderboard_rows.read_shown(table, ranking, 500)
    headings, rows = leaderboard_export.table_of(shown)
    st.text(to_csv(headings, rows))
    st.text(leaderboard_export.address())


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch):
    def run(sample: Sample, name: str, *columns: str) -> list[dict[str, str]]:
        monkeypatch.setenv("MLREVIEW_TRACKING_URI", sample.uri)
        reads.refresh()
        test = AppTest.from_function(_draw, args=(sample.experiments[name], columns), default_timeout=60).run()
        assert not test.exception
        return list(csv.DictReader(io.StringIO(test.text[0].value)))

    return run


def test_every_run_is_there_once_with_its_id_its_rank_and_its_value(exported, team_sample: Sample):
    rows = exported(team_sample, "sports")
    assert len(rows) == 10
    assert {row["Run id"] for row in rows} == {
        run_id for name, run_id in team_sample.runs.items() if name not in ("rain", "snow")
    }
    assert rows[0]["Rank"] == "1"
    assert float(rows[0]["val_AUROC"]) == pytest.approx(0.917)
    assert (rows[-1]["Rank"], rows[-1]["val_AUROC"]) == ("", "not logged")


def test_hostile_names_stay_in_their_cells(exported, ugly_sample: Sample):
    rows = exported(ugly_sample, "ugly")
    assert len(rows) == 9
    assert {len(row) for row in rows} == {len(rows[0])}
    assert not any(cell.startswith(("=", "@")) for row in rows for cell in row.values())


def test_a_name_of_three_hundred_characters_is_whole(exported, ugly_sample: Sample):
    longest = max(ugly_sample.runs, key=len)
    assert len(longest) == 300
    assert " ".join(longest.split()) in {row["Run"] for row in exported(ugly_sample, "ugly")}


def test_what_is_nan_and_what_was_never_logged_stay_apart(exported, ugly_sample: Sample, team_sample: Sample):
    metric = "val_" + "metric_" * 30
    rows = exported(ugly_sample, "ugly", f"metric:{metric}", "param:empty")
    heading = next(heading for heading in rows[0] if heading.startswith("Metric"))
    odd = {row[heading] for row in rows}
    assert {"NaN", "Infinity", "'-Infinity", ""} <= odd
    assert {row[heading] for row in rows if row["Run"] == "bare"} == {""}
    empty = next(heading for heading in rows[0] if heading.startswith("Parameter"))
    assert {(row["Run"] == "bare", row[empty]) for row in rows} == {(False, "(empty)"), (True, "")}
