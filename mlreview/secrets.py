"""Texts that look like secrets: keys and tokens by their form, passwords by what stands before them.

A pattern finds what has a form, not what is secret: a password in the middle of a sentence passes, and a made-up
example key does not. So a finding is pointed out to a person, and hidden where nobody is asked.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mlreview.redaction import HIDDEN

_NAMES = r"pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?"

_FORMS: tuple[tuple[str, str], ...] = (
    ("private key", r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"),
    ("AWS access key", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    ("GitHub token", r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})"),
    ("GitLab token", r"\bgl(?:pat|ptt|dt|rt|cbt)-[A-Za-z0-9_\-]{20,}"),
    ("Slack token", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("Google API key", r"\bAIza[0-9A-Za-z_\-]{35}\b"),
    ("Hugging Face token", r"\bhf_[A-Za-z0-9]{30,}\b"),
    ("API key", r"\bsk-(?:[a-z]+-)*[A-Za-z0-9_\-]{20,}"),
    ("JSON web token", r"\beyJ[A-Za-z0-9_\-]{8,}\.eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*"),
    ("bearer token", r"(?i:\bbearer\s+)(?P<bearer>[A-Za-z0-9._~+/\-]{12,}=*)"),
    ("login in an address", r"\b[a-zA-Z][a-zA-Z0-9+.\-]*://(?P<login>[^\s/@]+:[^\s/@]+)@"),
    (
        "password or token",
        rf"(?i:(?<![A-Za-z])[A-Za-z0-9_\-]*(?:{_NAMES})s?(?:[_\-][A-Za-z0-9_\-]*|\d*)\s*[=:]\s*)"
        r"(?P<value>\"[^\"\n]{3,}\"|'[^'\n]{3,}'|[^\s\"',;]{3,})",
    ),
)
_PATTERN = re.compile("|".join(f"(?P<k{at}>{form})" for at, (_, form) in enumerate(_FORMS)))
_OPTION = re.compile(rf"(?i)^--?[a-z0-9_\-]*(?:{_NAMES})s?(?:[_\-][a-z0-9_\-]*|\d*)$")
_HARMLESS = re.compile(r"(?i)^[\"']?(?:\*+|none|null|true|false|\d{1,4}|<[^>]*>|\$\{?\w+\}?|x{3,}|\.{3,})[\"']?$")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that looks like a secret: what it seems to be, and where in the text it stands, end not included."""

    kind: str
    start: int
    end: int


def find_secrets(text: str) -> tuple[Finding, ...]:
    """All that looks like a secret, in the order of the text. Placeholders (``***``, ``<token>``, ``$TOKEN``) don't."""
    found = []
    for match in _PATTERN.finditer(text):
        at = next(at for at in range(len(_FORMS)) if match[f"k{at}"] is not None)
        part = next((name for name in ("bearer", "login", "value") if match[name] is not None), None)
        start, end = match.span(part) if part else match.span()
        if part and _HARMLESS.match(text[start:end].rpartition(":")[2] if part == "login" else text[start:end]):
            continue
        found.append(Finding(_FORMS[at][0], start, end))
    return tuple(found)


def hide_secrets(text: str) -> str:
    """The text with everything that looks like a secret replaced by ``***``."""
    for finding in reversed(find_secrets(text)):
        text = f"{text[: finding.start]}{HIDDEN}{text[finding.end :]}"
    return text


def hide_in_arguments(arguments: Sequence[str]) -> list[str]:
    """A command's arguments without secrets: ``--token=x`` and ``--token x`` both lose the ``x``."""
    shown: list[str] = []
    for argument in arguments:
        after_option = bool(shown) and _OPTION.match(shown[-1]) is not None and not argument.startswith("-")
        shown.append(HIDDEN if after_option else hide_secrets(argument))
    return shown
