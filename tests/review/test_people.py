"""Who is who: in doubt two spellings are one person, and an account that many share is nobody."""

import pytest

from mlreview.errors import BadInputError
from mlreview.review.people import People, PersonEntry, people_from
from mlreview.settings import Settings, load_settings

TEAM = People(
    (
        PersonEntry("ada", "Ada Lovelace", ("ada@example.com",), ("countess7",)),
        PersonEntry("smith.j", "John Smith", ("john.smith@example.com",)),
        PersonEntry("smith.k", "Kate Smith", ("kate.smith@example.com",)),
    ),
    ("ada",),
)

ONE_PERSON = [
    ("Bob Stone", "bob stone"),
    ("Bob Stone", "Stone, Bob"),
    ("Bob Stone", "bob.stone@example.com"),
    ("Bob Stone", "  Bob\u00a0 Stone "),
    ("Bob Stone <bob@example.com>", "bob"),
    ("Zo\u00eb", "zoe\u0308"),
    ("Zo\u00eb", "Zoe"),
    ("bob", "b\u043eb"),
    ("bob", "\uff22ob"),
    ("bob", "b\u200bob"),
    ("12345+bob@users.noreply.github.com", "bob"),
    ("bob+review@example.com", "bob@example.com"),
    ("countess7", "Ada Lovelace <somewhere@else.example>"),
    ("ADA", "ada@example.com"),
]


@pytest.mark.parametrize(("one", "other"), ONE_PERSON)
def test_spellings_of_one_person_are_joined_either_way_round(one: str, other: str) -> None:
    assert TEAM.same(one, other)
    assert TEAM.same(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("bob", "rob"), ("ada", "countess8"), ("smith.j", "Kate Smith"), ("root", "root"), ("ci", "bob"), ("", "")],
)
def test_others_are_not(one: str, other: str) -> None:
    assert not TEAM.same(one, other)


@pytest.mark.parametrize(
    "name",
    ["root", "ROOT", " runner", "ci", "github-actions[bot]", "gitlab-runner", "gitlab-ci-bot", "", None, "\u200b"],
)
def test_an_account_that_many_share_is_unknown(name: str | None) -> None:
    assert not TEAM.who(name).known


def test_a_listed_person_is_shown_by_name_and_a_lead_is_known_by_any_of_them() -> None:
    assert TEAM.who("countess7").label == "Ada Lovelace"
    assert TEAM.is_lead("Countess7")
    assert not TEAM.is_lead("john.smith@example.com")


def test_two_people_whose_addresses_begin_alike_are_told_apart_by_listing_them() -> None:
    assert People().same("ada@example.com", "ada@other.example")
    team = People((PersonEntry("ada", email=("ada@example.com",)), PersonEntry("ada.k", email=("ada@other.example",))))
    assert not team.same("ada@example.com", "ada@other.example")
    assert not team.same("Ada K <ada@other.example>", "ada")
    assert team.who("ada@other.example").label == "ada.k"


def test_a_name_of_two_people_is_refused() -> None:
    with pytest.raises(BadInputError, match="for two people, 'a' and 'b'"):
        People((PersonEntry("a", "Ada"), PersonEntry("b", logins=("ada",))))


def test_people_and_leads_come_from_the_file(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mlreview.toml").write_text(
        'lead = "ada"\n[people.ada]\nname = "Ada Lovelace"\nemail = "a@example.com"\nlogins = ["countess7"]\n'
    )
    settings = load_settings()
    team = people_from(settings.people, settings.lead)
    assert team.same("a@example.com", "countess7")
    assert team.is_lead("Ada Lovelace")
    (tmp_path / "mlreview.toml").write_text('[people.ada]\nphone = "1"\n')
    with pytest.raises(BadInputError, match="phone"):
        load_settings()


def test_a_webhook_is_encrypted_unless_it_stays_on_this_machine() -> None:
    assert load_settings(webhook_url="http://127.0.0.1:8000/hook").webhook_url
    for other in ("http://example.com/hook", "http://localhost.example.com/", "ftp://127.0.0.1/", "https://"):
        with pytest.raises(BadInputError, match="https://"):
            load_settings(webhook_url=other)
    assert Settings().people == {}
