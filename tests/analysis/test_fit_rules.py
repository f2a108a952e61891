"""The page about the verdict says what the rules say."""

import re
from pathlib import Path

import pytest

from mlreview.analysis import fit_rules

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "diagnosis.md").read_text(encoding="utf-8")
THRESHOLDS = {threshold.name: threshold for rule in fit_rules.RULES for threshold in rule.thresholds}


@pytest.mark.parametrize("name", THRESHOLDS)
def test_a_threshold_is_the_one_in_use_and_documented_with_its_meaning_and_source(name: str):
    threshold = THRESHOLDS[name]
    assert getattr(fit_rules, name) == threshold.value
    assert f"| `{name}` | {threshold.value:g} | {threshold.meaning} | {threshold.source} |" in PAGE


def test_no_threshold_is_documented_that_is_not_there_nor_used_that_is_not_in_the_table():
    assert set(re.findall(r"^\| `([A-Z0-9_]+)` \|", PAGE, re.MULTILINE)) == set(THRESHOLDS)
    constants = {name for name in vars(fit_rules) if name.isupper() and not name.startswith("_") and name != "RULES"}
    assert constants == set(THRESHOLDS)


@pytest.mark.parametrize("rule", fit_rules.RULES, ids=lambda rule: rule.verdict)
def test_a_rule_is_documented_in_its_own_words(rule: fit_rules.Rule):
    assert f"| {rule.title} | {rule.says} | {rule.source} |" in PAGE
