"""Signs decisions, and says what a signature is worth: Ed25519 over an event's canonical form.

The form binds experiment, run, digest, actor, decision, time and sequence number, so a signature holds for one decision
about one content of one run, and for its place among the others. docs/threat-model.md says what that proves.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from mlreview.errors import MlreviewError
from mlreview.review.events import ReviewEvent, Signature, canonical
from mlreview.review.people import People
from mlreview.review.requirements import SignatureCheck
from mlreview.trusted_keys import TrustedKey, decode, key_id

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

CONTEXT = b"mlreview decision 1\n"
"""Before the signed bytes, so that a signature over anything else is none over a decision."""


class MissingCryptographyError(MlreviewError):
    """Signatures need a package that is not installed."""

    def __init__(self) -> None:
        super().__init__("Signatures need the package cryptography.", hint="Install it: pip install 'mlreview[sign]'.")


def sign(event: ReviewEvent, key: "Ed25519PrivateKey") -> ReviewEvent:
    """The event with a signature."""
    public = key.public_key().public_bytes_raw()
    value = base64.b64encode(key.sign(CONTEXT + canonical(event))).decode()
    return replace(event, signature=Signature(key_id(public), value))


def verifier(trusted: Mapping[str, TrustedKey], people: People) -> Callable[[ReviewEvent], SignatureCheck]:
    """What tells the worth of signatures.

    Args:
        trusted: By the key's id.
        people: The team: a key signs for its person alone, under any of their names.

    Raises:
        MissingCryptographyError: They can't be looked at here; nobody may take that for an answer.
    """
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        raise MissingCryptographyError from None

    def verify(event: ReviewEvent) -> SignatureCheck:
        found = event.signature
        if found is None:
            return SignatureCheck(False, problem="is not signed")
        key = trusted.get(found.key)
        if key is None:
            return SignatureCheck(False, problem=f"is signed with a key that the team does not trust, {found.key[:60]}")
        try:
            value = base64.b64decode(found.value, validate=True)
            Ed25519PublicKey.from_public_bytes(decode(key.public)).verify(value, CONTEXT + canonical(event))
        except (InvalidSignature, binascii.Error, ValueError):
            return SignatureCheck(False, True, "has a signature that does not fit: it was altered, copied or forged")
        if not people.same(key.person, event.actor.name):
            who = people.who(key.person).label
            return SignatureCheck(False, True, f"is signed with a key of {who}, who is somebody else")
        return SignatureCheck(True)

    return verify
