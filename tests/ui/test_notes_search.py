"""Finding words in notes."""

import pytest

from mlreview.ui.notes_search import find

NOTES = [
    None,
    "",
    "## Tried\n\nWe tried dropout first. Dropout at 0.5 did not help! Then wider layers.",
    "Nothing here of that kind",
    "ÄRGER with dropout",
]


def test_every_word_must_be_there_and_case_does_not_matter():
    assert [hit.row for hit in find(NOTES, "DROPOUT")] == [2, 4]
    assert [hit.row for hit in find(NOTES, "help dropout")] == [2]
    assert [hit.row for hit in find(NOTES, "ärger")] == [4]
    assert find(NOTES, "dropout nowhere") == []


def test_words_in_quotation_marks_belong_together():
    assert [hit.row for hit in find(NOTES, '"did not help"')] == [2]
    assert find(NOTES, '"help not"') == []


@pytest.mark.parametrize("search", ["", "  ", '""', '"'])
def test_nothing_is_found_by_nothing(search: str):
    assert find(NOTES, search) == []


def test_the_sentence_around_the_hit_is_shown():
    (hit,) = find(NOTES, '"0.5"')
    assert (hit.before, hit.word, hit.after) == ("Dropout at ", "0.5", " did not help!")
    (long,) = find(["x" * 500 + " needle " + "y" * 500], "needle")
    assert long.before.startswith("…x")
    assert long.after.endswith("y…")
