"""What the table of the page Compare is handed: colours only where something is known."""

from mlreview import names
from mlreview.analysis.diff import Recorded
from mlreview.analysis.diff_report import see
from mlreview.analysis.leaderboard import choose_ranking
from mlreview.entities import Dataset
from mlreview.ui.compare_cells import Sight, table
from tests.tables import run_table


def drawn(datasets: bool) -> tuple[dict, dict]:
    metrics = {"val_AUROC": [0.9, 0.905, 0.5], "val_loss": [0.5, 0.4, 0.6]}
    runs = run_table(3, metrics)
    data = [
        Dataset(f"run-{at}", "posts", "d1", "http", "{}", profile='{"num_rows": 796}', context="validation")
        for at in range(3)
    ]
    seen = see(Recorded(runs, data if datasets else []), None, choose_ranking(runs), {})
    made = table(seen, Sight(), [{"id": run_id} for run_id in runs.run_ids])
    rows = next(section for section in made["sections"] if section["name"] == "metrics")["rows"]
    return made, {row["key"]: row for row in rows}


def test_a_difference_is_coloured_only_beyond_known_noise():
    made, rows = drawn(datasets=True)
    assert [cell["state"] for cell in rows["val_AUROC"]["cells"]] == ["baseline", "differs noise", "differs worse"]
    assert [cell["state"] for cell in rows["val_loss"]["cells"]] == ["baseline", "differs", "differs"]
    assert [run["result"]["state"] for run in made["runs"]] == ["", "", "worse"]


def test_unknown_noise_is_said_in_the_row_in_the_cell_and_in_the_legend():
    made, rows = drawn(datasets=True)
    assert made["unsure"]
    assert rows["val_loss"]["hint"] == "↓ lower is better · noise unknown"
    assert "noise unknown" not in rows["val_AUROC"]["hint"]
    better, worse = rows["val_loss"]["cells"][1:]
    assert (better["delta"][0], worse["delta"][0]) == ("△", "▽")
    assert "how far chance alone moves it is unknown" in better["title"]


def test_without_any_known_noise_no_cell_has_a_colour():
    made, rows = drawn(datasets=False)
    states = [cell["state"] for row in rows.values() for cell in row["cells"]]
    states += [run["result"]["state"] for run in made["runs"]]
    assert not [state for state in states if {"better", "worse"} & set(state.split())]


def test_a_model_whose_files_nobody_hashed_says_not_recorded():
    runs = run_table(2, tags={names.MODEL_DIGEST_TAG: ["f" * 64, None]})
    seen = see(Recorded(runs), None, None, {})
    made = table(seen, Sight(everything=True), [{"id": run_id} for run_id in runs.run_ids])
    rows = next(section for section in made["sections"] if section["name"] == "model")["rows"]
    assert [cell["text"] for cell in rows[0]["cells"]] == ["f" * 64, "not recorded"]
