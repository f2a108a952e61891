"""What crosses between the editor in the browser and Python."""

import pytest

from mlreview.ui.note_editor import EditorData, RunInfo, SaveRequest, browser_text, parse_save, store_key

SENT = {"id": "01K0000000000000000000000A", "text": "b", "base": "a", "version": "v", "confirmed": ["empty"]}


def test_what_the_editor_sends_is_understood():
    assert parse_save(SENT) == SaveRequest(SENT["id"], "b", "a", "v", ("empty",), None)
    assert parse_save({**SENT, "version": None, "confirmed": None, "resolves": "x"}) == SaveRequest(
        SENT["id"], "b", "a", None, (), "x"
    )


@pytest.mark.parametrize(
    "sent",
    [None, [], "x", {}, {**SENT, "id": 1}, {**SENT, "id": ""}, {**SENT, "id": "x" * 65}, {**SENT, "text": None},
     {**SENT, "base": {}}, {**SENT, "version": 3}, {**SENT, "confirmed": "all"}, {**SENT, "resolves": []}],
)  # fmt: skip
def test_anything_else_a_browser_may_send_is_ignored(sent: object):
    assert parse_save(sent) is None


def test_a_browser_gets_no_text_that_it_cannot_take():
    assert browser_text("a\r\nb\rc\0d\ud83d") == "a\nb\nc\ufffdd\ufffd"
    assert browser_text("👩‍👩‍👧 é عربي") == "👩‍👩‍👧 é عربي"


def test_the_key_of_a_store_says_nothing_of_its_address():
    key = store_key("postgresql://user:secret@db/mlflow")
    assert "secret" not in key
    assert key == store_key("postgresql://user:secret@db/mlflow")
    assert key != store_key("sqlite:///mlflow.db")


def test_the_editors_data_is_plain_json():
    data = EditorData("s", "r", "name", "text", "v", 8000, runs={"r": RunInfo("n")}, first_write=("a", "b"))
    sent = data.as_json()
    assert sent["firstWrite"] == ("a", "b")
    assert sent["runs"] == {"r": {"name": "n", "metric": "", "state": ""}}
    assert "first_write" not in sent
