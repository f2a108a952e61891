import tomllib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mlreview.ui.palette import DARK, LIGHT, SYMBOLS, colours_repeat, run_styles, swatch

CONFIG = Path(__file__).parents[2] / ".streamlit" / "config.toml"
run_lists = st.lists(st.text("0123456789abcdef", min_size=1, max_size=32), unique=True, max_size=100)


def test_the_colours_are_those_of_the_theme():
    theme = tomllib.loads(CONFIG.read_text(encoding="utf-8"))["theme"]
    assert list(LIGHT) == theme["light"]["chartCategoricalColors"]
    assert list(DARK) == theme["dark"]["chartCategoricalColors"]


@given(run_lists)
def test_up_to_a_hundred_runs_all_look_different(run_ids: list[str]):
    styles = run_styles(run_ids)
    assert len({(style.slot, style.symbol) for style in styles.values()}) == len(run_ids)
    assert len({style.slot for style in styles.values()}) == min(len(run_ids), len(LIGHT))
    assert len(SYMBOLS) * len(LIGHT) == 100


@given(run_lists, st.text("0123456789abcdef", min_size=1, max_size=32))
def test_a_run_that_is_added_changes_no_other(run_ids: list[str], added: str):
    before = run_styles(run_ids)
    after = run_styles([*run_ids, added])
    assert {run_id: after[run_id] for run_id in before} == before


def test_a_run_keeps_its_colour_when_one_of_another_colour_is_taken_out():
    run_ids = [f"{number:032x}" for number in range(6)]
    before = run_styles(run_ids)
    after = run_styles(run_ids[1:])
    moved = [run_id for run_id in after if after[run_id].slot != before[run_id].slot]
    assert len(moved) <= 1


def test_symbols_are_needed_from_the_eleventh_run_on():
    run_ids = [f"run-{number}" for number in range(11)]
    assert not colours_repeat(run_ids[:10])
    assert colours_repeat(run_ids)
    assert run_styles(run_ids)["run-10"].symbol != "circle"


def test_a_swatch_is_coloured_markdown_without_anything_that_a_user_wrote():
    (style,) = run_styles(["run-1"]).values()
    assert swatch(style) == f':color[●]{{foreground="{LIGHT[style.slot]}"}}'
