import pytest
from markdown_it import MarkdownIt

from mlreview import names
from mlreview.notes.sections import generated, plain_words, put_generated, sections, sentence_around
from mlreview.notes.template import HEADINGS, TRIED, completeness, continue_from, template
from mlreview.notes.tried import MOST_CHARS, Tried, tried_and_compared

RUN = "a1" * 16


def test_an_empty_template_has_all_headings_and_is_not_filled_in_at_all() -> None:
    note = template(tried="| a | table |\n\nwith many generated words")
    assert [section.heading for section in sections(note)][1:] == list(HEADINGS)
    found = completeness(note)
    assert (found.filled, found.missing, found.words, found.complete) == ((), HEADINGS, 0, False)
    assert completeness(None).missing == HEADINGS


def test_only_words_of_people_count() -> None:
    note = template()
    for filler in ("TODO", "---", "| | |\n|---|---|", "<!-- write here -->", "**", generated("many words here")):
        assert not completeness(note.replace(f"## {HEADINGS[0]}\n", f"## {HEADINGS[0]}\n{filler}\n")).filled
    for words in ("None.", "sort posts", "- x", "`code`", "[a link](https://example.com)", "### Below\n\nwords"):
        assert completeness(note.replace(f"## {HEADINGS[0]}\n", f"## {HEADINGS[0]}\n{words}\n")).filled == HEADINGS[:1]


def test_words_under_a_heading_of_the_writers_own_count_as_words_and_fill_nothing() -> None:
    found = completeness("## My own heading\n\nfour words are here\n")
    assert (found.filled, found.words) == ((), 7 - 3)


def test_a_note_with_words_under_every_heading_is_complete_in_any_order_case_and_level() -> None:
    note = "\n".join(
        f"{'#' * (1 + number % 3)} {heading.upper()}  ##\r\nwords\r\n" for number, heading in enumerate(HEADINGS)
    )
    assert not completeness("# TITLE\n" + note, HEADINGS[:0]).complete
    flat = "".join(f"## {heading.upper()}\r\n\r\nwords\r\n" for heading in reversed(HEADINGS))
    assert completeness(flat).complete
    assert completeness(flat).total == len(HEADINGS)


def test_a_hash_in_a_code_block_is_no_heading() -> None:
    note = "## Real\n\n```python\n# not a heading\n```\n\n~~~\n## nor this\n~~~\n"
    assert [section.heading for section in sections(note)] == ["", "Real"]


def test_generated_text_is_put_under_its_heading_and_replaced_there_without_touching_what_people_wrote() -> None:
    note = template().replace(f"## {TRIED}\n", f"## {TRIED}\n\nOur own words.\n")
    once = put_generated(note, TRIED, "first table")
    twice = put_generated(once, TRIED, "second table")
    assert "Our own words." in twice
    assert "first table" not in twice
    assert twice == once.replace("first table", "second table")
    assert [section.heading for section in sections(twice)] == [section.heading for section in sections(note)]
    assert put_generated("", TRIED, "x").startswith(f"## {TRIED}\n")


def test_a_note_can_begin_where_that_of_the_model_before_ended() -> None:
    before = put_generated(
        template().replace(f"## {HEADINGS[0]}\n", f"## {HEADINGS[0]}\n\nSort posts.\n"), TRIED, "old table"
    )
    note = continue_from(before.replace("\n", "\r\n"), f"[old](#/experiments/1/runs/{RUN})", tried="new table")
    assert note.startswith(f"Continues the note of [old](#/experiments/1/runs/{RUN}).\n")
    assert "Sort posts." in note
    assert "old table" not in note
    assert "new table" in note
    assert [section.heading for section in sections(note)][1:] == list(HEADINGS)
    again = continue_from(note, "[newer](#/x)")
    assert again.count("Continues the note of") == 1


def test_sentences_are_found_and_read_without_marks() -> None:
    text = "First one. We **tried** `Adam` [here](https://x.y) at 0.01, and it _diverged_! Then more.\n\n- a point\n"
    at = text.index("Adam")
    assert sentence_around(text, at, at + 4) == "We tried Adam here at 0.01, and it diverged!"
    at = text.index("point")
    assert sentence_around(text, at, at + 5) == "a point"
    assert plain_words("snake_case | <!-- x --> \\*star\\*") == "snake_case *star*"


def tried(name: str, value: float | None, status: str = "FINISHED", fit: str = "", **params: str) -> Tried:
    return Tried(name.encode().hex().ljust(32, "0")[:32], "1", name, value, status, params, fit)


SWEEP = [
    tried("a", 0.9, units="32", lr="0.1", fit="good fit"),
    tried("b", 0.8, units="32", lr="0.01"),
    tried("c", 0.95, units="8", lr="0.1", fit="overfitting since epoch 4"),
    tried("broken", None, "FAILED", units="8"),
    tried("odd", float("nan"), units="8"),
]


def test_the_best_run_for_each_value_of_each_differing_param_is_compared_and_linked() -> None:
    text = tried_and_compared(SWEEP, "val_AUROC", "max", own=SWEEP[0].run_id)
    assert text.startswith("5 runs compared by `val_AUROC`, higher is better. Best: [c](")
    assert "This run is number 2 of 3." in text
    assert f"| 32 | [a](#/experiments/1/runs/{SWEEP[0].run_id}) | 0.9 | good fit | 2 |" in text
    assert "overfitting since epoch 4" in text
    assert f"- [broken](#/experiments/1/runs/{SWEEP[3].run_id}) failed" in text
    assert "has no number for `val_AUROC`" in text
    html = MarkdownIt("commonmark").enable("table").render(text)
    assert html.count("<table>") == 2
    assert tried_and_compared(SWEEP, "loss", "min", own=SWEEP[1].run_id).count("Best: this run, 0.8") == 1


@pytest.mark.parametrize("long", [False, True])
def test_what_is_generated_from_a_large_sweep_leaves_two_thirds_of_the_note_to_people(long: bool) -> None:
    name, key = ("[x]*" * 75, "p_[" * 80) if long else ("run", "param")
    sweep = [
        tried(
            f"{at} {name}",
            None if at % 9 == 0 else at / 500,
            "FAILED" if at % 9 == 0 else "FINISHED",
            "overfitting, also unstable",
            **{f"{number} {key}": f"{at % (number + 2)} {key if long else ''}" for number in range(40)},
        )
        for at in range(500)
    ]
    text = tried_and_compared(sweep, f"val_{key}", "max", own=sweep[7].run_id)
    assert len(text) <= MOST_CHARS < names.MAX_TAG_CHARS / 3
    assert text.count("| Best run |") >= (1 if long else 3)
    assert "Also tried: `" in text
    assert " more." in text
    assert "- and 51 more" in text
    assert MarkdownIt("commonmark").enable("table").render(text).count("<table>") == text.count("| Best run |")


def test_a_sweep_without_a_number_or_with_hostile_values_is_said_and_shown() -> None:
    assert "none of them has a number" in tried_and_compared(SWEEP[3:], "m`x", "max")
    assert "none of them" in tried_and_compared([], "m", "max")
    text = tried_and_compared(
        [tried("x", 1, k="a|b\n<b>"), tried("y", 2, k=""), tried("z", 3, k="v" * 500)], "m", "max"
    )
    assert MarkdownIt("commonmark").enable("table").render(text).count("<tr>") == 4
    assert "*empty*" in text
