"""The table [policy]: what is refused, and docs/policy.md, which says what there is."""

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from mlreview.analysis.fit_rules import Verdict
from mlreview.errors import BadInputError
from mlreview.policy import VERDICTS, Policy
from mlreview.settings import CONFIG_FILE, load_settings

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "policy.md").read_text(encoding="utf-8")


def table(heading: str) -> dict[str, list[str]]:
    """Rows of the first table after a heading, by what stands in code in their first cell."""
    lines = PAGE[PAGE.index(heading) :].partition("\n\n")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| `")]
    return {cells[0].strip("`"): cells for cells in rows}


def test_every_demand_is_documented_with_its_default_and_its_meaning_and_no_other() -> None:
    rows = table("| In `[policy]`")
    assert list(rows) == list(Policy.model_fields)
    for key, (_, default, meaning) in rows.items():
        field = Policy.model_fields[key]
        assert default == f"`{json.dumps(field.default)}`"
        assert meaning == field.description


def test_every_requirement_is_documented_in_its_order_and_no_other() -> None:
    from tests.review.test_policy import everything_demanded

    rows = list(table("| Requirement |"))
    said = [re.sub(r":.*", ":METRIC", one.name) for one in everything_demanded()]
    assert rows == said


def test_the_verdicts_of_a_policy_are_those_that_there_are() -> None:
    assert set(VERDICTS) == set(get_args(Verdict))


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / CONFIG_FILE


def test_the_example_of_the_page_is_a_policy(file: Path) -> None:
    file.write_text(PAGE.partition("```toml\n")[2].partition("```")[0])
    policy = load_settings().policy
    assert policy is not None
    assert (policy.enforce, policy.reviewers, policy.minimum["val_AUROC"]) == (True, 2, 0.9)
    assert policy.max_regression == {"val_AUROC": 0.0, "val_loss": 0.02}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("reviewer = 2", "nothing a policy can demand; the nearest is 'reviewers'"),
        ("reviewers = 99", "reviewers"),
        ("reviewers = true", "reviewers"),
        ('reviewers = "two"', "reviewers"),
        ('enforce = "yes"', "enforce"),
        ('roles = ["tertiary"]', "roles"),
        ('verdicts = ["fine"]', "verdicts"),
        ('note_headings = ["Nonsense"]', "has no heading 'Nonsense'"),
        ('model_files = "some"', "model_files"),
        ("minimum = 0.9", "must be a table of metrics and numbers"),
        ('minimum = { val_AUROC = "high" }', "the limit of 'val_AUROC' must be a number"),
        ("minimum = { val_AUROC = nan }", "must be a number"),
        ("minimum = { a = 2 }\nmaximum = { a = 1 }", "no value of 'a' is above its minimum"),
        ("max_regression = { a = -1 }", "can't be below 0"),
        ('minimum = { "a@b" = 1 }', "can't be the name of a metric"),
    ],
)
def test_what_fits_no_policy_is_refused_in_words(file: Path, text: str, words: str) -> None:
    file.write_text(f"[policy]\n{text}\n")
    with pytest.raises(BadInputError, match=re.escape(words)) as caught:
        load_settings()
    assert "policy" in str(caught.value)
    assert CONFIG_FILE in str(caught.value)


def test_a_policy_may_come_from_the_environment(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLREVIEW_POLICY", '{"enforce": true, "verdicts": ["good_fit"], "minimum": {"val_AUROC": 1}}')
    policy = load_settings().policy
    assert policy is not None
    assert (policy.enforce, policy.verdicts, policy.minimum) == (True, ("good_fit",), {"val_AUROC": 1.0})
    monkeypatch.setenv("MLREVIEW_POLICY", '{"enforce": 1}')
    with pytest.raises(BadInputError, match="MLREVIEW_POLICY or from the command line"):
        load_settings()


def test_one_heading_or_role_may_stand_without_a_list(file: Path) -> None:
    file.write_text('[policy]\nroles = "primary"\nnote_headings = "all"\n')
    policy = load_settings().policy
    assert policy is not None
    assert policy.roles == ("primary",)
    assert policy.headings(("a", "b")) == ("a", "b")
