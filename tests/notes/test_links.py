from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mlreview.notes.links import mentioned_runs, mentions, metric_table, replace_run_links, run_link, run_of_address

RUN, OTHER, THIRD = "a1" * 16, "b2" * 16, "c3" * 16


def test_every_form_of_a_link_to_a_run_is_understood() -> None:
    for address in (
        f"#/experiments/3/runs/{RUN}",
        f"https://host/mlflow/#/experiments/3/runs/{RUN}/artifacts?x=1",
        f"run:{RUN}",
        f"runs:/{RUN}/model",
        f"/run?run={RUN}",
        f"http://host:8501/run?tab=x&run={RUN}",
        RUN,
    ):
        assert mentioned_runs(f"see ({address}) there") == (RUN,)
    for other in (f"{RUN}ff", "a1b2", f"sha256-{RUN}", f"/{RUN}", "#/experiments/3/runs/x"):
        assert mentioned_runs(f"see {other} there") == ()
    assert run_of_address(f"#/experiments/3/runs/{RUN}") == RUN
    assert run_of_address("https://example.com") is None


def test_runs_are_listed_in_the_order_of_the_text_each_once() -> None:
    assert mentioned_runs(f"{OTHER} and {RUN}, then {OTHER} again") == (OTHER, RUN)
    assert mentioned_runs(None) == ()


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40))
def test_whatever_a_run_is_called_its_link_is_one_link(name: str) -> None:
    link = run_link(name, "3", RUN)
    tokens = MarkdownIt("commonmark").parseInline(f"see {link} there")[0].children or []
    assert [token.attrs["href"] for token in tokens if token.type == "link_open"] == [f"#/experiments/3/runs/{RUN}"]
    assert mentioned_runs(link) == (RUN,) if RUN not in name else True
    assert replace_run_links(link, lambda run, text: (text, f"/x/{run}")).endswith(f"](/x/{RUN})")


def test_each_run_is_told_which_notes_mention_it() -> None:
    notes = {
        RUN: f"# Why\n\nBetter than [old](#/experiments/1/runs/{OTHER}) by far. It is {RUN} itself.",
        OTHER: f"Nothing.\nReplaced by {RUN}, see {RUN}.",
        THIRD: None,
    }
    found = mentions(notes)
    assert {run: [(one.run_id, one.sentence) for one in listed] for run, listed in found.items()} == {
        OTHER: [(RUN, "Better than old by far.")],
        RUN: [(OTHER, f"Replaced by {RUN}, see {RUN}.")],
    }
    assert mentions(notes, of=[OTHER]).keys() == {OTHER}


def test_a_table_of_metrics_holds_whatever_it_is_given() -> None:
    table = metric_table([(run_link("a|b", "1", RUN), {"val_loss": "0.1", "x|y": "1"})], ["val_loss", "x|y", "none"])
    html = MarkdownIt("commonmark").enable("table").render(table)
    assert html.count("<td") == 4
    assert ">a|b</a>" in html
    assert "val_loss" in html
    assert "—" in html
