import json
from typing import Any

import numpy as np
import pytest

from mlreview.charts.compare import Sweep, parallel, scatter
from mlreview.charts.theme import RUN_COLOURS
from tests.tables import text_column

HOSTILE = '<a href="https://evil.example">x</a>'


def sweep() -> Sweep:
    return Sweep(
        labels=[HOSTILE, "b", "c", "d"],
        values=np.array([0.9, 0.8, np.nan, 0.7]),
        params={
            "rate": text_column(["0.1", "0.001", "0.01", None]),
            HOSTILE: text_column(["x", HOSTILE, "", None]),
        },
        colours=[3, 4, None, None],
        symbols=["circle", "square", "circle", "circle"],
    )


def drawn(figure: Any) -> dict:
    return json.loads(json.dumps(figure.to_plotly_json(), default=list))


def test_chosen_runs_keep_their_colours_and_the_others_are_grey():
    figure = scatter(sweep(), "val_AUROC")
    markers = [trace["marker"]["color"] for trace in drawn(figure)["data"]]
    assert next(colour for colour in markers if not isinstance(colour, str)) == [RUN_COLOURS[3], RUN_COLOURS[4]]
    assert drawn(figure)["layout"]["xaxis"]["type"] == "log"


def test_a_run_without_the_metric_or_the_param_is_no_point():
    points = [len(trace["x"]) for trace in drawn(scatter(sweep(), "val_AUROC"))["data"]]
    assert points == [0, 2, 1, 2]  # the grey run of the first panel has no rate


def test_lines_go_over_all_params_to_the_metric():
    lines = [trace for trace in drawn(parallel(sweep(), "val_AUROC"))["data"] if trace["mode"] == "lines+markers"]
    assert [line["y"][0] for line in lines] == [1.0, 0.0]  # the rates, on a logarithmic axis
    assert [line["y"][-1] for line in lines] == pytest.approx([1.0, 0.5])


def test_no_text_of_a_user_is_markup():
    for figure in (scatter(sweep(), HOSTILE), parallel(sweep(), HOSTILE)):
        assert "<a href" not in json.dumps(drawn(figure), ensure_ascii=False)
