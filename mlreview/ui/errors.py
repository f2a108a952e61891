"""The error boundary: what goes wrong is shown in place, in words; the traceback goes to the log."""

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from mlreview.errors import BadInputError, MlreviewError, NotFoundError, StoreError, WriteError
from mlreview.ui.text import clip, plain

_LOG = logging.getLogger("mlreview")
_TITLES: dict[type[MlreviewError], str] = {
    StoreError: "The tracking store can't be read",
    NotFoundError: "Not found",
    BadInputError: "That can't be right",
    WriteError: "Not saved",
}


def show_error(error: MlreviewError) -> None:
    """One error, as a person should see it."""
    title = next((title for kind, title in _TITLES.items() if isinstance(error, kind)), "That did not work")
    st.error(plain(error.message, 2000), title=title, icon=":material/error:")
    if error.hint:
        st.text(clip(error.hint, 2000))  # as text, so that a command or an address in it can be copied


@contextmanager
def error_boundary() -> Iterator[None]:
    """Show whatever the block raises instead of raising it. Streamlit's own reruns and stops pass through.

    An ``MlreviewError`` is shown with its text. Anything else is a bug: its text may hold anything, so only a
    reference is shown, which stands in the log beside the traceback.
    """
    try:
        yield
    except MlreviewError as error:
        _LOG.warning("%s: %s", type(error).__name__, error)
        show_error(error)
    except Exception:
        reference = uuid.uuid4().hex[:8]
        _LOG.exception("unexpected error, reference %s", reference)
        st.error(
            f"This is a mistake in Model Review, not in your data. Nothing was changed. "
            f"The log of the app has the details under reference `{reference}`.",
            title="This page could not be drawn",
            icon=":material/bug_report:",
        )
