"""Seeds and packages of a training's process."""

import json
import random
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement

from mlreview.errors import BadInputError
from mlreview.training.packages import installed_packages
from mlreview.training.seeds import LARGEST, set_seeds


def test_a_seed_repeats_what_python_and_numpy_draw():
    def draw() -> tuple[float, float]:
        return random.random(), float(np.random.rand())

    assert {"python", "numpy"} <= set(set_seeds(7))
    first = draw()
    assert draw() != first
    set_seeds(7)
    assert draw() == first
    set_seeds(8)
    assert draw() != first


def test_nothing_is_imported_to_be_seeded():
    program = "import sys, mlreview.training.seeds as s; print(s.set_seeds(1), 'numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "('python',) False"


@pytest.mark.parametrize("seed", [-1, LARGEST + 1, 1.5, "1", True, None])
def test_what_is_no_seed_is_refused(seed):
    with pytest.raises(BadInputError, match="no seed"):
        set_seeds(seed)


def test_the_installed_packages_are_listed_as_pip_understands_them():
    found = installed_packages()
    lines = found.requirements.splitlines()
    assert found.count == len(lines) > 20
    parsed = {Requirement(line).name.lower(): line for line in lines}
    assert parsed["numpy"] == f"numpy=={version('numpy')}"
    assert installed_packages() == found


def test_a_package_of_a_repository_is_listed_with_its_commit_and_no_login(tmp_path: Path, monkeypatch):
    metadata = tmp_path / "from_repository-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: from-repository\nVersion: 1\n")
    url = {"url": "https://bot:pa55word@git.example/a.git", "vcs_info": {"vcs": "git", "commit_id": "c0ffee"}}
    (metadata / "direct_url.json").write_text(json.dumps(url))
    monkeypatch.syspath_prepend(str(tmp_path))
    before = installed_packages()
    assert "from-repository @ git+https://***@git.example/a.git@c0ffee\n" in before.requirements
    (metadata / "direct_url.json").write_text("{broken")
    after = installed_packages()
    assert "from-repository==1\n" in after.requirements
    assert after.digest != before.digest
