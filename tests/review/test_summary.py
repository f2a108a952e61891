"""The first sentences of a review, from plain values."""

import math
from dataclasses import replace

import pytest

from mlreview.review.bodies import BaselineRef
from mlreview.review.summary import Move, Standing, summarise_standing

DEPLOYED = BaselineRef("b" * 32, "sports-NN-8d-lr0.05", "deployed", "deployed as champion, v3 of sports-classifier")
MOVE = Move("val_AUROC", 0.917, 0.904, "within noise", 0.02)
WHOLE = Standing(
    run="sports-NN-32d-lr0.1",
    baseline=DEPLOYED,
    metric=MOVE,
    fit="still improving",
    differs=("learning rate", "hidden size"),
    note=(6, 7),
    fields=(9, 10),
    questions=2,
)


def test_everything_that_a_reviewer_asks_first_is_said_in_one_paragraph():
    assert summarise_standing(WHOLE).text == (
        "32d-lr0.1 would replace v3 (8d-lr0.05). val_AUROC 0.917, +0.013, inside noise ±0.02. Fit: still improving. "
        "2 things differ: learning rate, hidden size. Note 6/7, fields 9/10. 2 open questions."
    )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"baseline": BaselineRef()}, "sports-NN-32d-lr0.1 would replace nothing."),
        (
            {"baseline": BaselineRef(source="none", reason="no run is pinned, deployed, approved or tagged baseline")},
            "sports-NN-32d-lr0.1 would replace nothing: no run is pinned, deployed, approved or tagged baseline.",
        ),
        (
            {"baseline": replace(DEPLOYED, source="team", reason="pinned by the team")},
            "32d-lr0.1 would replace 8d-lr0.05, pinned by the team.",
        ),
        ({"baseline": replace(DEPLOYED, reason="recorded as deployed")}, "32d-lr0.1 would replace 8d-lr0.05."),
        ({"baseline": replace(DEPLOYED, name="")}, "sports-NN-32d-lr0.1 would replace v3 (bbbbbbbb)."),
        ({"gone": True}, "32d-lr0.1 would replace v3 (8d-lr0.05), which is not in this store any more."),
        ({"in_production": True}, "32d-lr0.1 replaced v3 (8d-lr0.05)."),
        ({"run": "sports-NN-8d-lr0.05"}, "sports-NN-8d-lr0.05 would replace v3 (sports-NN-8d-lr0.05)."),
    ],
)
def test_the_headline_says_who_would_replace_what(changed: dict, said: str):
    assert summarise_standing(replace(WHOLE, **changed)).headline == said


@pytest.mark.parametrize(
    ("move", "said", "outlook"),
    [
        (MOVE, "val_AUROC 0.917, +0.013, inside noise ±0.02.", "unclear"),
        (replace(MOVE, verdict="better", margin=0.01), "val_AUROC 0.917, +0.013, better beyond noise ±0.01.", "better"),
        (
            replace(MOVE, value=0.8, verdict="worse", margin=0.0137),
            "val_AUROC 0.800, −0.104, worse beyond noise ±0.014.",
            "worse",
        ),
        (
            replace(MOVE, verdict="better", margin=None),
            "val_AUROC 0.917, +0.013, better; how much of that is chance is unknown.",
            "unclear",
        ),
        (replace(MOVE, replaced=0.917, verdict="equal"), "val_AUROC 0.917, the same as before.", "unclear"),
        (
            replace(MOVE, verdict="other data"),
            "val_AUROC 0.917, +0.013, but evaluated on other data, so the two can't be compared.",
            "none",
        ),
        (replace(MOVE, verdict="unknown"), "val_AUROC 0.917, +0.013; which way is better is not known.", "unclear"),
        (replace(MOVE, replaced=None), "val_AUROC 0.917; what it would replace has none.", "none"),
        (replace(MOVE, replaced=math.nan), "val_AUROC 0.917; what it would replace has NaN.", "none"),
        (replace(MOVE, value=math.nan), "val_AUROC NaN.", "worse"),
        (replace(MOVE, value=math.inf), "val_AUROC ∞.", "unclear"),
        (replace(MOVE, value=None), "It has no val_AUROC.", "none"),
        (None, "No metric was logged that could rank it.", "none"),
        (
            Move("loss", 1.25e-7, 1.5e-7, "better", 1e-8),
            "loss 1.25e−07, −2.5e−08, better beyond noise ±1e−08.",
            "better",
        ),
    ],
)
def test_the_metric_is_said_with_what_it_is_worth(move: Move | None, said: str, outlook: str):
    found = summarise_standing(replace(WHOLE, metric=move))
    assert (found.metric, found.outlook) == (said, outlook)


def test_without_a_baseline_a_value_stands_alone():
    found = summarise_standing(replace(WHOLE, baseline=BaselineRef()))
    assert found.metric == "val_AUROC 0.917, with nothing to compare."


@pytest.mark.parametrize(
    ("differs", "said"),
    [
        (None, ""),
        ((), "Nothing that was recorded differs."),
        (("seed",), "1 thing differs: seed."),
        (tuple("abcdef"), "6 things differ: a, b, c, d and 2 more."),
    ],
)
def test_what_differs_is_counted_and_named(differs: tuple[str, ...] | None, said: str):
    assert summarise_standing(replace(WHOLE, differs=differs)).differs == said


def test_what_is_open_is_counted_and_a_missing_note_is_said():
    found = summarise_standing(replace(WHOLE, note=(0, 7), fields=None, questions=1, changes=1, follow_ups=3))
    assert found.records == "No note yet."
    assert found.talk == "1 required change, 1 open question, 3 open follow-ups."


def test_a_name_of_three_hundred_characters_keeps_its_end():
    found = summarise_standing(Standing("long-" * 59 + "-final"))
    assert found.headline.endswith("-final would replace nothing.")
    assert len(found.headline) < 100
