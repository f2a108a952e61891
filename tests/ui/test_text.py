from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mlreview.ui.text import ago, clip, clip_start, clock, first_line, number, plain

HOSTILE = [
    "![x](https://evil.example/track.png)",
    "[click](javascript:alert(1))",
    "<img src=x onerror=alert(1)>",
    ":red[not ours]",
    ":material/delete:",
    "$\\frac{1}{2}$",
    "# heading",
    "- item",
    "`code`",
    "**bold** _it_ ~~gone~~",
    "https://evil.example",
    "www.evil.example",
    "a | b",
    "&lt;script&gt;",
    "line one\nline two",
    "1. first",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_markdown_is_literal_text(text):
    tokens = MarkdownIt("commonmark", {"linkify": False}).enable(["table", "strikethrough"]).parse(plain(text))
    inline = [token for token in tokens if token.type == "inline"]
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert {child.type for child in inline[0].children} <= {"text", "text_special"}
    shown = "".join(child.content for child in inline[0].children).replace("\u2060", "")
    assert shown == " ".join(text.split())


@pytest.mark.parametrize("text", HOSTILE)
def test_streamlit_directives_and_bare_links_are_broken_up(text):
    # Streamlit looks for these once more in the finished text, without backslashes.
    finished = plain(text).replace("\\", "")
    for opening in (":red[", ":material/", "https://", "www.evil"):
        assert opening not in finished


@given(st.text(max_size=400))
def test_any_text_becomes_one_printable_line_within_its_limit(text):
    line = clip(text, 50)
    assert len(line) <= 50
    assert "\n" not in line
    line.encode("utf-8")


def test_direction_overrides_cannot_make_a_name_read_as_another():
    assert clip("safe\u202egnp.exe") == "safegnp.exe"


def test_a_long_name_ends_with_an_ellipsis():
    assert clip("x" * 300, 10) == "x" * 9 + "…"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.91734, "0.917"),
        (-0.5, "−0.500"),
        (0.0, "0.000"),
        (0.00001234, "1.23e−05"),
        (123456789.0, "1.23e+08"),
        (float("nan"), "NaN"),
        (float("inf"), "∞"),
        (float("-inf"), "−∞"),
    ],
)
def test_numbers_read_well(value, expected):
    assert number(value) == expected


def test_ago_names_the_largest_whole_unit():
    now = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
    then = int(now.timestamp() * 1000)
    assert ago(then, now) == "just now"
    assert ago(then - 61_000, now) == "1 min ago"
    assert ago(then - 3 * 3_600_000, now) == "3 h ago"
    assert ago(then - 50 * 3_600_000, now) == "2 d ago"
    assert ago(None, now) == ""


def test_the_time_of_day_is_the_viewers():
    noon = datetime(2026, 7, 1, 12, 0, 5, tzinfo=UTC).timestamp()
    assert clock(noon, "Europe/Berlin") == "14:00:05"
    assert clock(noon, None) == clock(noon, "No/Where") == "12:00:05 UTC"


def test_of_a_long_address_the_end_stays():
    assert clip_start("sqlite:////home/team/mlflow.db", 10) == "…mlflow.db"
    assert clip_start("short", 12) == "short"


@pytest.mark.parametrize(
    ("note", "line"),
    [
        ("## Use case\n\n**Sort** posts, see [the plan](https://example.org/a)\nmore", "Sort posts, see the plan"),
        ("# Only a heading", "Only a heading"),
        ("- [ ] a_snake_name stays, `code` too", "[ ] a_snake_name stays, code too"),
        ("> ![secret](https://evil.example/x.png) quoted", "secret quoted"),
        ("---\n\n1. 2 * 3 = *six*", "2 * 3 = six"),
        ("[cut off](https://exam", "cut off"),
        ("", ""),
        (None, ""),
    ],
)
def test_of_a_note_the_first_line_that_says_something_stays_without_marks(note, line):
    assert first_line(note) == line
