import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlreview import names
from mlreview.entities import RunTable
from mlreview.errors import BadInputError
from mlreview.notes.search import notes_of, notes_query, search_notes


def table(*notes: str | None) -> RunTable:
    def column(values: list) -> np.ndarray:
        found = np.empty(len(values), object)
        found[:] = values
        return found

    size = len(notes)
    times = np.zeros(size, "datetime64[ms]")
    run_ids, experiments, run_names, users = (
        column([f"{name} {row}" for row in range(size)]) for name in ("run", "exp", "name", "user")
    )
    none = column([None] * size)
    tags = {names.NOTE_TAG: column(list(notes))}
    return RunTable(run_ids, experiments, run_names, users, none, none, none, none, times, times, tags=tags, total=size)


def test_a_note_with_every_word_is_found_with_the_sentence_around_and_its_heading() -> None:
    runs = table(
        "# Why\n\nWe like SGD. ## no\n\n## Tried\n\nFirst Adam. Then **Adam** with a rate of 0.01 diverged! End.",
        None,
        "",
        "Adam only",
        "diverged, said Adam's friend",
    )
    found = search_notes(runs, "adam DIVERGED")
    assert (found.total, found.notes) == (2, 3)
    assert [(hit.run_id, hit.experiment_id, hit.run_name, hit.user, hit.row) for hit in found.hits] == [
        ("run 0", "exp 0", "name 0", "user 0", 0),
        ("run 4", "exp 4", "name 4", "user 4", 4),
    ]
    assert (found.hits[0].sentence, found.hits[0].heading, found.hits[0].count) == (
        "Then Adam with a rate of 0.01 diverged!",
        "Tried",
        3,
    )


def test_words_in_quotes_stand_together_and_the_whole_question_comes_first() -> None:
    runs = table("rate learning", "learning rate", "learning a rate. learning rate rate rate")
    assert [hit.row for hit in search_notes(runs, '"learning rate"').hits] == [1, 2]
    assert [hit.row for hit in search_notes(runs, "learning rate").hits] == [2, 1, 0]
    assert len(search_notes(runs, "learning rate", limit=1).hits) == 1
    assert search_notes(runs, "learning rate", limit=1).total == 3


def test_case_and_accents_do_not_count_in_any_script() -> None:
    runs = table("Ünïcödé: die Straße war gesperrt. Weiter.", "ΣΟΦΟΣ", "plain", "ﬁrst Éa")
    assert search_notes(runs, "unicode strasse").hits[0].sentence == "Ünïcödé: die Straße war gesperrt."
    assert search_notes(runs, "σοφος").hits[0].row == 1
    assert search_notes(runs, "éa").hits[0].row == 3
    assert search_notes(runs, "first ea").hits[0].row == 3


@pytest.mark.parametrize("query", ["", "  ", '""', '" "'])
def test_nothing_to_look_for_is_said(query: str) -> None:
    with pytest.raises(BadInputError):
        search_notes(table("x"), query)


@given(st.lists(st.text(max_size=40), max_size=4), st.text(max_size=8))
def test_any_question_to_any_notes_is_answered(notes: list[str], query: str) -> None:
    try:
        found = search_notes(table(*notes), query)
    except BadInputError:
        return
    assert len(found.hits) == found.total <= found.notes
    if query.isalnum() and query.isascii():
        assert found.total >= sum(query.lower() in note.lower() for note in notes if note.isascii())


def test_what_a_search_reads_is_whole_notes_and_one_metric() -> None:
    query = notes_query(("1",), "val_loss")
    assert (query.metrics, query.params, query.tags) == (("val_loss",), (), (names.NOTE_TAG,))
    assert notes_of(table("a", None, " \n", "")) == {"run 0": "a"}
