"""The policy against facts: pure, so every requirement is met and missed here without a store."""

from dataclasses import replace
from math import nan

import pytest

from mlreview.policy import Policy
from mlreview.review.bodies import PromoteBody
from mlreview.review.content import Change
from mlreview.review.events import Actor
from mlreview.review.gate_words import changed
from mlreview.review.policy import deployment, evaluate
from mlreview.review.requirements import GateFacts, ModelFiles, Regression, Requirement
from tests.review.memory import RUN, reviews_of
from tests.review.registry import BARE, LED, Registry, approved


def facts(memory: Registry | None = None) -> GateFacts:
    return GateFacts(reviews_of(memory or approved(Registry()), LED).read(RUN), LED)


def everything_demanded() -> tuple[Requirement, ...]:
    """The requirements of a policy that demands whatever can be."""
    policy = Policy(
        known_author=True,
        verified_identities=True,
        signed_decisions=True,
        note_headings=("all",),
        verdicts=("good_fit",),
        minimum={"a": 1},
        maximum={"b": 1},
        max_regression={"c": 0},
    )
    return evaluate(policy, replace(facts(), version_problem="", regressions=(Regression("c", problem="no baseline"),)))


def one(name: str, policy: Policy, given: GateFacts) -> Requirement:
    return next(found for found in evaluate(policy, given) if found.name == name)


@pytest.mark.parametrize(
    ("worse", "margin", "allowed", "passed", "words"),
    [
        (-0.01, nan, 0.0, True, "not worse"),
        (0.01, 0.02, 0.0, True, "within noise ±0.02"),
        (0.03, 0.02, 0.0, False, "worse by 0.03, 0 is allowed; noise ±0.02"),
        (0.03, 0.02, 0.05, True, "0.05 is allowed"),
        (0.001, nan, 0.0, False, "the noise is not known"),
    ],
)
def test_a_regression_within_noise_is_none(
    worse: float, margin: float, allowed: float, passed: bool, words: str
) -> None:
    policy = BARE.model_copy(update={"max_regression": {"a": allowed}})
    found = one("regression:a", policy, replace(facts(), regressions=(Regression("a", worse, margin, "a 1 beside 2"),)))
    assert found.passed is passed
    assert words in found.reason


def test_a_first_model_has_nothing_to_be_worse_than_and_other_data_is_no_comparison() -> None:
    policy = BARE.model_copy(update={"max_regression": {"a": 0.0}})
    first = Regression("a", problem="nothing to compare with: no run is deployed")
    assert one("regression:a", policy, replace(facts(), regressions=(first,))).passed
    other = replace(first, problem="evaluated on other data", comparable=False)
    assert not one("regression:a", policy, replace(facts(), regressions=(other,))).passed


def test_a_verdict_that_may_not_ship_says_which_may_and_what_shows_it() -> None:
    policy = BARE.model_copy(update={"verdicts": ("good_fit", "still_improving")})
    found = one("verdict", policy, replace(facts(), verdict="overfitting", verdict_text="val_loss rises from epoch 4."))
    assert not found.passed
    assert found.reason == (
        "the verdict on its training is overfitting, and only good fit and still improving may ship: "
        "val_loss rises from epoch 4."
    )
    assert one("verdict", policy, replace(facts(), verdict="good_fit")).passed


def test_model_files_that_differ_fail_whatever_was_not_looked_at() -> None:
    files = ModelFiles(3, ("model/MLmodel is missing",), ("1 file by size alone",))
    assert one("files", BARE, replace(facts(), files=files)).reason == "model/MLmodel is missing"
    assert [found.name for found in evaluate(BARE.model_copy(update={"model_files": "any"}), facts())][-1] != "files"


def promoted(passed: bool, to: str = "production") -> Registry:
    memory = approved(Registry())
    reviews_of(memory, LED).record(RUN, Actor("dan"), PromoteBody(to, passed=passed))
    return memory


def test_what_has_passed_and_was_deployed_passes_again_although_the_policy_became_stricter() -> None:
    memory = promoted(passed=True)
    strict = BARE.model_copy(update={"minimum": {"val_AUROC": 0.99}, "reviewers": 3})
    assert all(found.passed for found in evaluate(strict, replace(facts(memory), metrics={"val_AUROC": 0.9})))
    assert "deployed to production on" in one("minimum:val_AUROC", strict, facts(memory)).reason


@pytest.mark.parametrize(("alias", "served"), [("champion", True), ("Production-eu", True), ("challenger", False)])
def test_only_what_was_in_use_can_be_gone_back_to(alias: str, served: bool) -> None:
    strict = BARE.model_copy(update={"minimum": {"val_AUROC": 0.99}})
    found = one("minimum:val_AUROC", strict, facts(promoted(passed=True, to=f"models:/a@b@{alias}")))
    assert found.passed is served


def test_an_override_and_a_change_since_earn_no_rollback() -> None:
    strict = BARE.model_copy(update={"minimum": {"val_AUROC": 0.99}})
    assert deployment(strict, facts(promoted(passed=False))) is None
    memory = promoted(passed=True)
    memory.metrics["val_AUROC"] = 0.5
    assert deployment(strict, facts(memory)) is None
    memory = promoted(passed=True)
    reviews_of(memory, LED).request_changes(RUN, Actor("bob"), "it drifts")
    assert not one("holds", strict, facts(memory)).passed
    signed = strict.model_copy(update={"signed_decisions": True})
    assert deployment(signed, facts(promoted(passed=True))) is None, "an unsigned record proves nothing"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Change("metrics", "val_AUROC", "0.917", "0.921"), "val_AUROC changed 0.917 → 0.921"),
        (Change("params", "units", "32", "64"), "parameter units changed 32 → 64"),
        (Change("data", "posts (train)", "d1", None), "data posts (train) is gone (it was d1)"),
        (Change("content", ""), "something (what was decided on is not kept any more) changed"),
    ],
)
def test_a_change_is_named_with_both_values(change: Change, words: str) -> None:
    assert changed(change) == words
