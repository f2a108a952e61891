"""``mlreview keys``: from a new key to a decision that the gate takes for signed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from mlreview.cli import main
from mlreview.errors import BadInputError
from mlreview.settings import load_settings
from tests.review.real import Story, told


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def call(*arguments: str, user: str = "bob") -> tuple[int, str]:
    done = CliRunner().invoke(main, list(arguments), env={"MLREVIEW_USER": user})
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def trust_line(said: str) -> str:
    return said.partition("keys trust '")[2].partition("'")[0]


def test_a_key_is_made_listed_and_trusted_and_the_file_keeps_what_was_in_it(home: Path) -> None:
    (home / "mlreview.toml").write_text('app_url = "https://review.example"\n\n[policy]\nreviewers = 2\n')
    code, said = call("keys", "new")
    assert code == 0
    assert "PRIVATE" not in said
    assert "the team does not trust it yet" in call("keys", "list")[1]
    assert call("keys", "trust", trust_line(said))[0] == 0
    assert call("keys", "trust", trust_line(said)) == (0, call("keys", "trust", trust_line(said))[1])
    settings = load_settings()
    assert (settings.app_url, settings.policy and settings.policy.reviewers) == ("https://review.example", 2)
    (found,) = settings.trusted_keys.values()
    assert found.person == "bob"
    report = json.loads(call("keys", "list", "--json")[1])
    assert report["own"] == [{"id": report["trusted"][0]["id"], "person": "bob", "trusted": True}]
    assert call("keys", "trust", trust_line(said), "--person", "mallory")[0] == 2


def test_a_shared_account_has_no_key_and_nonsense_is_no_key(home: Path) -> None:
    assert call("keys", "new", user="root")[0] == 2
    for text in ("ed25519 AAAA bob", "rsa AAAA bob", "ed25519", "ed25519 !!!! bob"):
        assert call("keys", "trust", text)[0] == 2
    assert not (home / "mlreview.toml").exists()


def test_a_key_under_another_keys_id_is_refused(home: Path) -> None:
    said = call("keys", "new")[1]
    public = trust_line(said).split()[1]
    (home / "mlreview.toml").write_text(f'[trusted_keys.ed25519-{"0" * 32}]\nperson = "bob"\npublic = "{public}"\n')
    with pytest.raises(BadInputError, match="the key of 'bob' has the id"):
        load_settings()


def test_decisions_on_the_command_line_are_signed_and_the_gate_can_demand_it(home: Path, sqlite_template: Path) -> None:
    story: Story = told(sqlite_template, home / "store")
    lines = {who: trust_line(call("keys", "new", "--person", who)[1]) for who in ("ada", "bob", "carol")}
    (home / "mlreview.toml").write_text(
        "[policy]\nenforce = true\nrequired_fields = false\nsigned_decisions = true\nverified_identities = true\n"
    )
    for line in lines.values():
        assert call("keys", "trust", line)[0] == 0
    at = ("--tracking-uri", story.uri)
    code, said = call("gate", story.run_id, *at)
    assert (code, "is not signed" in said) == (1, True)
    assert call("review", "request", story.run_id, "--primary", "bob", "--secondary", "carol", *at, user="ada")[0] == 0
    for who in ("bob", "carol"):
        assert call("review", "approve", story.run_id, *at, user=who)[0] == 0
    code, said = call("gate", story.run_id, *at)
    assert code == 0, said
