"""Settings: where they come from, and what is refused."""

from pathlib import Path

import pytest

from mlreview.errors import BadInputError
from mlreview.settings import CONFIG_FILE, load_settings


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / CONFIG_FILE


def test_without_a_file_there_are_defaults(file: Path) -> None:
    assert not file.exists()
    assert load_settings().tracking_uri == "sqlite:///mlflow.db"


def test_the_command_line_goes_before_the_environment_and_that_before_mlflows_and_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text('tracking_uri = "sqlite:///file.db"\ntimeout = 3\n')
    assert (load_settings().tracking_uri, load_settings().timeout) == ("sqlite:///file.db", 3.0)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///theirs.db")
    assert load_settings().tracking_uri == "sqlite:///theirs.db"
    monkeypatch.setenv("MLREVIEW_TRACKING_URI", "sqlite:///ours.db")
    assert load_settings().tracking_uri == "sqlite:///ours.db"
    assert load_settings(tracking_uri="sqlite:///said.db").tracking_uri == "sqlite:///said.db"


@pytest.mark.parametrize(
    ("line", "key", "nearest"),
    [
        ('traking_uri = "http://host"', "traking_uri", "tracking_uri"),
        ('TRACKING-URI = "http://host"', "TRACKING-URI", "tracking_uri"),
        ('dsn = "sqlite:///x.db"', "dsn", "read_dsn"),
        ("[mlreview]\ntimeout = 3", "mlreview", ""),
    ],
)
def test_an_unknown_key_of_the_file_is_refused_and_the_nearest_one_named(
    file: Path, line: str, key: str, nearest: str
) -> None:
    file.write_text(line + "\n")
    with pytest.raises(BadInputError, match=f"nearest one is '{nearest}") as caught:
        load_settings(tracking_uri="sqlite:///said.db")
    assert repr(key) in caught.value.message
    assert "mlflow_ui_url" in caught.value.hint


def test_the_environment_may_hold_what_is_no_setting(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLREVIEW_USER", "ada")
    monkeypatch.setenv("MLREVIEW_TRAKING_URI", "http://host")
    assert load_settings().tracking_uri == "sqlite:///mlflow.db"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('tracking_uri = "sqlite:///m\xfcnchen.db"\n'.encode("latin-1"), "not UTF-8 text"),
        ("timeout = 3\n".encode("utf-16"), "not UTF-8 text"),
        (b"timeout = \n", "not valid TOML"),
        (b"timeout = 0\n", "'timeout' does not fit"),
    ],
)
def test_a_file_that_can_not_be_understood_is_one_clear_error(file: Path, content: bytes, words: str) -> None:
    file.write_bytes(content)
    with pytest.raises(BadInputError) as caught:
        load_settings()
    assert words in caught.value.message


def test_a_folder_in_the_place_of_the_file_is_one_clear_error(file: Path) -> None:
    file.mkdir()
    with pytest.raises(BadInputError, match="can't be read"):
        load_settings()


def test_a_byte_order_mark_before_the_file_is_no_error(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbftimeout = 3\n")
    assert load_settings().timeout == 3.0


def test_aliases_of_metrics_are_one_name_or_a_list(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('[metric_aliases]\nval_acc = "val_binary_accuracy"\nval_AUROC = ["val_auc", "val_roc_auc"]\n')
    assert load_settings().metric_aliases == {
        "val_acc": ("val_binary_accuracy",),
        "val_AUROC": ("val_auc", "val_roc_auc"),
    }
    monkeypatch.setenv("MLREVIEW_METRIC_ALIASES", '{"a": "b"}')
    assert load_settings().metric_aliases == {
        "val_acc": ("val_binary_accuracy",),
        "val_AUROC": ("val_auc", "val_roc_auc"),
        "a": ("b",),
    }


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('metric_aliases = "val_acc"', "must be a table of names"),
        ("[metric_aliases]\nval_acc = 3", "'val_acc' must be another name"),
        ("[metric_aliases]\nval_acc = []", "'val_acc' must be another name"),
        ('[metric_aliases]\nval_acc = ["a", 3]', "'val_acc' must be another name"),
        ('[metric_aliases]\nval_acc = ""', "1 to 250 characters"),
        ('[metric_aliases]\nval_acc = "val_acc"', "its own alias"),
    ],
)
def test_aliases_that_can_not_be_are_one_clear_error(file: Path, content: str, words: str) -> None:
    file.write_text(content + "\n")
    with pytest.raises(BadInputError, match="metric_aliases") as caught:
        load_settings()
    assert words in caught.value.message


def test_aliases_in_the_environment_that_are_no_json_are_one_clear_error(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLREVIEW_METRIC_ALIASES", "val_acc=val_binary_accuracy")
    with pytest.raises(BadInputError, match="MLREVIEW_METRIC_ALIASES is not valid JSON"):
        load_settings()


def test_a_person_can_be_a_list_of_names_and_nothing_less(file: Path) -> None:
    file.write_text('[people]\nada = ["ada@example.com", "countess"]\ngrace = "hopper"\n')
    people = load_settings().people
    assert people["ada"].logins == ("ada@example.com", "countess")
    assert people["grace"].logins == ("hopper",)
    file.write_text("[people]\nada = 7\n")
    with pytest.raises(BadInputError, match="the person's other names, or a table of name, email and logins"):
        load_settings()
