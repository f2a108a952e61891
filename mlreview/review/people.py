"""Who is who: spellings of one person joined, so that nobody approves a run of their own under another name.

Names are compared by what is left without case, accents, blanks, punctuation, the order of words and letters of other
alphabets that look the same. An e-mail address stands for its first part too. Where in doubt two names are one person:
an approval that must be given again costs less than one that nobody else gave.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mlreview.errors import BadInputError

# Accounts that many share: whoever acts as one of them is unknown, never "somebody else".
GENERIC = frozenset(
    """
    root admin administrator user users guest nobody anonymous unknown none default service bot ci build builder runner
    jenkins gitlab gitlabrunner gitlabci githubactions githubactionsbot github buildkite circleci travis teamcity bamboo
    drone azuredevops vsts vsssadministrator codebuild cloudbuild ubuntu debian centos ec2user azureuser opc vagrant
    docker container app appuser jovyan jupyter notebook mlflow airflow spark hadoop databricks sagemaker sagemakeruser
    vscode codespace colab kaggle system daemon wwwdata test tester python conda kubeflow argo celery dagster
    prefect noreply somebody someone me
    """.split()  # noqa: SIM905
)

_ADDRESS = re.compile(r"^\s*(?P<name>.*?)\s*<(?P<mail>[^<>@\s]+@[^<>@\s]+)>\s*$")
_NOREPLY = re.compile(r"^(?:\d+\+)?(?P<login>[^@]+)@users\.noreply\.[\w.-]+$")

# Letters of other alphabets that are drawn as Latin ones are.
_LOOKALIKES = str.maketrans("авсԁеһіјӏкмнорԛѕтуѵԝхгɡαοερκνυτιχϲıłøđßæœ", "abcdehijlkmhopqstuvwxrgaoepkvutixcilodsao")


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody, as far as it is known who.

    Attributes:
        key: The same for all spellings of one person; empty for nobody known.
        label: The name as it is shown.
        known: False for accounts that many share, and for nothing at all: *unknown*, never somebody else.
        listed: The settings name this person.
    """

    key: str
    label: str
    known: bool = True
    listed: bool = False


@dataclass(frozen=True, slots=True)
class PersonEntry:
    """One person of the settings: key of the table, name, e-mail addresses, logins."""

    key: str
    name: str = ""
    email: tuple[str, ...] = ()
    logins: tuple[str, ...] = ()

    @property
    def all_names(self) -> tuple[str, ...]:
        """Every way to write this person."""
        return (self.key, *((self.name,) if self.name else ()), *self.email, *self.logins)


@dataclass(frozen=True, slots=True)
class People:
    """The team, as the settings have it; nobody listed is fine: then spellings alone join.

    Attributes:
        entries: People.
        leads: Who may lift an absent reviewer's hold, by any of their names.
    """

    entries: tuple[PersonEntry, ...] = ()
    leads: tuple[str, ...] = ()
    _by_spelling: Mapping[str, PersonEntry] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: dict[str, PersonEntry] = {}
        for entry in self.entries:
            for name in entry.all_names:
                whole = _squeeze(name)
                other = found.setdefault(whole, entry)
                if whole and other is not entry:
                    raise BadInputError(
                        f"The settings list {name!r} for two people, {other.key!r} and {entry.key!r}.",
                        hint="A name, an address or a login belongs to one person: mend [people] in mlreview.toml.",
                    )
        object.__setattr__(self, "_by_spelling", found)

    def who(self, name: str | None) -> Identity:
        """The person that a name, an e-mail address, a login or a git author means."""
        text = " ".join((name or "").split())
        if not text:
            return Identity("", "", known=False)
        entry = self.entry(text)
        if entry is not None:
            return Identity(f"person:{entry.key}", entry.name or entry.key, listed=True)
        if is_generic(text):
            return Identity("", text, known=False)
        return Identity(f"name:{_words(_display(text))}", _display(text))

    def entry(self, name: str) -> PersonEntry | None:
        """The listed person of this name, if there is one."""
        address = _ADDRESS.match(name)
        whole = (address["mail"], address["name"]) if address else (name,)
        # An address as a whole says more than its first part, which two people may share.
        listed = [*(_squeeze(one) for one in whole), *sorted(spellings(name))]
        return next((self._by_spelling[one] for one in listed if one and one in self._by_spelling), None)

    def same(self, one: str | None, other: str | None) -> bool:
        """Whether two names are, or may be, one person. Never true of somebody unknown."""
        first, second = self.who(one), self.who(other)
        if not first.known or not second.known:
            return False
        if first.listed and second.listed:
            return first.key == second.key
        return first.key == second.key or bool(spellings(one or "") & spellings(other or ""))

    def is_among(self, name: str | None, others: Iterable[str | None]) -> bool:
        """Whether somebody is one of these."""
        return any(self.same(name, one) for one in others)

    def is_lead(self, name: str | None) -> bool:
        """Whether this is a lead of the team."""
        return self.is_among(name, self.leads)


def people_from(people: Mapping[str, Any] | None = None, leads: Iterable[str] = ()) -> People:
    """From the settings ``people`` and ``lead``.

    Raises:
        BadInputError: Two people share a name.
    """
    entries = [
        PersonEntry(key, one.name or "", tuple(one.email), tuple(one.logins)) for key, one in (people or {}).items()
    ]
    return People(tuple(entries), tuple(leads))


def is_generic(text: str) -> bool:
    """Whether this is an account that many share, or no name at all."""
    display = _display(text)
    whole = _squeeze(display.partition("@")[0] if "@" in display else display)
    return (
        not whole
        or whole in GENERIC
        or (whole.endswith(("bot", "runner")) and whole.startswith(("git", "ci", "build")))
    )


def spellings(text: str) -> frozenset[str]:
    """Ways to write the same person that two texts may share."""
    found: set[str] = set()
    address = _ADDRESS.match(text)
    parts = (address["name"], address["mail"]) if address else (text,)
    for part in parts:
        noreply = _NOREPLY.match(part.strip().lower())
        if noreply:
            part = noreply["login"]
        if "@" in part:
            local = part.partition("@")[0]
            found |= {_squeeze(part), _squeeze(local.partition("+")[0]), _words(local)}
        else:
            found |= {_squeeze(part), _words(part)}
    return frozenset(one for one in found if one and one not in GENERIC)


def _display(text: str) -> str:
    address = _ADDRESS.match(text)
    return (address["name"] or address["mail"]) if address else text.strip()


def _plain(text: str) -> str:
    """Without case, accents, marks that aren't seen, and letters that only look the same."""
    split = unicodedata.normalize("NFKD", text).casefold().translate(_LOOKALIKES)
    return "".join(one for one in unicodedata.normalize("NFKD", split) if unicodedata.category(one) not in ("Mn", "Cf"))


def _squeeze(text: str) -> str:
    return "".join(one for one in _plain(text) if one.isalnum())


def _words(text: str) -> str:
    """The words in one order: "Lovelace, Ada" is "Ada Lovelace"."""
    return "".join(sorted(re.findall(r"[^\W_]+", _plain(text))))
