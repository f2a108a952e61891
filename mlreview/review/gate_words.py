"""Words of the gate: moments, lists, names of people, what changed."""

from collections.abc import Iterable
from datetime import UTC, datetime

from mlreview.review.content import Change
from mlreview.review.requirements import GateFacts


def moment(milliseconds: int) -> str:
    """In words: ``3 November 2026, 14:02 UTC``."""
    found = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return f"{found.day} {found:%B %Y, %H:%M} UTC"


def listed(items: Iterable[str]) -> str:
    """In words: ``a, b and c``."""
    found = list(items)
    return found[0] if len(found) == 1 else f"{', '.join(found[:-1])} and {found[-1]}" if found else ""


def changed(change: Change) -> str:
    """In words that go on: ``val_AUROC changed 0.917 → 0.921``."""
    said = change.describe()
    before, arrow, after = said.partition(" → ")
    name = f"{change.key} "
    at = before.find(name)
    if not arrow or not change.key or at < 0:
        return said
    end = at + len(name)
    return f"{before[:end]}changed {before[end:]} → {after}"


def label(facts: GateFacts, name: str) -> str:
    """How somebody is called."""
    return facts.people.who(name).label[:80] or "nobody known"


def labels(facts: GateFacts, names: Iterable[str]) -> tuple[str, ...]:
    """How people are called, each of them once."""
    found: dict[str, str] = {}
    for name in names:
        who = facts.people.who(name)
        # An account that many share is nobody's name: whoever acts under it has to be found otherwise.
        called = who.label if who.known else f"whoever acts as {who.label or name or 'nobody known'}"
        found.setdefault(who.key or name, called[:100])
    return tuple(found.values())


def first(said: list[str], most: int = 3) -> str:
    """The first few of several things that are wrong."""
    more = len(said) - most
    return "; ".join(said[:most]) + (f"; and {more:,} more" if more > 0 else "")


def short(text: str, most: int = 120) -> str:
    """A text of somebody's on one line."""
    flat = " ".join(text.split()) or "no text"
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"


def apart(value: float, limit: float) -> str:
    """As few digits as tell it from the limit."""
    for digits in range(3, 17):
        if value == limit or f"{value:.{digits}g}" != f"{limit:.{digits}g}":
            return f"{value:.{digits}g}"
    return repr(value)
