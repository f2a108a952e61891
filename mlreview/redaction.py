"""Addresses as they may be shown: passwords and tokens are taken out, wherever and however they were written."""

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl, unquote, urlencode

HIDDEN = "***"

_SECRET_PARAMETERS = re.compile(r"pass|pwd|secret|token|key(?!words)", re.IGNORECASE)
_PATHS = ("sqlite", "file")
"""Schemes whose slashes begin a path, where others that have too many of them still mean a host."""


def redact(uri: str) -> str:
    """The address with every secret in it replaced by ``***``; an odd address loses too much rather than too little.

    A password may hold anything, unescaped too: it is taken to begin at the first colon after ``://`` (of the whole
    text, where there is none) and to end at the last @ of all.
    """
    scheme, head, rest = _without_scheme(uri)
    credentials, at, place = rest.rpartition("@")
    user, colon, password = credentials.partition(":")
    slashes = "" if scheme in _PATHS else re.match(r"/*", rest)[0]  # pyright: ignore[reportOptionalSubscript]
    authority = re.split(r"[/?#]", rest[len(slashes) :], maxsplit=1)[0]
    if at and colon:  # a name before an empty password is a token as often as a name
        rest = f"{user if password else HIDDEN}:{HIDDEN}@{place}"
    elif "@" in authority and scheme in ("", "http", "https") and (head or slashes != "/"):  # so is a name alone
        rest = f"{slashes}{HIDDEN}@{place}"
    elif not at and head and re.search(r":(?!\d*$)[^\]]*$", authority):  # what is no port may be a password
        host = authority.partition(":")[0]
        rest = f"{slashes}{host}:{HIDDEN}{rest[len(slashes) + len(authority) :]}"
    place, mark, query = rest.partition("?")
    if query:
        pairs = parse_qsl(query, keep_blank_values=True)
        shown = [(name, HIDDEN if _SECRET_PARAMETERS.search(name) else value) for name, value in pairs]
        query = urlencode(shown, safe="*/:@") if shown else HIDDEN
    return f"{head}{place}{mark}{query}"


def scrub(text: str, uris: Sequence[str]) -> str:
    """Somebody else's message, with these addresses and their passwords taken out."""
    for uri in uris:
        text = text.replace(uri, redact(uri))
        for secret in sorted(_secrets(uri), key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
    # Addresses that were put together elsewhere, such as a server's own database in its error message.
    return re.sub(r"(\b[\w+.-]+://[^\s:/@]*):\S+@", rf"\1:{HIDDEN}@", text)


def _without_scheme(uri: str) -> tuple[str, str, str]:
    """The scheme in small letters, all up to ``://``, and the rest; two empty texts where it doesn't begin so."""
    found = re.match(r"([A-Za-z][A-Za-z0-9+.\-]*)://", uri)
    if not found:
        return "", "", uri
    return found[1].lower().partition("+")[0], found[0], uri[found.end() :]


def _secrets(uri: str) -> set[str]:
    """What must not be printed even out of its place, as written and as decoded."""
    scheme, head, rest = _without_scheme(uri)
    credentials, at, _ = rest.rpartition("@")
    user, colon, password = credentials.partition(":")
    found: set[str] = set()
    if at and password:
        found = {password} if head else {password, password.partition(":")[2]}
    elif at and (colon or scheme in ("http", "https")):
        found = {user}
    found |= {
        value
        for name, value in parse_qsl(uri.partition("?")[2], keep_blank_values=True)
        if _SECRET_PARAMETERS.search(name)
    }
    # A short password would be found in every second word; where it stands in an address it is hidden anyway.
    return {form for secret in found for form in (secret, unquote(secret)) if len(form) >= 4}
