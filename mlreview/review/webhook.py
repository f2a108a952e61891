"""Tells a team's own address of requests, questions and decisions. Whether it listens changes nothing in the review."""

import json
from collections.abc import Callable
from typing import Any

from mlreview.errors import StoreError
from mlreview.redaction import redact
from mlreview.review.events import ReviewEvent
from mlreview.review.message import About, is_told, webhook_payload
from mlreview.review.recording import Notify
from mlreview.review.results import Review

TIMEOUT_S = 5.0


def notifier(url: str | None, about: Callable[[str], About]) -> Notify | None:
    """What ``Reviews`` calls after an event is in the store; ``None`` without an address.

    Args:
        url: Of the webhook.
        about: What is said of a run, by its id.
    """
    if not url:
        return None

    def notify(review: Review, event: ReviewEvent) -> None:
        if is_told(event):
            post(url, webhook_payload(review, event, about(event.run_id)))

    return notify


def post(url: str, payload: dict[str, Any], timeout: float = TIMEOUT_S) -> None:
    """Send JSON. Redirects are not followed: what was configured is told, and nobody else.

    Raises:
        StoreError: It did not arrive; the address is named without its secrets.
    """
    import requests

    try:
        answer = requests.post(
            url,
            data=json.dumps(payload, ensure_ascii=False).encode(),
            headers={"Content-Type": "application/json"},
            timeout=timeout,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        # Not chained: the library's own text holds the whole address, and with it its secrets.
        why = type(error).__name__
        raise StoreError(f"{_place(url)} was not told: {why}.", hint="The review is not changed.") from None
    if not 200 <= answer.status_code < 300:
        raise StoreError(f"{_place(url)} answered {answer.status_code}.", hint="The review is not changed.")


def _place(url: str) -> str:
    """Its host alone: the path of a webhook is its password."""
    return "/".join(redact(url).split("/")[:3])
