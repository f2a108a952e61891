"""What import-linter cannot see: app.py and pages/, what an import drags in, the size of files, raw HTML."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SCRIPTS = [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))]
MODULES = sorted((ROOT / "mlreview").rglob("*.py"))

LAYERS_UNDER_A_PAGE = (
    "mlreview.ui",
    "mlreview.charts",
    "mlreview.analysis",
    "mlreview.notes",
    "mlreview.review",
    "mlreview.settings",
    "mlreview.entities",
    "mlreview.errors",
    "mlreview.names",
)
MAX_SCRIPT_LINES = 80
MAX_MODULE_LINES = 400


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _imported(path: Path) -> set[str]:
    """Every module that a file imports, at any depth of nesting; ``from a import b`` counts as both a and a.b."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{_name(path)} line {node.lineno}: import by full name"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def test_there_are_pages_to_check():
    assert all(script.exists() for script in SCRIPTS)
    assert len(SCRIPTS) > 1


@pytest.mark.parametrize("script", SCRIPTS, ids=_name)
def test_a_page_imports_streamlit_and_the_layers_below_it_and_nothing_else(script: Path):
    foreign = {
        module
        for module in _imported(script)
        if not any(_is_in(module, layer) for layer in (*LAYERS_UNDER_A_PAGE, "streamlit"))
        and module.partition(".")[0] not in sys.stdlib_module_names
    }
    assert not foreign


@pytest.mark.parametrize("script", SCRIPTS, ids=_name)
def test_a_page_is_short(script: Path):
    lines = len(script.read_text(encoding="utf-8").splitlines())
    assert lines <= MAX_SCRIPT_LINES, f"{lines} lines: logic belongs in mlreview/, drawing in mlreview/ui"


@pytest.mark.parametrize("module", MODULES, ids=_name)
def test_a_module_holds_one_idea(module: Path):
    lines = len(module.read_text(encoding="utf-8").splitlines())
    assert lines <= MAX_MODULE_LINES, f"{lines} lines: this is more than one idea"


@pytest.mark.parametrize("file", [*SCRIPTS, *MODULES], ids=_name)
def test_no_raw_html_reaches_the_browser(file: Path):
    calls = [node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    keywords = {keyword.arg for call in calls for keyword in call.keywords}
    methods = {call.func.attr for call in calls if isinstance(call.func, ast.Attribute)}
    assert "unsafe_allow_html" not in keywords
    assert "html" not in methods, "st.html shows what a user wrote as it is"


@pytest.mark.parametrize("file", [*SCRIPTS, *MODULES], ids=_name)
def test_no_button_has_white_text_on_the_accent(file: Path):
    """Streamlit writes white on it in the dark too, where the accent is light: nobody could read it."""
    text = file.read_text(encoding="utf-8")
    assert 'type="primary"' not in text


def test_every_folder_of_the_package_is_a_package():
    folders = {module.parent for module in MODULES}
    assert {folder for folder in folders if not (folder / "__init__.py").exists()} == set()


def _loaded_by(statement: str, candidates: tuple[str, ...]) -> list[str]:
    """Which of these packages a fresh interpreter has loaded after one statement."""
    program = f"{statement}\nimport sys\nprint(*(name for name in {candidates!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


HEAVY = ("mlflow", "tensorflow", "keras", "sklearn", "matplotlib", "streamlit", "plotly", "pandas", "pyarrow")


@pytest.mark.parametrize(
    "statement",
    [
        "import mlreview, mlreview.store, mlreview.cli",
        "import mlreview.store.sql",
        "import mlreview.analysis.leaderboard",
    ],
)
def test_nothing_on_the_way_to_the_first_row_loads_a_heavy_library(statement: str):
    assert _loaded_by(statement, HEAVY) == []


def test_the_probe_of_loaded_libraries_sees_one_that_is_loaded():
    assert _loaded_by("import pyarrow", HEAVY) == ["pyarrow"]


NOT_IN_THE_CORE = (*HEAVY, "tensorboard", "adbc_driver_postgresql", "adbc_driver_manager", "psycopg", "sqlalchemy")
NEEDING_AN_EXTRA = ("mlreview.ui", "mlreview.charts", "mlreview.demo", "mlreview.store.postgres")
NAMES = [".".join(module.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for module in MODULES]
CORE = [name for name in NAMES if not any(_is_in(name, extra) for extra in NEEDING_AN_EXTRA)]


def test_all_that_needs_no_extra_can_be_imported_in_a_training_job():
    absent = "".join(f"sys.modules[{name!r}] = None\n" for name in NOT_IN_THE_CORE if name != "mlflow")
    program = f"import importlib, sys\n{absent}for name in {CORE!r}:\n    importlib.import_module(name)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
