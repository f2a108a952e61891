"""Events of a review: immutable, one tag each, ``mlreview.event.<ULID>``.

An event is JSON with a canonical form, whose SHA-256 is the event's hash. One that decides whether the run may ship is
counted: it holds a sequence number, and before its tag is written the param ``mlreview.seq.<n>`` is claimed with its
hash (``claim_value``). MLflow's API can neither rewrite nor delete a param, so decisions have one order everywhere, an
altered one does not fit its claim, and a missing one leaves its claim behind.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Annotated, Any, Final, get_args

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked
from ulid import ULID

from mlreview import names
from mlreview.errors import BadInputError
from mlreview.review.bodies import (
    BODIES,
    LATEST,
    STRICT,
    AnswerBody,
    ApproveBody,
    Body,
    ChangesBody,
    Comment,
    CommentBody,
    Kind,
    Name,
    Names,
    ResolveBody,
)

VERSION: Final = 1
SEQ_PARAM_PREFIX: Final = names.SEQ_PARAM_PREFIX
CONTENT_TAG_PREFIX: Final = f"{names.EVENT_TAG_PREFIX}content."
"""Where artifacts can't be written, what was decided on is kept in tags ``…<digest>.<n>``; no table reads them."""

MAX_EVENT_CHARS: Final = 7_500
"""Of the JSON. MLflow's tags hold 8,000 characters and cut the rest off without a word."""

DECISIONS: Final[frozenset[Kind]] = frozenset(
    {"requested", "approved", "changes_requested", "lifted", "withdrawn", "promoted", "override"}
)
"""Kinds that always claim a sequence number; others do so when they place or lift a required change."""

_NOTHING = "Nothing was written."
_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
_CLAIM = re.compile(r"([0-9a-f]{64}) ([a-z_]+) ([0-7][0-9A-HJKMNP-TV-Z]{25}) ([0-9a-f]{64}|-) (.*)", re.DOTALL)
_SEQ = re.compile(re.escape(SEQ_PARAM_PREFIX) + r"([1-9][0-9]{0,8})")
_HEX = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


@checked(frozen=True, slots=True, config=STRICT)
class Actor:
    """Who acted.

    Attributes:
        name: As the login, the proxy or the person gave it.
        verified: A login says so; everywhere else it is shown as unverified.
        via: How it is known: ``oidc``, ``header``, ``typed``, ``cli``.
    """

    name: Annotated[str, Field(min_length=1, max_length=250)]
    verified: bool = False
    via: Name = "typed"


@checked(frozen=True, slots=True, config=STRICT)
class Signature:
    """Over the canonical form: the key's id and the signature in Base64."""

    key: Name
    value: Annotated[str, Field(max_length=500)]


@dataclass(frozen=True, slots=True)
class ReviewEvent:
    """One thing that happened in a review.

    Attributes:
        event_id: A ULID, made by whoever acts; sent again with the same id it is the same event.
        kind: What happened.
        run_id, experiment_id: Of the run that it belongs to; on another run it is broken.
        at: When (ms, UTC): the time in the ULID.
        actor: Who.
        body: What it says, of the class that ``BODIES`` has for the kind.
        digest: Of the content that the actor saw; empty where none was needed.
        parts: Digests of the content's sections, where the content itself could not be kept.
        seq: Its number among the run's decisions, from 1; ``None`` for what decides nothing.
        signature: Over ``canonical``, where the actor signs.
        version: Of the format.
    """

    event_id: str
    kind: Kind
    run_id: str
    experiment_id: str
    at: int
    actor: Actor
    body: Body
    digest: str = ""
    parts: tuple[str, ...] = ()
    seq: int | None = None
    signature: Signature | None = None
    version: int = VERSION

    @property
    def decides(self) -> bool:
        """Whether it changes what may ship, and so needs a sequence number."""
        lifts = isinstance(self.body, ResolveBody) and self.body.holding
        return self.kind in DECISIONS or lifts or places_hold(self.body)

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical form, in hex."""
        return hashlib.sha256(canonical(self)).hexdigest()

    @property
    def comments(self) -> tuple[tuple[str, Comment], ...]:
        """Remarks in it, with their ids."""
        if isinstance(self.body, CommentBody | ChangesBody):
            found = self.body.comments
        elif isinstance(self.body, ApproveBody):
            found = self.body.follow_ups
        else:
            found = ()
        return tuple((f"{self.event_id}.{at}", one) for at, one in enumerate(found))


@dataclass(frozen=True, slots=True)
class BrokenEvent:
    """A tag that should be an event and can't count. Shown as such.

    Attributes:
        key: Of the tag.
        reason: Why, in a sentence without its full stop.
    """

    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Claim:
    """What a param ``mlreview.seq.<n>`` says of the n-th decision, even where its event is gone.

    Attributes:
        digest: Of the content that was decided on; whoever finishes a decision that died half way needs it.
    """

    seq: int
    hash: str
    kind: str
    event_id: str
    digest: str
    actor: str


def places_hold(body: Body) -> bool:
    """Whether it holds a required change."""
    if isinstance(body, AnswerBody):
        return body.outcome == "required_change"
    return isinstance(body, CommentBody) and any(one.kind == "required_change" for one in body.comments)


def new_event_id() -> str:
    """An id for one press of a button. It sorts by time and holds it."""
    return str(ULID())


def check_event_id(event_id: str) -> str:
    """The id in capital letters.

    Raises:
        BadInputError: It is no ULID, or its time can't be.
    """
    found = event_id.upper()
    if not _ULID.fullmatch(found):
        raise BadInputError(f"{event_id[:40]!r} is no id of an event: 26 characters of a ULID.", hint=_NOTHING)
    if time_of(found) > LATEST:
        raise BadInputError(f"{event_id[:40]!r} is the id of an event beyond the year 2100.", hint=_NOTHING)
    return found


def time_of(event_id: str) -> int:
    """The time in the id (ms, UTC)."""
    return ULID.from_str(event_id).milliseconds


def canonical(event: ReviewEvent) -> bytes:
    """The bytes that are hashed and signed: all of the event but its signature, so they bind experiment, run, digest,
    actor, decision, time and sequence number. JSON in ASCII, keys sorted, no blanks, defaults left out.
    """
    plain = _plain(replace(event, signature=None))
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode("ascii")


def encode(event: ReviewEvent) -> str:
    """The event as its tag holds it.

    Raises:
        BadInputError: It is longer than ``MAX_EVENT_CHARS``, or holds what some store would refuse.
    """
    text = json.dumps(_plain(event), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    if len(text) > MAX_EVENT_CHARS:
        raise BadInputError(
            f"This is too long: {len(text):,} characters as it is stored, and {MAX_EVENT_CHARS:,} fit.",
            hint=f"{_NOTHING} Shorten it, send it in parts, or put the long part into the note and link to it.",
        )
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadInputError("The text holds half of a character: a broken emoji, as a rule.", hint=_NOTHING) from None
    if "\\u0000" in text:
        raise BadInputError("The text holds a NUL character, which PostgreSQL refuses.", hint=_NOTHING)
    return text


def parse(key: str, value: str, run_id: str, experiment_id: str) -> ReviewEvent | BrokenEvent:
    """Read one tag of a run.

    Args:
        key: Of the tag.
        value: Whole.
        run_id: The run that has the tag.
        experiment_id: Of that run.
    """
    event_id = key.removeprefix(names.EVENT_TAG_PREFIX)
    if not _ULID.fullmatch(event_id):
        return BrokenEvent(key, "its key is not the id of an event")
    try:
        found: Any = json.loads(value)
    except (ValueError, RecursionError):
        return BrokenEvent(key, "it is not JSON: it was cut or altered")
    if not isinstance(found, dict):
        return BrokenEvent(key, "it is not an event")
    version = found.get("version", VERSION)
    if version != VERSION or isinstance(version, bool):
        return BrokenEvent(key, f"its version is {str(version)[:20]}, not known here: a newer mlreview wrote it")
    kind = found.get("kind")
    if not isinstance(kind, str) or kind not in BODIES:
        return BrokenEvent(key, f"its kind is {str(kind)[:40]!r}, which is not known here")
    try:
        head = _HEAD.validate_json(json.dumps({name: one for name, one in found.items() if name != "body"}))
        body: Body = _ADAPTERS[kind].validate_json(json.dumps(found.get("body", {})))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        return BrokenEvent(key, f"{where or 'its content'} does not fit: {first['msg'][:80]}")
    if head.id != event_id:
        return BrokenEvent(key, "its id is not that of its key: it was copied")
    if head.run != run_id or head.experiment != experiment_id:
        return BrokenEvent(key, "it belongs to another run: it was copied")
    event = ReviewEvent(
        event_id,
        head.kind,
        run_id,
        experiment_id,
        head.at,
        head.actor,
        body,
        head.digest,
        head.parts,
        head.seq,
        head.signature,
    )
    if event.at != time_of(event_id):
        return BrokenEvent(key, "its time is not that of its id: it was altered")
    if event.at > LATEST:
        return BrokenEvent(key, "its time is beyond the year 2100")
    if event.decides != (event.seq is not None):
        wrong = "it decides and has no number" if event.decides else "it has a number and decides nothing"
        return BrokenEvent(key, wrong)
    return event


def events_of(
    tags: Mapping[str, str], run_id: str, experiment_id: str
) -> tuple[tuple[ReviewEvent, ...], tuple[BrokenEvent, ...]]:
    """All events among a run's tags, by id, and what should be one and is none."""
    found, broken = [], []
    for key in sorted(tags):
        if key.startswith(names.EVENT_TAG_PREFIX) and not key.startswith(CONTENT_TAG_PREFIX):
            one = parse(key, tags[key], run_id, experiment_id)
            (broken if isinstance(one, BrokenEvent) else found).append(one)
    return tuple(found), tuple(broken)


def seq_param(seq: int) -> str:
    """The key of the n-th claim."""
    return f"{SEQ_PARAM_PREFIX}{seq}"


def claim_value(event: ReviewEvent) -> str:
    """What the claim holds: the hash, and enough to say what is missing should the event be removed."""
    return f"{event.hash} {event.kind} {event.event_id} {event.digest or '-'} {event.actor.name}"


def claims_of(params: Mapping[str, str]) -> Mapping[int, Claim]:
    """The claims among a run's params, by number; one that can't be read has empty parts."""
    found = {}
    for key, value in params.items():
        number = _SEQ.fullmatch(key)
        if number:
            parts = _CLAIM.fullmatch(value)
            said = parts.groups() if parts else ("", "", "", "", "")
            found[int(number[1])] = Claim(int(number[1]), *said)
    return dict(sorted(found.items()))


@checked(frozen=True, slots=True, config=ConfigDict(strict=True, extra="forbid"))
class _Head:
    id: Name
    kind: Kind
    run: Name
    experiment: Name
    at: int
    actor: Actor
    digest: _HEX | Annotated[str, Field(max_length=0)] = ""
    parts: Names = ()
    seq: Annotated[int, Field(ge=1, le=999_999_999)] | None = None
    signature: Signature | None = None
    version: int = VERSION


_ADAPTERS: Mapping[str, TypeAdapter[Any]] = {kind: TypeAdapter(body) for kind, body in BODIES.items()}
_HEAD: TypeAdapter[_Head] = TypeAdapter(_Head)
_NAMES: Final = {"event_id": "id", "run_id": "run", "experiment_id": "experiment"}
assert set(get_args(Kind)) == set(BODIES)


def _plain(value: Any) -> Any:
    """Dataclasses as dicts without what has its default, so that a later field changes no older hash."""
    if is_dataclass(value) and not isinstance(value, type):
        renamed = _NAMES if isinstance(value, ReviewEvent) else {}
        return {
            renamed.get(one.name, one.name): _plain(getattr(value, one.name))
            for one in fields(value)
            if one.name in ("version", "body") or getattr(value, one.name) != one.default
        }
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value
