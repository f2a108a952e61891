"""The record of a review in one file, and the model card: on hostile content too nothing loads and nothing runs."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import yaml
from markdown_it import MarkdownIt

from mlreview import names
from mlreview.analysis.pairs import find_pairs
from mlreview.entities import Curve, Dataset, Metric, ModelVersion, Run
from mlreview.errors import BadInputError, WriteError
from mlreview.review.bodies import Anchor, Comment, OverrideBody, PromoteBody
from mlreview.review.events import Actor
from mlreview.review.export.card import model_card
from mlreview.review.export.dossier import FOLDER, Dossier, both, record_keeper
from mlreview.review.export.html import html_record
from mlreview.review.export.svg import Series, chart
from mlreview.review.export.texts import markdown_html, markdown_text, number
from mlreview.review.export.write import write_record
from mlreview.review.people import People
from mlreview.review.service import Reviews
from tests.review.memory import RUN, Memory

BOB, CAROL, DORA = (Actor(name) for name in ("Bob", "Carol", "Dora"))
HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>![t](https://evil.example/t.png) [c](javascript:alert(1)) "
    "[d](data:text/html,x) [p](//evil.example/p) <svg onload=alert(1)> <style>@import 'https://evil.example'</style> "
    "</pre></title></style>\"'><iframe src=https://evil.example> \u202e --> {{7*7}} | a | b"
)


class Store(Memory):
    """The memory store of the reviews' tests, with what a record reads besides."""

    def experiments(self, lifecycle: str = "active") -> tuple:
        return ()

    def curves(self, run_ids: object, metrics: object) -> tuple[Curve, ...]:
        steps = np.arange(5)
        values = np.array([0.5, 0.6, np.nan, 0.8, 0.9])
        keys = ("AUROC", "val_AUROC", "loss", "val_loss")
        return tuple(Curve(RUN, key, steps, steps, values, 5) for key in keys)

    def set_version_tag(self, name: str, version: str, key: str, value: str) -> None:
        pass

    def model_versions(self, run_ids: object = None) -> tuple[ModelVersion, ...]:
        return (ModelVersion("sports", "3", RUN, "", "READY", 1),)


def reviewed(text: str = "Fine.", store: Store | None = None) -> tuple[Store, Reviews]:
    """Requested, asked, answered, approved with a follow-up, shipped and deployed: every text is ``text``."""
    memory = store or Store()
    memory.tags[names.NOTE_TAG] = text
    anything: object = memory
    reviews = Reviews(anything, anything, notify=record_keeper(anything, anything, People()))  # type: ignore[arg-type]
    reviews.request(RUN, DORA, "Bob", question=text)
    asked = reviews.comment(RUN, BOB, text, kind="question", anchor=Anchor("metric", text[:80]))
    reviews.answer(RUN, DORA, asked.threads[0].comment_id, text)
    reviews.approve(RUN, BOB, text, follow_ups=[Comment(text, "follow_up", owner=text[:80])])
    reviews.record(RUN, DORA, OverrideBody(text))
    reviews.record(RUN, DORA, PromoteBody(text[:200], version="3", text=text))
    return memory, reviews


def dossier(text: str = "Fine.") -> Dossier:
    memory, reviews = reviewed(text)
    run = replace(
        memory.run(RUN),
        name=text,
        user=text,
        params={text: text, "learning_rate": "0.1"},
        metrics={key: Metric(key, value, 1, 1) for key, value in ((text, 1.0), ("val_AUROC", 0.917))},
        tags={names.NOTE_TAG: text, names.GIT_COMMIT: text, names.GIT_REMOTE: text, names.COMMAND: text},
        datasets=(Dataset(RUN, text, text, "http", text, context=text),),
    )
    curves = memory.curves((), ())
    return Dossier(
        run,
        reviews.read(RUN),
        People(),
        text,
        "val_AUROC",
        run,
        find_pairs([one.metric for one in curves]),
        curves,
        (ModelVersion(text, "3", RUN, "", "READY", 1),),
        1_790_000_000_000,
    )


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def tags_of(html: str) -> list[tuple[str, dict[str, str | None]]]:
    seen = _Seen()
    seen.feed(html)
    return seen.tags


LOADING = {
    "script",
    "img",
    "iframe",
    "link",
    "object",
    "embed",
    "video",
    "audio",
    "source",
    "image",
    "use",
    "base",
    "form",
}


@pytest.mark.parametrize(
    "text", ["Fine.", HOSTILE, f"```\n{HOSTILE}\n```", f"<b>{HOSTILE * 6}"], ids=["plain", "hostile", "code", "long"]
)
def test_a_record_holds_no_script_and_loads_nothing_whatever_people_wrote(text: str):
    html = html_record(dossier(text))
    found = tags_of(html)
    assert not {tag for tag, _ in found} & LOADING
    for tag, attributes in found:
        assert not [
            one for one in attributes if one.startswith("on") or one in ("src", "srcset", "style", "xlink:href")
        ]
        if "href" in attributes:
            assert tag == "a"
            assert re.match(r"https?://|mailto:", attributes["href"] or "")
    assert [tag for tag, _ in found].count("style") == 1
    assert "url(" not in html.split("</style>")[0]
    assert "\u202e" not in html


def test_a_record_forbids_everything_but_its_own_style():
    html = html_record(dossier())
    policy = next(a["content"] or "" for tag, a in tags_of(html) if a.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert html.index("Content-Security-Policy") < html.index("<title>")


def test_a_record_tells_the_whole_review():
    html = html_record(dossier())
    for said in (
        "Approved",
        "Bob",
        "val_AUROC",
        "0.9170",
        "<svg",
        "Question",
        "although the gate said no",
        "learning_rate",
    ):
        assert said in html
    assert "&quot;state&quot;: &quot;approved&quot;" in html  # the events, for machines


def test_a_change_after_the_approval_stands_in_the_record():
    memory, reviews = reviewed()
    memory.metrics["val_AUROC"] = 0.5
    review = reviews.read(RUN)
    html = html_record(Dossier(memory.run(RUN), review))
    assert "Outdated" in html
    assert "val_AUROC 0.917 → 0.5" in html


def test_the_record_is_kept_beside_the_run_on_each_decision_and_never_replaced():
    memory, _ = reviewed()
    kept = [path for path in memory.files if path.startswith(f"{FOLDER}/")]
    assert sorted(path.rsplit(".", 1)[1] for path in kept) == ["html", "html", "html", "md", "md", "md"]
    assert all(memory.files[path].startswith((b"<!DOCTYPE html>", b"---\n")) for path in kept)


def test_a_review_that_ends_with_a_lifted_request_for_changes_has_a_record_that_says_approved():
    memory, reviews = reviewed()
    held = reviews.request_changes(RUN, Actor("Dan"), "it leaks").open_holds[0].hold_id
    review = reviews.lift(RUN, Actor("Dan"), [held], "it does not")
    assert review.state == "approved"
    newest = review.events[-1].event_id
    assert b"review-approved" in memory.files[f"{FOLDER}/{newest}.md"]


def test_where_artifacts_cannot_be_written_the_decision_stands():
    memory, reviews = reviewed(store=Store(artifacts=False))
    assert not memory.files
    assert reviews.read(RUN).state == "approved"


def test_a_listener_that_fails_keeps_nothing_from_the_others():
    told: list[str] = []

    def fails(review: object, event: object) -> None:
        raise WriteError("no")

    _, reviews = reviewed()
    review = reviews.read(RUN)
    both(fails, None, lambda review, event: told.append(event.kind))(review, review.events[0])
    assert told == ["requested"]


@pytest.mark.parametrize(
    "text",
    ["Fine.", HOSTILE, "a: b\n- c: [x]", "'", "%YAML 1.2\n---"],
    ids=["plain", "hostile", "yaml", "quote", "end"],
)
def test_a_model_card_has_the_layout_of_hugging_face(text: str):
    card = model_card(dossier(text))
    assert card.startswith("---\n")
    front = yaml.safe_load(card.split("---\n")[1]) if "---" not in text else next(yaml.safe_load_all(card[4:]))
    assert set(front) == {"model_name", "tags", "model-index"}
    assert "review-approved" in front["tags"]
    (model,) = front["model-index"]
    for result in model["results"]:
        assert result["task"]["type"]
        assert result["dataset"]["name"]
        assert result["dataset"]["type"]
        assert all(isinstance(one["value"], float) and one["type"] for one in result["metrics"])
    values = {one["type"]: one["value"] for result in model["results"] for one in result["metrics"]}
    assert values["val_AUROC"] == pytest.approx(0.917)


@pytest.mark.parametrize(
    "text",
    [
        HOSTILE,
        f"# h\n\n{HOSTILE}\n\n```\n<b>\n```\n",
        "``` a`\n<script>x</script>\n```",
        "<!--\n```\n-->\n```\n<img src=x onerror=a>\n",
        "    <img src=x onerror=a>\n",
    ],
    ids=["line", "code", "no-fence", "comment-over-a-fence", "indented-first-line"],
)
def test_a_model_card_holds_no_raw_html_and_no_image(text: str):
    body = model_card(dossier(text)).split("\n---\n", 1)[1]
    tokens = MarkdownIt("commonmark").parse(body)
    kinds = {one.type for token in tokens for one in (token, *(token.children or ()))}
    assert not kinds & {"html_block", "html_inline", "image"}


def test_values_that_are_no_numbers_are_left_out_of_the_cards_index_and_named_in_its_table():
    made = dossier()
    nan = replace(made.run, metrics={"val_loss": Metric("val_loss", float("nan"), 1, 1)})
    card = model_card(replace(made, run=nan))
    assert yaml.safe_load(card.split("---\n")[1])["model-index"][0]["results"] == []
    assert "| val_loss | NaN |" in card


def test_a_bare_run_has_a_record_and_a_card_that_say_what_is_missing():
    run = Run("b" * 32, "1", None, None, "FINISHED", "active", None, None, None, {}, {}, {})
    _, reviews = reviewed()
    bare = Dossier(run, reviews.read(RUN))
    html, card = html_record(bare), model_card(bare)
    for said in ("No metric was recorded", "No metric has a curve", "Nobody wrote one"):
        assert said in html
    assert "Not recorded." in card


def test_markdown_keeps_what_a_note_needs():
    html = markdown_html("# A\n\n| a |\n| - |\n| `x` |\n\n1. *b* [c](https://example.com)")
    for part in ("<h3>A</h3>", "<td><code>x</code></td>", "<em>b</em>", 'href="https://example.com"', "noopener"):
        assert part in html
    assert markdown_text("a < b\n\n    <code>\n") == "a &lt; b\n\n    <code>"


def test_a_chart_breaks_at_what_is_no_number_and_draws_lone_points():
    steps = np.arange(6)
    values = np.array([0.5, np.nan, 0.6, 0.7, np.inf, 1.797e308])
    drawn = chart("<x>", [Series("a & b", steps, values, "held")])
    assert drawn.count("<circle") == 1
    assert drawn.count("<polyline") == 1
    assert "&lt;x&gt;" in drawn
    assert "a &amp; b" in drawn
    assert "no finite values" in chart("x", [Series("a", steps[:1], np.array([np.nan]), "train")])
    assert "<circle" in chart("x", [Series("a", steps[:1], np.array([2.0]), "train")])
    huge = chart("x", [Series("a", steps[:2], np.array([-9e307, 9e307]), "train")])
    assert "nan" not in huge
    assert number(1.797e308) == "∞"


def test_the_file_says_by_its_ending_what_it_holds(tmp_path: Path):
    memory, reviews = reviewed()
    store: object = memory
    said = write_record(store, reviews, RUN, tmp_path / "record.html")  # type: ignore[arg-type]
    assert "The record of the review (approved) is in" in said
    assert (tmp_path / "record.html").read_text().startswith("<!DOCTYPE html>")
    assert "model card" in write_record(store, reviews, RUN, tmp_path / "README.md")  # type: ignore[arg-type]
    with pytest.raises(BadInputError, match="says not what to write"):
        write_record(store, reviews, RUN, tmp_path / "record.pdf")  # type: ignore[arg-type]
    with pytest.raises(BadInputError, match="can't be written"):
        write_record(store, reviews, RUN, tmp_path / "none" / "x.md")  # type: ignore[arg-type]
    with pytest.raises(BadInputError, match="no review"):
        write_record(store, Reviews(Store()), RUN, tmp_path / "x.md")  # type: ignore[arg-type]
