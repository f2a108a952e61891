import json

import pytest

from mlreview.analysis.plots import TITLES, PlotPoints, read_plot
from mlreview.charts.plots import HEIGHT, plot_figure
from mlreview.charts.theme import BACKGROUND, STRONG
from mlreview.training.evaluate import Plot

HOSTILE = '<a href="https://evil.example">x</a>%{x}'


def points(kind: str, **more: object) -> PlotPoints:
    given = (
        {"x": (0.0, 1.0), "y": (0.2, 0.9)}
        if kind != "confusion_matrix"
        else {"labels": ("a", "a"), "matrix": ((3, 1), (0, 0))}
    )
    plot = Plot(kind, HOSTILE, HOSTILE, **(given | more))  # pyright: ignore[reportArgumentType]
    return read_plot(plot.to_json("test").encode())


@pytest.mark.parametrize("kind", TITLES)
def test_each_kind_is_a_small_figure_without_markup_of_a_user(kind: str):
    figure = plot_figure(points(kind))
    assert figure.layout.height == HEIGHT  # pyright: ignore[reportAttributeAccessIssue]
    assert "<a href" not in (figure.to_json() or "").replace("\\u003c", "<")
    assert not any("evil" in (trace.hovertemplate or "") for trace in figure.data)  # pyright: ignore[reportAttributeAccessIssue]


def test_a_matrix_is_coloured_by_the_share_of_the_true_class_and_an_empty_class_by_none():
    trace, counts = json.loads(plot_figure(points("confusion_matrix")).to_json() or "")["data"]
    assert trace["z"] == [[0.75, 0.25], [0, 0]]
    assert counts["text"] == ["3", "1", "0", "0"]
    assert counts["textfont"]["color"] == [BACKGROUND, STRONG, STRONG, STRONG]
    assert trace["hovertext"][0][1] == "true a<br>predicted a<br>1 of 4, 25.0%"
    assert trace["hovertext"][1][0] == "true a<br>predicted a<br>0"


def test_of_many_classes_every_nth_is_named_and_no_count_is_written():
    count = 50
    many = points("confusion_matrix", labels=(HOSTILE,) * count, matrix=((1,) * count,) * count)
    figure = json.loads(plot_figure(many).to_json() or "")
    assert [trace["type"] for trace in figure["data"]] == ["heatmap"]
    assert len(figure["layout"]["xaxis"]["ticktext"]) <= 8
    assert "<a" not in json.dumps(figure)
