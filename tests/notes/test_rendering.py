import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mlreview.notes.rendering import as_text, is_safe, to_markdown

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=https://evil.example/x.png onerror=alert(1)>",
    "![x](https://evil.example/track.png)",
    "![x][ref]\n\n[ref]: https://evil.example/track.png",
    "[![x](https://evil.example/a.png)](https://evil.example)",
    "[click](javascript:alert(1))",
    "[click](JaVaScRiPt:alert(1))",
    "[click](java\tscript:alert(1))",
    "[click](&#106;avascript:alert(1))",
    "[click](\\javascript:alert(1))",
    "[click](<javascript:alert(1)>)",
    "[click](data:text/html;base64,PHNjcmlwdD4=)",
    "[click](vbscript:x)",
    "[click](file:///etc/passwd)",
    "[click](//evil.example/x)",
    "[click](%6aavascript:alert(1))",
    "[click][r]\n\n[r]: javascript:alert(1)",
    "[click][r]\n\n[r]:\n  javascript:alert(1)",
    "<javascript:alert(1)>",
    "<https://ok.example/<script>>",
    "`` ` ``![x](https://evil.example/x.png)",
    "`a\n\n![x](https://evil.example/x.png)`",
    "~~~\n```\n~~~\n![x](https://evil.example/x.png)",
    "> ```\n![x](https://evil.example/x.png)",
    "- ```\n\n![x](https://evil.example/x.png)",
    "    code\n![x](https://evil.example/x.png)",
    "<!-- --> <b>x</b> <!--",
    "\\![x](https://evil.example/x.png)",
    "!\\[x](https://evil.example/x.png)",
    "\\\\![x](https://evil.example/x.png)",
    "<details><summary>x</summary>y</details>",
    "| a |\n|---|\n| ![x](https://evil.example/x.png) |",
    "[a]: <javascript:alert(1)> 'x'\n[a]",
]


@pytest.mark.parametrize("note", HOSTILE)
def test_nothing_hostile_is_left(note: str) -> None:
    shown = to_markdown(note)
    assert is_safe(shown)
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(shown)
    for tag in ("<img", "<script", "<b>", "<details", 'href="javascript', 'href="data', 'href="file', 'href="//'):
        assert tag not in html.replace("&lt;", "")


@settings(max_examples=400)
@given(
    st.lists(
        st.sampled_from(
            [
                "![x](", "https://e.example/x.png", ")", "<img src=x>", "<", ">", "`", "``", "```\n", "~~~\n", "\n",
                "\n\n", "[a]", "(javascript:x)", "](", "[", "\\", "    ", "> ", "- ", "&lt;", "&#60;", ":", "[r]: ",
                "javascript:x", " ", "a", "|", "!", "<!--", "-->",
            ]
        ),
        max_size=14,
    ).map("".join)
)  # fmt: skip
def test_whatever_is_put_together_there_is_no_image_no_html_and_no_unsafe_link(note: str) -> None:
    assert is_safe(to_markdown(note))


@given(st.text())
def test_any_text_can_be_shown(note: str) -> None:
    assert is_safe(to_markdown(note))
    (fence,) = MarkdownIt("commonmark").parse(as_text(note.replace("\0", "").replace("\r", "")))
    assert fence.type == "fence"


@pytest.mark.parametrize(
    ("note", "shown"),
    [
        ("# A\n\n*b* **c** `d`\n\n- e\n- [ ] f\n\n| a | b |\n|---|---|\n| 1 | 2 |", None),
        ("```python\nx = '<b>' + \"$1 :smile:\"\n```", None),
        ("`<b> $x$ :red[y] ![z](q)`", None),
        ("[docs](https://example.com/a_(b)?q=1#f) and <https://example.com/x:y>", None),
        ("at http://host:5000/path:smile: and 12:30:45", "at http://host:5000/path:smile: and 12:\u206030:\u206045"),
        ("costs $5 or $6", "costs \\$5 or \\$6"),
        (":red[x] :smile: :material/home:", ":\u2060red[x] :\u2060smile: :\u2060material/home:"),
        ("![a chart](https://e.example/x.png)", "[image: a chart](https://e.example/x.png)"),
        ("a < b", "a &lt; b"),
        ("a\r\nb", "a\nb"),
        ("[x](javascript:alert(1))", "[x](#)"),
        ("[mail](mailto:a@b.c) [run](#/experiments/1/runs/" + "a" * 32 + ")", None),
        ("a<!-- hidden -->b", "ab"),
    ],
)
def test_what_is_plain_markdown_stays_and_the_rest_is_shown_as_written(note: str, shown: str | None) -> None:
    assert to_markdown(note) == (note if shown is None else shown)


def test_links_to_runs_lead_where_the_page_says() -> None:
    run = "ab" * 16
    note = f"see [the best](#/experiments/3/runs/{run}) and [docs](https://example.com)"
    shown = to_markdown(note, lambda run_id, text: (f"{text} · 0.91", f"/run?run={run_id}"))
    assert shown == f"see [the best · 0.91](/run?run={run}) and [docs](https://example.com)"
    assert to_markdown(None) == ""
