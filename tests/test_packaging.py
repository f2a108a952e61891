"""The files around the code agree with each other and with what is installed."""

import os
import re
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import mlreview

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]


def _entries(name: str) -> dict[str, Requirement]:
    """The requirements of one file by canonical name; options and comments left out."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    texts = [text for line in lines if (text := line.partition("#")[0].strip()) and not text.startswith("-")]
    return {canonicalize_name(entry.name): entry for entry in map(Requirement, texts)}


def _pin(entry: Requirement) -> str:
    """The version of a requirement that names exactly one."""
    (only,) = entry.specifier
    assert only.operator == "==", f"{entry} is not pinned"
    assert "*" not in only.version, f"{entry} is not pinned"
    return only.version


DIRECT = _entries("requirements.txt")
DEVELOPMENT = _entries("requirements-dev.txt")
LOCKED = _entries("constraints.txt")
DECLARED = [
    Requirement(text)
    for texts in (PROJECT["dependencies"], *PROJECT["optional-dependencies"].values())
    for text in texts
]


def test_the_version_is_the_same_everywhere():
    assert mlreview.__version__ == PROJECT["version"]


def test_the_requirements_bring_the_constraints_along():
    assert "-c constraints.txt" in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", [*DIRECT, *DEVELOPMENT])
def test_a_direct_pin_equals_the_locked_one(name: str):
    entries: dict[str, Requirement] = {**DEVELOPMENT, **DIRECT}
    assert _pin(entries[name]) == _pin(LOCKED[name])


def test_everything_locked_is_pinned():
    assert all(_pin(entry) for entry in LOCKED.values())


@pytest.mark.parametrize("name", DIRECT)
def test_the_environment_has_the_pinned_version(name: str):
    assert metadata.version(name) == _pin(DIRECT[name])


@pytest.mark.parametrize("declared", DECLARED, ids=str)
def test_the_range_of_the_package_admits_the_pinned_version(declared: Requirement):
    assert declared.specifier.contains(_pin(LOCKED[canonicalize_name(declared.name)]))


def test_the_package_and_the_requirements_name_the_same_libraries():
    declared = {canonicalize_name(entry.name) for entry in DECLARED}
    # The core asks for MLflow's client alone; the requirements install all of MLflow, which brings that client.
    assert declared - {"mlflow-skinny"} == set(DIRECT)


def _cells_of_dependency_table() -> Iterator[list[str]]:
    """Rows of the tables under the README's heading on dependencies."""
    readme = ROOT / "README.md"
    assert readme.exists(), "README.md is missing: its dependency table names each requirement with its reason"
    inside = False
    for line in readme.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            inside = "depend" in line.lower()
        elif inside and line.startswith("|"):
            yield [cell.strip() for cell in line.strip().strip("|").split("|")]


@pytest.mark.parametrize("name", DIRECT)
def test_the_readme_says_why_a_requirement_is_there(name: str):
    rows = list(_cells_of_dependency_table())
    assert rows, "README.md has no table under a heading with 'depend' in it"
    reasons: dict[str, str] = {
        canonicalize_name(word): cells[-1]
        for cells in rows
        if len(cells) > 1
        for word in re.findall(r"[A-Za-z0-9][\w.-]*", cells[0])
    }
    assert reasons.get(name), f"the README's dependency table has no row with a reason for {name}"


def test_ci_can_be_started():
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_the_licence_is_apache_2():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert re.match(r"\s*Apache License\s+Version 2\.0, January 2004", text)
    assert "END OF TERMS AND CONDITIONS" in text
    assert PROJECT["license"] == "Apache-2.0"


def test_the_checks_before_a_commit_are_those_of_make_lint():
    recipe = re.search(r"^lint:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert recipe
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    for command in recipe.group(1).split("\n\t"):
        assert command.strip().replace("$(VENV)", "entry: .venv") in hooks


OWN_FOLDERS = (".ci", ".streamlit", "benchmarks", "docs", "examples", "mlreview", "pages", "scripts", "tests")
REGISTRY_HOSTS = tuple(".".join(parts) for parts in [("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org")])


def _own_files() -> list[Path]:
    """Text files of the project, without what running it leaves behind."""
    inside = [path for folder in OWN_FOLDERS for path in (ROOT / folder).rglob("*") if "__pycache__" not in path.parts]
    binary = {".db", ".gz", ".ico", ".jpg", ".npz", ".png", ".webp"}
    return [path for path in (*ROOT.iterdir(), *inside) if path.is_file() and path.suffix not in binary]


def test_no_file_names_a_package_registry():
    names = {
        path for path in _own_files() if any(host in path.read_text("utf-8", "replace") for host in REGISTRY_HOSTS)
    }
    assert names == set()
