"""Who acts in the dashboard. For now a name that is typed, which is shown as *unverified* wherever it stands."""

from dataclasses import dataclass

import streamlit as st

from mlreview.settings import acting_user
from mlreview.ui.text import clip, plain

_NAME = "_identity.name"
MAX_NAME_CHARS = 80


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who acts. ``verified`` is true only where a login says who it is."""

    name: str
    verified: bool = False

    @property
    def label(self) -> str:
        """The name as it is shown, with what is known of it."""
        return self.name if self.verified else f"{self.name} (unverified)"


def current() -> Person:
    """Who acts in this session: the typed name, else ``MLREVIEW_USER``, else the user of the operating system.

    The user of the operating system is the dashboard's own, which says little of who sits before the browser.
    """
    return Person(st.session_state.get(_NAME) or clip(acting_user(), MAX_NAME_CHARS) or "somebody")


def render() -> None:
    """Say as whom one acts, and let one type another name; it is kept for the session."""
    person = current()
    with st.popover(
        f"{plain(person.name, 40)} · unverified" if not person.verified else plain(person.name, 40),
        icon=":material/person:",
        type="tertiary",
        help="As whom notes are saved",
    ):
        st.text_input(
            "Your name",
            value=person.name,
            key="identity_name",
            max_chars=MAX_NAME_CHARS,
            help="It stands beside what you save. Nobody checks it, so it is shown as unverified.",
            on_change=_typed,
        )


def _typed() -> None:
    st.session_state[_NAME] = clip(st.session_state["identity_name"], MAX_NAME_CHARS)
