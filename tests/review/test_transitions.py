"""The states and what leads from one to another: one table in code, and the same one in the documentation."""

from pathlib import Path

from mlreview.review.bodies import BODIES
from mlreview.review.transitions import STATE_MEANINGS, STATE_WORDS, STATES, TRANSITIONS

DOCUMENT = Path(__file__).parents[2] / "docs" / "review.md"


def rows_after(heading: str) -> list[tuple[str, ...]]:
    section = DOCUMENT.read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines[2:]]


def in_words(states: tuple[str, ...]) -> str:
    return "*" if states == STATES else ", ".join(f"`{one}`" for one in states)


def test_the_documented_states_are_those_of_the_code() -> None:
    assert rows_after("States") == [(f"{STATE_WORDS[one]} (`{one}`)", STATE_MEANINGS[one]) for one in STATES]


def test_the_documented_transitions_are_those_of_the_code() -> None:
    rows = [(f"`{one.kind}`", in_words(one.before), in_words(one.after), one.who) for one in TRANSITIONS]
    assert rows_after("What leads from one to another") == rows


def test_every_kind_of_event_is_in_the_table_once() -> None:
    assert [one.kind for one in TRANSITIONS] == list(BODIES)
