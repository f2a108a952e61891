"""Tables for other programs: no spreadsheet executes them, no renderer is misled by them."""

import csv
import io
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mlreview.analysis.export import neutralise, to_csv, to_markdown


def read_back(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\n=1", "=cmd|' /C calc'!A0", "＝1+1", " =1+1", "\ufeff=1", "-", "-x"],
)
def test_a_formula_is_a_text(text: str):
    assert neutralise(text) == f"'{text}"
    assert read_back(to_csv([text], [[text]]))[1][0].startswith("'")


def test_line_ends_are_of_one_kind():
    assert to_csv(["x"], [["a\r\nb\rc"], ["\r=1"]]) == 'x\n"a\nb\nc"\n"\'\n=1"\n'


@pytest.mark.parametrize("number", ["-0.5", "+3", "1e-3", "-1.5E+10", ".5"])
def test_a_number_stays_a_number_also_when_it_was_recorded_as_a_text(number: str):
    assert neutralise(number) == number


def test_numbers_are_written_in_full_and_nothing_is_empty():
    text = to_csv(["a", "b", "c", "d"], [[0.1 + 0.2, None, "", -3]])
    assert text == "a,b,c,d\n0.30000000000000004,,,-3\n"
    assert read_back(to_csv(["x"] * 3, [[math.nan, math.inf, -math.inf]]))[1] == ["NaN", "Infinity", "'-Infinity"]


@given(st.lists(st.lists(st.text() | st.floats() | st.none() | st.integers(), min_size=2, max_size=2), max_size=5))
def test_whatever_a_cell_holds_it_comes_back_in_its_cell_and_begins_no_formula(rows: list):
    back = read_back(to_csv(["a", "b"], rows).encode().decode())
    assert [len(row) for row in back] == [2] * (len(rows) + 1)
    for cell in (cell for row in back for cell in row):
        try:
            float(cell)
        except ValueError:
            assert not cell.lstrip().startswith(("=", "+", "-", "@"))


HOSTILE = "![x](https://evil.example/a.png) <b>|</b> [y](javascript:alert(1)) `|` https://evil.example a@b.c \\| $x$"


def test_markdown_has_one_row_a_run_and_no_markup_of_the_users():
    text = to_markdown(["run", "val|ue"], [[HOSTILE, 0.5], ["two\nlines", None], ["", math.nan]])
    html = MarkdownIt("commonmark", {"linkify": False}).enable("table").render(text)
    assert html.count("<tr>") == 4
    assert html.count("<td") == 6
    assert not any(tag in html for tag in ("<img", "<a ", "<b>", "<code>"))
    assert "two lines" in html
    assert "—" in html
    assert "(empty)" in html


def test_numbers_stand_on_the_right():
    assert to_markdown(["run", "value"], [["a", 0.5]]).splitlines()[1] == "| --- | ---: |"


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_no_text_adds_a_cell_or_a_line(texts: list[str]):
    text = to_markdown(["h"] * len(texts), [texts])
    assert len(text.splitlines()) == 3
    html = MarkdownIt("commonmark").enable("table").render(text)
    assert html.count("<td") == len(texts)
