"""Numbers for people have one kind of minus sign, whoever writes them."""

import json
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlreview.analysis.diagnosis_words import change, number
from mlreview.analysis.diff import Recorded
from mlreview.analysis.diff_export import diff_csv, diff_markdown
from mlreview.analysis.diff_report import diff_report, see
from mlreview.analysis.figures import percent, short, signed
from mlreview.analysis.leaderboard import choose_ranking
from mlreview.cli_diff import print_comparison
from tests.tables import run_table

HYPHENED = re.compile(r"(?<![\w\\])-\d|\de-\d")
finite = st.floats(-1e300, 1e300)


@given(finite, finite)
def test_no_number_for_people_has_a_hyphen(value: float, other: float):
    for said in (short(value), signed(value), percent(value), number(value), change(value, other)):
        assert "-" not in said
    assert float(short(value).replace("−", "-")) == pytest.approx(value, rel=1e-3)


@pytest.mark.parametrize(
    ("share", "says"), [(3.14, "+3.1 %"), (-99.6, "−100 %"), (0.031, "+0.03 %"), (122.4, "+122 %"), (-0.5, "−0.5 %")]
)
def test_a_percentage_has_as_few_digits_as_say_something(share: float, says: str):
    assert percent(share) == says


def test_tables_for_people_have_the_true_minus_and_files_for_machines_plain_numbers(capsys: pytest.CaptureFixture[str]):
    metrics = {"val_AUROC": [0.9, 0.8], "val_loss": [-0.5, -0.00001234], "val_mae": [0.25, math.nan]}
    table = run_table(2, metrics, {"lr": ["-0.1", "1e-3"]})
    seen = see(Recorded(table), None, choose_ranking(table), {})
    print_comparison(seen, everything=True)
    printed = capsys.readouterr().out
    for text in (printed, diff_markdown(seen, everything=True)):
        numbers = "\n".join(line for line in text.splitlines() if "val" in line and "lr" not in line)
        assert "−0.1, −11.1 %" in numbers
        assert "−1.234e−05" in numbers
        assert "NaN" in numbers
        assert not HYPHENED.search(numbers)
    assert "-0.1" in printed  # a param stays as it was recorded
    assert "−" not in diff_csv(seen, everything=True)
    assert "-1.234e-05" in diff_csv(seen, everything=True)
    row = next(row for row in diff_report(seen)["sections"]["metrics"] if row["key"] == "val_loss")
    assert "\\u2212" not in json.dumps(row)
