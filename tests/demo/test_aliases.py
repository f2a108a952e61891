"""The settings that the demo leaves in the folder where it runs."""

from pathlib import Path

import pytest

from mlreview.analysis.aliases import read_aliases
from mlreview.demo.aliases import write_aliases
from mlreview.settings import load_settings


def test_the_demos_settings_make_the_forests_names_aliases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    said: list[str] = []
    write_aliases(tmp_path, said.append)
    monkeypatch.chdir(tmp_path)
    aliases = read_aliases(load_settings().metric_aliases)
    assert aliases.others("val_AUROC") == ("val_roc_auc",)
    assert aliases.others("val_binary_accuracy") == ("val_accuracy",)
    assert "val_roc_auc is val_AUROC" in said[0]


def test_settings_that_are_somebodys_stay_as_they_are(tmp_path: Path):
    said: list[str] = []
    file = tmp_path / "mlreview.toml"
    file.write_text("timeout = 3\n")
    write_aliases(tmp_path, said.append)
    assert file.read_text() == "timeout = 3\n"
    assert '[metric_aliases]\nval_AUROC = "val_roc_auc"' in said[0]
    file.write_text('[metric_aliases]\na = "b"\n')
    write_aliases(tmp_path, said.append)
    assert len(said) == 1


def test_a_folder_that_can_not_be_written_to_is_said(tmp_path: Path):
    said: list[str] = []
    write_aliases(tmp_path / "missing", said.append)
    assert "could not be written here" in said[0]
