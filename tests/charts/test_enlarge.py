"""A figure for a room: larger in everything that is measured in pixels, the same in what it says."""

import plotly.graph_objects as go

from mlreview.charts.enlarge import enlarged
from mlreview.charts.theme import FONT_SIZE, base_layout


def test_letters_lines_and_marks_grow_and_the_data_stays():
    figure = go.Figure(
        [go.Scatter(x=[1, 2], y=[0.5, None], line={"width": 2}, marker={"size": 6}, textfont={"size": 14})],
        base_layout(300),
    )
    figure.update_layout(xaxis={"tickfont": {"size": 14}, "title": {"text": "Epoch", "font": {"size": 15}}})
    figure.add_annotation(text="val_loss", x=1, y=1, yshift=6, font={"size": 17})
    large = enlarged(figure, 2)
    assert large.layout.height == 600
    assert large.layout.font.size == 2 * FONT_SIZE
    assert (large.layout.xaxis.tickfont.size, large.layout.xaxis.title.font.size) == (28, 30)
    assert (large.layout.annotations[0].font.size, large.layout.annotations[0].yshift) == (34, 12)
    trace = large.to_dict()["data"][0]
    assert (trace["line"]["width"], trace["marker"]["size"]) == (4, 12)
    assert trace["textfont"]["size"] == 28
    assert (list(trace["x"]), list(trace["y"])) == ([1, 2], [0.5, None])
    assert figure.layout.height == 300
