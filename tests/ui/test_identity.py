"""Who acts: a login, else a trusted proxy's header, else a name that is typed, else nobody who said so."""

import pytest

from mlreview.ui.identity import Person, kept_name, person_of

LOGGED_IN = {"is_logged_in": True, "email": "ada@example.com", "name": "Ada"}


@pytest.mark.parametrize(
    ("claims", "header", "named", "process", "person"),
    [
        (LOGGED_IN, "eve@example.com", "Eve", "root", Person("ada@example.com", True, "oidc")),
        (LOGGED_IN | {"email_verified": False}, None, None, "root", Person("Ada", False, "oidc")),
        ({"is_logged_in": True, "sub": "x-1"}, None, None, "root", Person("x-1", True, "oidc")),
        ({"is_logged_in": False}, "ada@example.com", "Ada", "root", Person("somebody", False, "nobody")),
        ({"is_logged_in": True}, None, "Ada", "root", Person("somebody", False, "nobody")),
        ({"email": "test@example.com"}, None, "Ada", "root", Person("Ada", False, "typed")),
        ({}, " ada@example.com\n", "Eve", "root", Person("ada@example.com", True, "header")),
        ({}, "", "Ada", "root", Person("Ada", False, "typed")),
        ({}, None, None, "root", Person("root", False, "process")),
        ({}, None, None, None, Person("somebody", False, "process")),
    ],
)
def test_who_acts_is_the_surest_that_is_known(claims, header, named, process, person: Person):
    assert person_of(claims, header, named, process) == person


def test_in_a_review_acts_who_was_named_and_a_name_nobody_checked_is_said_to_be_unverified():
    assert [Person("ada", via=via).said for via in ("oidc", "header", "typed", "process", "nobody")] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert Person("ada").label == "ada (unverified)"
    assert Person("ada", True, "oidc").actor.verified


@pytest.mark.parametrize(
    ("cookies", "name"),
    [
        ({}, ""),
        ({"mlreview_name": "Zo%C3%AB%20M%C3%BCller%3B"}, "Zoë Müller;"),
        ({"mlreview_name": "%00%0A%E2%80%AEnaD "}, "naD"),
        ({"mlreview_name": "%FF"}, "\ufffd"),
        ({"mlreview_name": "x" * 300}, "x" * 79 + "…"),
    ],
)
def test_the_name_that_a_browser_kept_is_known_before_anything_is_drawn(cookies: dict[str, str], name: str):
    assert kept_name(cookies) == name
