"""The documentation names what there is, and everything that there is."""

import re
import tomllib
from pathlib import Path

import pytest

from mlreview.settings import Settings
from mlreview.ui.pages import PAGES

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_and_picture_leads_to_a_file(document: Path):
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if not target.startswith(("http://", "https://")):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def rows_of_settings() -> dict[str, list[str]]:
    lines = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| `")]
    return {cells[0].strip("`"): cells for cells in rows}


def test_every_setting_is_documented_and_no_other():
    assert set(rows_of_settings()) == set(Settings.model_fields)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_setting_is_documented_with_its_variable_and_its_default(name: str):
    _, variable, default, _ = rows_of_settings()[name]
    assert f"`MLREVIEW_{name.upper()}`" in variable
    value = Settings.model_fields[name].default
    if value is not None:
        assert default == f"`{value}`"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_name_only_make_targets_modules_and_variables_that_exist(document: Path):
    text = document.read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", text)) <= targets
    assert set(re.findall(r"^make ([a-z-]+)", text, re.MULTILINE)) <= targets
    for module in re.findall(r"python -m ((?:mlreview|tests|benchmarks|scripts)[\w.]*)", text):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), f"{document.name} names {module}"
    for path in re.findall(r"`((?:mlreview|tests|pages|benchmarks|scripts|docs)/[\w./]+)`", text):
        assert (ROOT / path).exists() or (ROOT / f"{path}.py").exists(), f"{document.name} names {path}"
    for setting in re.findall(r"MLREVIEW_([A-Z_]+)\b(?!\*)", text):
        known = setting.lower() in Settings.model_fields or f"MLREVIEW_{setting}=" in makefile
        known = known or setting in ("USER", "IMAGE", "PROVENANCE")  # of people and of training jobs
        assert known, f"{document.name} names MLREVIEW_{setting}"


def test_contributing_names_every_module_that_may_open_a_store():
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    contracts = tools["importlinter"]["contracts"]
    (contract,) = [one for one in contracts if one.get("forbidden_modules") == ["mlreview.store", "mlreview.store.*"]]
    allowed = [line.split(" -> ") for line in contract["ignore_imports"]]
    openers = {who for who, what in allowed if what == "mlreview.store" and not who.startswith("mlreview.store")}
    assert "mlreview.ui.reads" in openers
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (sentence,) = re.findall(r"^- ([^\n]*(?:\n  [^\n]*)*?open a store)", contributing, re.MULTILINE)
    for module in openers:
        said = "the command line" if module == "mlreview.cli" else f"`{module.replace('.', '/')}.py`"
        assert said in sentence, f"CONTRIBUTING.md does not say that {module} opens a store"


def test_every_page_has_a_script_and_every_script_a_page():
    assert {spec.name for spec in PAGES} == {path.stem for path in (ROOT / "pages").glob("*.py")}


def test_the_readme_names_every_page_that_is_not_a_promise():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for spec in PAGES:
        if "placeholder" not in Path(spec.path).read_text(encoding="utf-8"):
            assert f"**{spec.title}**" in readme, f"README.md says nothing of the page {spec.title}"


def test_every_tag_of_provenance_is_documented_and_no_other():
    from mlreview import names

    text = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    tags = {value for value in vars(names).values() if isinstance(value, str)}
    provenance = {tag for tag in tags if re.match(r"mlreview\.(git|env|entry|script|command)", tag)}
    assert set(re.findall(r"`(mlreview\.[a-z_.]+)`", text)) == provenance
