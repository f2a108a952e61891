"""The notes' Markdown: what it makes of a text, and that no text makes it load, run or hang."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

from mlreview.ui import note_editor

pytestmark = pytest.mark.browser

Render = Callable[..., str]


@pytest.fixture(scope="module")
def blank(chromium: Browser) -> Iterator[Page]:
    """An empty page that knows the renderer."""
    context = chromium.new_context()
    page = context.new_page()
    page.set_content("<div id=target></div>")
    page.add_script_tag(content=note_editor._asset("note_markdown.js", "note_diff.js"))
    yield page
    context.close()


@pytest.fixture(scope="module")
def render(blank: Page) -> Render:
    """Markdown in, the markup of the nodes out."""

    def run(text: str, runs: dict | None = None) -> str:
        return blank.evaluate(
            """([text, runs]) => {
                const target = document.querySelector("#target");
                renderMarkdown(target, text, runs ? { runs, complete: true, open: () => {} } : {});
                return target.innerHTML;
            }""",
            [text, runs],
        )

    return run


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        (
            "a *b* **c** ***d*** ~~e~~",
            "<p>a <em>b</em> <strong>c</strong> <em><strong>d</strong></em> <del>e</del></p>",
        ),
        ("snake_case_name 2*3*4 \\*no\\*", "<p>snake_case_name 2<em>3</em>4 *no*</p>"),
        ("`a*b*` ``c`d`` `open", "<p><code>a*b*</code> <code>c`d</code> `open</p>"),
        ("# One #\n## Two\nThree\n===", "<h1>One</h1><h2>Two</h2><h1>Three</h1>"),
        ("- a\n- b\n  1. c\n  2. d", "<ul><li>a</li><li>b<ol><li>c</li><li>d</li></ol></li></ul>"),
        ("- a\n\n- b", "<ul><li><p>a</p></li><li><p>b</p></li></ul>"),
        ("3. c\n4. d", '<ol start="3"><li>c</li><li>d</li></ol>'),
        ("> a\nb\n\nc", "<blockquote><p>a\nb</p></blockquote><p>c</p>"),
        ("```py\na < b\n[x]: y\n```", '<pre tabindex="0"><code>a &lt; b\n[x]: y</code></pre>'),
        ("a  \nb\\\nc\nd", "<p>a<br>b<br>c\nd</p>"),
        ("a\n\n---\n\nb", "<p>a</p><hr><p>b</p>"),
        ("a <b>x</b> &amp; &lt; &#228; &nope;", "<p>a &lt;b&gt;x&lt;/b&gt; &amp; &lt; ä &amp;nope;</p>"),
        ("seen <!-- not seen --> seen", "<p>seen  seen</p>"),
        ("<!-- over\nlines --> seen", "<p>seen</p>"),
        ("a\n<!-- generated -->\n- b\n<!-- end -->\nc", "<p>a</p><ul><li>b</li></ul><p>c</p>"),
        ("العربية 👩‍👩‍👧 é", "<p>العربية 👩‍👩‍👧 é</p>"),
    ],
)
def test_markdown_becomes_what_it_says(render: Render, text: str, markup: str):
    assert render(text) == markup


def test_a_table_keeps_its_sides_and_a_pipe_in_a_cell(render: Render):
    shown = render("| a | b |\n| --- | ---: |\n| x\\|y | **1** |\n| only |")
    assert '<td class="left">x|y</td><td class="right"><strong>1</strong></td>' in shown
    assert shown.count("<tr>") == 3


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "&#106;avascript:alert(1)",
        "data:text/html,<script>1</script>", "vbscript:x", "file:///etc/passwd", "//evil.example/x", "blob:https://x/y",
        "\u0001javascript:alert(1)", "#top", "notes?note=x&y",
    ],
)  # fmt: skip
def test_an_address_that_is_not_of_the_web_is_no_link(render: Render, address: str):
    for text in (f"[x](<{address}>)", f"[x]({address})", f"![x]({address})", f"<{address}>", f"[x]\n\n[x]: {address}"):
        assert "href" not in render(text), text


def test_a_picture_is_a_link_and_never_loaded(render: Render):
    shown = render("![alt](https://example.com/a.png)")
    assert "<img" not in shown
    assert 'href="https://example.com/a.png"' in shown
    assert 'rel="noopener noreferrer nofollow"' in shown


def test_a_bare_address_ends_before_the_full_stop(render: Render):
    assert 'href="https://example.com/a_(b)"' in render("see (https://example.com/a_(b)).")


def test_a_run_link_says_how_the_run_stands_and_an_unknown_one_that_it_is_not_here(render: Render):
    run, other = "a" * 32, "b" * 32
    known = {run: {"name": "best <run>", "metric": "val_AUROC 0.917", "state": "approved"}}
    shown = render(f"[this](run:{run}) and [that](https://mlflow.example/#/experiments/1/runs/{other})", known)
    assert "best &lt;run&gt;" in shown
    assert "val_AUROC 0.917" in shown
    assert "approved" in shown
    assert "not in this store" in shown
    assert "href" not in render("[x](run:toString)", known)


RUN = "a" * 32
PIECES = st.sampled_from(
    [
        *["*", "**", "_", "~~", "`", "``", "~~~", "\\", "|", "[", "]", "](", ")", "![", "<", ">", "<!--", "-->"],
        *["&", ";", "&#106;", "&#x3c;", "&toString;", "&lt;script&gt;", "'", "---", "===", "]: ", "\n[a]: "],
        *["javascript:hurt=1", "https://evil.example/a", "http:", "mailto:a@b.c", "//evil.example"],
        *[" ", "    ", "\n", "\n\n", "  \n", "```\n", "# ", "\n> ", "\n- ", "\n  1. ", "- [x] ", "\n|-|-|\n"],
        *[' "t")', "data:text/html,<b>", "<script>hurt=1</script>", '" onmouseover="hurt=1', "<svg/onload=hurt=1>"],
        *["<img src=https://evil.example/a.png onerror=hurt=1>", "<iframe src=//evil.example>"],
        *["run:" + RUN, "#/experiments/1/runs/" + RUN],
    ]
)
WRONG = """(text) => {
    const target = document.querySelector("#target");
    const before = document.querySelectorAll("*").length - target.querySelectorAll("*").length;
    const runs = { ["a".repeat(32)]: { name: "<b>", metric: "", state: "" } };
    renderMarkdown(target, text, { runs, open: () => {} });
    const set = (words) => new Set(words.split(" "));
    const blocks = set("BLOCKQUOTE DIV H1 H2 H3 H4 H5 H6 HR INPUT LI OL P PRE TABLE TBODY TD TH THEAD TR UL");
    const inlines = set("A BR CODE DEL EM SPAN STRONG");
    const attributes = set("aria-label checked class disabled href rel start tabindex target title type");
    const wrong = [];
    for (const made of target.querySelectorAll("*")) {
        if (!blocks.has(made.tagName) && !inlines.has(made.tagName)) wrong.push(made.tagName);
        for (const { name, value } of made.attributes) {
            if (!attributes.has(name)) wrong.push(name);
            if (name === "href" && !/^(https?:|mailto:|notes\\?note=[0-9a-f]{32}$)/.test(value)) wrong.push(value);
        }
        const leaves = made.tagName === "A" && !made.classList.contains("run");
        if (leaves && made.rel !== "noopener noreferrer nofollow") wrong.push("rel");
        if (made.tagName === "A" && made.querySelector("a")) wrong.push("a link in a link");
        if (made.tagName === "INPUT" && (made.type !== "checkbox" || !made.disabled)) wrong.push("input");
    }
    if (window.hurt !== undefined) wrong.push("a script ran");
    const after = document.querySelectorAll("*").length - target.querySelectorAll("*").length;
    if (after !== before) wrong.push("elements elsewhere");
    return wrong;
}"""


def test_no_text_becomes_anything_but_the_elements_and_addresses_that_notes_are_made_of(blank: Page):
    asked: list[str] = []
    blank.on("request", lambda request: asked.append(request.url))

    @settings(max_examples=300, deadline=None)
    @given(st.lists(PIECES | st.text(max_size=6), max_size=30).map("".join))
    @example('![<img src=https://evil.example/a.png>](https://evil.example/a.png "t")')
    def holds(text: str) -> None:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        assert blank.evaluate(WRONG, text) == []

    holds()
    blank.wait_for_load_state("networkidle")
    assert asked == []


# None of these hides a word as an address, a title, a comment, a definition or the language of a block does.
OPEN_MARKS = st.sampled_from(
    [
        *[
            "*",
            "**",
            "_",
            "~~",
            "`",
            "``",
            "\\",
            "[",
            "]",
            "![",
            "<",
            ">",
            "<b>",
            "</b>",
            "<script>",
            "&",
            ";",
            "&amp;",
        ],
        *["&toString;", "!", "https://a.example/", "é", "👩‍👩‍👧", "عربي", "", " ", '"', "\n", "\n\n", "  \n", "\n# "],
        *["\n> ", "\n- ", "\n  - ", "\n7. ", "\n- [ ] ", "\n    ", "\n\t", "\n---\n", "\n===\n", "\n| "],
    ]
)


def test_no_word_of_a_text_is_lost(blank: Page):
    @settings(max_examples=300, deadline=None)
    @given(st.lists(OPEN_MARKS, min_size=1, max_size=25))
    @example(["&toString;"])
    def holds(marks: list[str]) -> None:
        words = [f"q{chr(97 + at)}q" for at in range(len(marks))]
        text = "".join(mark + word for mark, word in zip(marks, words, strict=True))
        shown = blank.evaluate(
            "text => { const target = document.querySelector('#target'); renderMarkdown(target, text, {});"
            " return target.textContent; }",
            text,
        )
        at = 0
        for word in words:
            at = shown.find(word, at)
            assert at >= 0, f"{word} of {text!r} is not in {shown!r}, or not in its place"
        assert "native code" not in shown

    holds()


@pytest.mark.parametrize(
    "text",
    ["*" * 8000, "[" * 8000, "`a" * 4000, ">" * 8000, "- " * 4000, "*a_" * 2600, "![" * 4000, "|" * 8000, "<!--" * 2000,
     "x <!--" * 1300,
     "[a](" * 2000, "((" * 4000, "&" * 8000, "~~a " * 2000, "`" * 8000, "https://" * 1000, "1. " * 2600, "\n" * 8000,
     "[a]: b\n" * 1100, "_a*b`c[d" * 1000, "a" * 8000, "| a |\n| - |\n" + "|x\n" * 2500],
    ids=lambda text: text[:12].encode("unicode_escape").decode(),
)  # fmt: skip
def test_no_text_of_8000_characters_takes_long(render: Render, text: str):
    render(text)  # a pattern that backtracks would hang here until the test is stopped


def test_a_difference_names_the_lines_that_went_and_came(chromium: Browser):
    page = chromium.new_page()
    page.add_script_tag(content=note_editor._asset("note_markdown.js", "note_diff.js"))
    rows = page.evaluate("diffLines('a\\nb\\nc', 'a\\nB\\nc\\nd').map(row => row.kind + ' ' + row.text)")
    assert rows == ["same a", "gone b", "new B", "same c", "new d"]
    assert page.evaluate("diffLines('x\\n'.repeat(8000), 'y\\n'.repeat(8000)).length") == 16_001
    page.close()
