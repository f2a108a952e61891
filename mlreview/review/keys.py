"""A person's own private keys, in files that nobody else can read."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mlreview.errors import BadInputError, WriteError
from mlreview.review.events import ReviewEvent
from mlreview.review.people import People
from mlreview.review.signatures import MissingCryptographyError, sign
from mlreview.trusted_keys import PublicKey, parse_line

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FOLDER = "keys"
"""Below the user's configuration folder."""

_PRIVATE, _PUBLIC = ".pem", ".pub"


def new_key(folder: Path, person: str) -> PublicKey:
    """Make a pair of keys. The private one is written with mode 0600 and never printed.

    Args:
        folder: Of the keys; made with mode 0700.
        person: Whose it is, by any name that the team's settings know.

    Raises:
        MissingCryptographyError: It can't be made here.
        WriteError: The folder can't be written.
    """
    try:
        from cryptography.hazmat.primitives import serialization as form
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    except ImportError:
        raise MissingCryptographyError from None
    key = Ed25519PrivateKey.generate()
    public = PublicKey(key.public_key().public_bytes_raw(), " ".join(person.split()))
    text = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(folder / f"{public.key_id}{_PRIVATE}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(text)
        (folder / f"{public.key_id}{_PUBLIC}").write_text(f"{public.line}\n", encoding="utf-8")
    except OSError as error:
        raise WriteError(f"The key can't be written to {folder}: {error.strerror}.", hint="No key was made.") from error
    return public


def own_keys(folder: Path) -> tuple[PublicKey, ...]:
    """The public halves of this user's keys, by id."""
    found = []
    for file in sorted(folder.glob(f"*{_PUBLIC}")) if folder.is_dir() else ():
        try:
            key = parse_line(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, BadInputError):
            continue
        if file.stem == key.key_id and file.with_suffix(_PRIVATE).is_file():
            found.append(key)
    return tuple(found)


def signer(folder: Path, actor: str, people: People) -> Callable[[ReviewEvent], ReviewEvent] | None:
    """What signs for this person; ``None`` where there is no key of theirs. The newest of several keys signs.

    Raises:
        BadInputError: Others can read the private key, or it is none.
        MissingCryptographyError: There is a key, and it can't be used here.
    """
    mine = [one for one in own_keys(folder) if people.same(one.person, actor)]
    if not mine:
        return None
    files = [folder / f"{one.key_id}{_PRIVATE}" for one in mine]
    key = _private(max(files, key=lambda one: (one.stat().st_mtime_ns, one.name)))
    return lambda event: sign(event, key)


def _private(file: Path) -> "Ed25519PrivateKey":
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
    except ImportError:
        raise MissingCryptographyError from None
    if os.name == "posix" and stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise BadInputError(
            f"Others can read the private key {file}, so nothing is signed with it.",
            hint=f"chmod 600 {file}; or make another: mlreview keys new. Nothing was written.",
        )
    try:
        found = load_pem_private_key(file.read_bytes(), None)
    except (OSError, ValueError, TypeError):
        found = None
    if not isinstance(found, Ed25519PrivateKey):
        raise BadInputError(f"{file} is no private key.", hint="Nothing was written. Make another: mlreview keys new.")
    return found
