"""Public keys that a team trusts, as the settings hold them: each is one person's. Nothing here needs cryptography."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator

from mlreview.errors import BadInputError

KIND = "ed25519"
_BYTES = 32
_ID_CHARS = 32


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key and whose it is; as a line: ``ed25519 <Base64> <person>``."""

    public: bytes
    person: str

    @property
    def key_id(self) -> str:
        """What signatures name it by: a digest of the key itself."""
        return key_id(self.public)

    @property
    def line(self) -> str:
        """For a file, or for a colleague's chat."""
        return f"{KIND} {base64.b64encode(self.public).decode()} {self.person}"


class TrustedKey(BaseModel):
    """One table of ``[trusted_keys]``; its name is the key's id."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    person: str
    public: str

    @field_validator("person")
    @classmethod
    def _somebody(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("a trusted key belongs to a person")
        return value

    @field_validator("public")
    @classmethod
    def _a_key(cls, value: str) -> str:
        decode(value)
        return value


def key_id(public: bytes) -> str:
    """The id of a public key."""
    return f"{KIND}-{hashlib.sha256(public).hexdigest()[:_ID_CHARS]}"


def decode(public: str) -> bytes:
    """The bytes of a public key in Base64.

    Raises:
        ValueError: It is none.
    """
    try:
        found = base64.b64decode(public, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("that is no public key: it is not Base64") from None
    if len(found) != _BYTES:
        raise ValueError(f"that is no {KIND} public key: it has {len(found)} bytes, not {_BYTES}")
    return found


def check_trusted(keys: dict[str, TrustedKey]) -> None:
    """Refuse a table whose name is not the id of its key.

    Raises:
        ValueError: Which.
    """
    for name, one in keys.items():
        found = key_id(decode(one.public))
        if name != found:
            raise ValueError(f"the key of {one.person!r} has the id {found}, not {name[:60]}")


def parse_line(text: str) -> PublicKey:
    """A public key as ``PublicKey.line`` writes it.

    Raises:
        BadInputError: It is none.
    """
    parts: list[Any] = text.strip().split(None, 2)
    if len(parts) < 2 or parts[0] != KIND:
        raise BadInputError(f"{text.strip()[:60]!r} is no public key.", hint=f"It begins with {KIND}; see keys list.")
    try:
        return PublicKey(decode(parts[1]), parts[2].strip() if len(parts) > 2 else "")
    except ValueError as error:
        raise BadInputError(f"{str(error)[:1].upper()}{str(error)[1:]}.", hint="Copy the whole line.") from None
