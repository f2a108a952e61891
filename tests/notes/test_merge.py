import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mlreview.notes.merge import merge

LINES = st.lists(st.sampled_from(["a", "b", "c", "", "d"]), max_size=8)
TEXTS = LINES.map("\n".join)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


@given(TEXTS, TEXTS)
def test_a_text_that_only_one_has_changed_is_that_ones(base: str, changed: str) -> None:
    assert merge(base, changed, base).text == changed
    assert merge(base, base, changed).text == changed
    assert merge(base, changed, changed).text == changed


@given(TEXTS, TEXTS, TEXTS)
def test_it_does_not_matter_who_is_who(base: str, mine: str, theirs: str) -> None:
    assert merge(base, mine, theirs).text == merge(base, theirs, mine).text


@given(st.integers(0, 9), st.integers(0, 9), st.booleans(), st.booleans())
def test_changes_that_do_not_touch_are_both_kept(mine: int, theirs: int, deletes: bool, inserts: bool) -> None:
    assume(abs(mine - theirs) > 1)
    base = [f"line {number}" for number in range(10)]
    one, other, both = (list(base) for _ in range(3))
    for changed in (one, both):
        changed[mine] = "gone" if deletes else "mine"
    for changed in (other, both):
        changed[theirs] = "theirs\nand more" if inserts else "theirs"
    one, both = ([line for line in lines if line != "gone"] for lines in (one, both))
    assert merge("\n".join(base), "\n".join(one), "\n".join(other)).text == "\n".join(both)


@given(LINES, LINES, LINES)
def test_no_line_that_somebody_added_is_lost_in_a_clean_merge(
    base: list[str], mine: list[str], theirs: list[str]
) -> None:
    one = [f"{line} mine" if index % 2 else line for index, line in enumerate(mine)]
    other = [f"{line} theirs" if index % 2 else line for index, line in enumerate(theirs)]
    merged = merge("\n".join(base), "\n".join(one), "\n".join(other)).text
    if merged is not None:
        lines = merged.split("\n")
        for added in (*one, *other):
            if added.endswith((" mine", " theirs")):
                assert lines.count(added) >= 1


@pytest.mark.parametrize(
    ("base", "mine", "theirs"),
    [
        ("a", "b", "c"),
        ("a\nb", "A\nb", "a\nB"),  # neighbours touch
        ("a", "a\nmine", "a\ntheirs"),  # both at one place
        ("a\nb\nc", "a\nc", "a\nB\nc"),  # one removes what the other changes
        ("", "mine", "theirs"),
        ("note", "", "note\nmore"),
    ],
)
def test_changes_that_touch_are_a_conflict_that_holds_all_three(base: str, mine: str, theirs: str) -> None:
    found = merge(base, mine, theirs)
    assert found.text is None
    assert found.conflicts == 1
    for side, text in (("base", base), ("mine", mine), ("theirs", theirs)):
        lines = [line for part in found.parts for line in (getattr(part, side) if part.conflict else part.lines)]
        assert "\n".join(lines) == text or (not text and lines in ([], [""]))


@given(TEXTS, TEXTS, TEXTS, ENDS)
def test_line_ends_are_kept_whatever_they_are(base: str, mine: str, theirs: str, end: str) -> None:
    plain = merge(base, mine, theirs).text
    ended = merge(*(text.replace("\n", end) for text in (base, mine, theirs))).text
    assert ended == (None if plain is None else plain.replace("\n", end))


def test_an_editor_that_changed_only_line_ends_does_not_conflict_with_anybody() -> None:
    base, theirs = "a\r\nb\r\nc", "a\r\nb\r\nC"
    assert merge(base, "A\nb\nc", theirs).text == "A\nb\nC"
    assert merge(base, "A\r\nb\r\nc", theirs).text == "A\r\nb\r\nC"
    mixed = "a\r\nb\nc\r\nd"
    assert merge(mixed, mixed.replace("a", "A"), mixed.replace("d", "D")).text == "A\r\nb\nc\r\nD"


@pytest.mark.skipif(shutil.which("git") is None, reason="git is missing")
def test_what_is_merged_here_git_merges_to_the_same_text(tmp_path: Path) -> None:
    """A clean merge of both is the same text; git is bolder only where changes are neighbours."""
    import random

    chance = random.Random(7)
    for _ in range(60):
        base = [f"line {number}" for number in range(chance.randrange(1, 14))]
        sides = []
        for mark in ("mine", "theirs"):
            lines = list(base)
            for _ in range(chance.randrange(1, 3)):
                at = chance.randrange(len(lines)) if lines else 0
                lines[at : at + chance.randrange(2)] = [f"{mark} {chance.randrange(100)}"] * chance.randrange(2)
            sides.append(lines)
        files = []
        for name, lines in zip(("mine", "base", "theirs"), (sides[0], base, sides[1]), strict=True):
            files.append(tmp_path / name)
            files[-1].write_text("".join(f"{line}\n" for line in lines))
        git = subprocess.run(["git", "merge-file", "-p", *files], capture_output=True, text=True, check=False)
        ours = merge(*("".join(f"{line}\n" for line in lines) for lines in (base, *sides))).text
        if ours is not None and git.returncode == 0:
            assert ours == git.stdout
        if ours is not None:
            assert git.returncode == 0
