"""Who acts in the dashboard.

A login where Streamlit's is configured; else the header of a proxy, where the settings name one; else a name that is
typed, which is shown as *unverified* wherever it stands. The user of the operating system is the dashboard's own, which
says little of who sits before the browser: notes are saved under it, a review asks for a name first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote

import streamlit as st

from mlreview.settings import acting_user, load_settings, named_user
from mlreview.ui.text import clip, plain

if TYPE_CHECKING:
    from mlreview.review.events import Actor

_NAME = "_identity.name"
_COOKIE = "mlreview_name"
"""Written by ``review_visit.js``, in percent-encoding."""
MAX_NAME_CHARS = 80

Via = Literal["oidc", "header", "typed", "process", "nobody"]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who acts.

    Attributes:
        name: As it was given.
        verified: A login, or a trusted proxy, says who it is.
        via: How it is known; ``process`` is the user that the dashboard runs as, ``nobody`` is who has not logged in
            where a login is configured.
    """

    name: str
    verified: bool = False
    via: Via = "typed"

    @property
    def label(self) -> str:
        """The name as it is shown, with what is known of it."""
        return self.name if self.verified else f"{self.name} (unverified)"

    @property
    def said(self) -> bool:
        """Somebody said who this is: enough to act in a review."""
        return self.via in ("oidc", "header", "typed")

    @property
    def actor(self) -> "Actor":
        """As an event of a review names them."""
        from mlreview.review.events import Actor  # not on the way to the first row

        return Actor(self.name, self.verified, self.via)


def current() -> Person:
    """Who acts in this session."""
    header = load_settings().identity_header
    sent = st.context.headers.get(header) if header else None
    return person_of(st.user.to_dict(), sent, typed() or named_user(), acting_user())


def person_of(claims: Mapping[str, object], header: str | None, named: str | None, process: str | None) -> Person:
    """Who acts.

    Args:
        claims: Of the login; ``is_logged_in`` is among them only where a login is configured.
        header: What a trusted proxy sent; ``None`` where none is trusted, or nothing was sent.
        named: The name that was typed, or set for this dashboard.
        process: The user that the dashboard runs as.
    """
    if claims.get("is_logged_in") is True:
        for claim in ("email", "preferred_username", "name", "sub"):
            value = claims.get(claim)
            # An address that its owner has not confirmed is one that anybody may claim.
            if claim == "email" and claims.get("email_verified") is False:
                continue
            if isinstance(value, str) and (name := clip(value, MAX_NAME_CHARS)):
                # The two names are what people call themselves: with many providers they can change them at will.
                return Person(name, claim in ("email", "sub"), "oidc")
    if "is_logged_in" in claims:
        return Person("somebody", via="nobody")
    if name := clip(header, MAX_NAME_CHARS):
        return Person(name, True, "header")
    if name := clip(named, MAX_NAME_CHARS):
        return Person(name)
    return Person(clip(process, MAX_NAME_CHARS) or "somebody", via="process")


def typed() -> str:
    """The name that was typed in this session, else the one that this browser brought along; empty where none was."""
    return st.session_state.get(_NAME) or kept_name(st.context.cookies)


def kept_name(cookies: Mapping[str, str]) -> str:
    """The name that was typed in this browser earlier, as its cookie has it: known before anything is drawn."""
    return clip(unquote(cookies.get(_COOKIE, "")), MAX_NAME_CHARS)


def remember(name: str) -> None:
    """Take a name that this browser kept, unless another was typed since."""
    if name and not typed():
        st.session_state[_NAME] = clip(name, MAX_NAME_CHARS)


def render(help: str = "As whom notes are saved") -> None:
    """Say as whom one acts, and let one type another name; it is kept for the session."""
    person = current()
    if person.via == "nobody":
        st.button("Log in", icon=":material/login:", key="identity_login", type="tertiary", on_click=st.login)
        return
    with st.popover(
        f"{plain(person.name, 40)} · unverified" if not person.verified else plain(person.name, 40),
        icon=":material/person:",
        type="tertiary",
        help=help,
    ):
        if person.via == "oidc":
            st.markdown(f"Logged in as {plain(person.name)}")
            st.button("Log out", icon=":material/logout:", key="identity_logout", on_click=st.logout)
        elif person.via == "header":
            st.markdown(f"{plain(person.name)}, as the login in front of this dashboard says")
        else:
            _render_name(person)


def render_ask(place: str) -> None:
    """Before somebody acts in a review: a name, or the login.

    Args:
        place: Where on the page it stands: the same question can stand beside each thread.
    """
    person = current()
    with st.container(border=True, horizontal=True, vertical_alignment="bottom"):
        if person.via == "nobody":
            st.markdown("**Log in to take part in this review.**", width="stretch")
            st.button("Log in", icon=":material/login:", key=f"identity_login_ask.{place}", on_click=st.login)
            return
        st.text_input(
            "Who are you?",
            key=f"identity_ask.{place}",
            max_chars=MAX_NAME_CHARS,
            placeholder="Your name, as your team knows you",
            help="It stands beside what you say in reviews. Nobody checks it, so it is shown as unverified.",
            on_change=_typed,
            args=(f"identity_ask.{place}",),
        )
        st.button("That is me", icon=":material/check:", key=f"identity_ask_done.{place}")


def _render_name(person: Person) -> None:
    st.text_input(
        "Your name",
        value=person.name,
        key="identity_name",
        max_chars=MAX_NAME_CHARS,
        help="It stands beside what you save. Nobody checks it, so it is shown as unverified.",
        on_change=_typed,
        args=("identity_name",),
    )


def _typed(key: str) -> None:
    st.session_state[_NAME] = clip(st.session_state[key], MAX_NAME_CHARS)
