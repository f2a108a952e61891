import json

import pytest

from mlreview.analysis.plots import MAX_BYTES, MAX_CLASSES, MAX_POINTS, describe, read_plot
from mlreview.review.record import drawn_of
from mlreview.training.evaluate import Plot

ROC = Plot(
    "roc", "False positive rate", "True positive rate", (0.0, 0.5, 1.0), (0.0, 0.9, 1.0),
    reference=((0.0, 0.0), (1.0, 1.0)), facts={"roc_auc": 0.91234},
)  # fmt: skip
MATRIX = Plot("confusion_matrix", "Predicted", "True", labels=("ham", "spam"), matrix=((30, 5), (2, 1_200)))


def spoilt(plot: Plot = ROC, **changed: object) -> bytes:
    return json.dumps(json.loads(plot.to_json("test")) | changed).encode()


def test_what_the_training_writes_is_read_back_and_described():
    roc = read_plot(ROC.to_json("test").encode())
    assert (roc.title, roc.told, roc.x, roc.reference) == ("ROC", "AUC 0.912", ROC.x, ROC.reference)
    assert describe(roc) == "ROC of the test data: AUC 0.912. 3 points"
    matrix = read_plot(MATRIX.to_json("val").encode())
    assert (matrix.labels, matrix.matrix) == (MATRIX.labels, MATRIX.matrix)
    assert "true ham: 30 predicted ham, 5 predicted spam; true spam: 2 predicted ham, 1,200" in describe(matrix)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b" " * (MAX_BYTES + 1), "larger than"),
        (b"{not json", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"x": ' + b"9" * 5_000 + b"}", "not JSON"),
        (b"[]", "no plot"),
        (spoilt(version=2), "a form"),
        (spoilt(kind="pie"), "no known kind"),
        (spoilt(kind=["roc"]), "no known kind"),
        (spoilt(split=None), "the split"),
        (spoilt(x_label=3), "an axis"),
        (spoilt(x="0, 1"), "no list"),
        (spoilt(x=[]), "no points"),
        (spoilt(x=[0, 1]), "2 and 3 coordinates"),
        (spoilt(x=[0, 0.5, True]), "no number"),
        (spoilt(x=[0, 0.5, None]), "no number"),
        (spoilt(x=[0, 0.5, 10**400]), "too large"),
        (spoilt(x=[0, float("nan"), 1]), "NaN"),
        (spoilt(x=[0, 0.5, 1]).replace(b"0.5", b"1e999"), "infinite"),
        (spoilt(x=[0, 0.5, 1.5]), "above 1"),
        (spoilt(x=[0] * (MAX_POINTS + 1)), "at most 5,000"),
        (spoilt(reference=[[0, 0]]), "two ends"),
        (spoilt(facts={"roc_auc": "high"}), "no number"),
        (spoilt(facts=[]), "figures"),
        (spoilt(MATRIX, labels=["ham"]), "does not belong"),
        (spoilt(MATRIX, labels=[], matrix=[]), "does not belong"),
        (spoilt(MATRIX, matrix=[[1, 2], [3]]), "does not belong"),
        (spoilt(MATRIX, matrix=[[1, 2], [3, -4]]), "no count"),
        (spoilt(MATRIX, matrix=[[1, 2], [3, 0.5]]), "no count"),
        (spoilt(MATRIX, labels=["x"] * (MAX_CLASSES + 1)), "at most 50"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_drawn_says_why(data: bytes, why: str):
    with pytest.raises(ValueError, match=why):
        read_plot(data)


def test_points_come_before_pictures_and_hide_the_picture_of_the_same_plot():
    folder = "mlreview/plots/test"
    files = (
        f"{folder}/roc.png",
        f"{folder}/roc.json",
        f"{folder}/confusion_matrix.json",
        f"{folder}/lift.png",
        "a.png",
    )
    found = drawn_of((*files, "other/roc.json"))
    assert found == (f"{folder}/confusion_matrix.json", f"{folder}/roc.json", f"{folder}/lift.png", "a.png")
