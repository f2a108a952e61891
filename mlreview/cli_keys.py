"""``mlreview keys``: a key of one's own to sign decisions with, and the keys that the team trusts."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlreview.errors import BadInputError, WriteError

if TYPE_CHECKING:
    from mlreview.review.events import ReviewEvent
    from mlreview.review.people import People


def key_folder() -> Path:
    """Where this user's private keys are."""
    from mlreview.review.keys import FOLDER

    return Path(click.get_app_dir("mlreview")) / FOLDER


def signer_for(actor: str, people: "People") -> "Callable[[ReviewEvent], ReviewEvent] | None":
    """What signs decisions of whoever acts on the command line; ``None`` without a key of theirs."""
    from mlreview.review.keys import signer

    return signer(key_folder(), actor, people)


@click.group()
def keys() -> None:
    """Sign decisions: make a key of your own, and let the team trust it."""


@keys.command("new")
@click.option("--person", metavar="NAME", help="Whose it is; else MLREVIEW_USER or the operating system's user.")
def new(person: str | None) -> None:
    """Make a key. From then on what you decide on the command line is signed."""
    from mlreview.review.keys import new_key
    from mlreview.review.people import is_generic
    from mlreview.settings import acting_user

    name = (person or acting_user() or "").strip()
    if is_generic(name):
        raise BadInputError(f"{name!r} could be anybody, so it can't have a key.", hint="Name a person with --person.")
    made = new_key(key_folder(), name)
    click.echo(f"Made the key {made.key_id} of {made.person}, in {key_folder()}. It never leaves this machine.")
    click.echo("Its public half, for the team's mlreview.toml:")
    click.echo(f"  mlreview keys trust '{made.line}'")


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def list_(as_json: bool) -> None:
    """List your own keys, and those that mlreview.toml trusts."""
    from mlreview.review.keys import own_keys
    from mlreview.settings import load_settings

    trusted = load_settings().trusted_keys
    own = own_keys(key_folder())
    if as_json:
        report = {
            "own": [{"id": one.key_id, "person": one.person, "trusted": one.key_id in trusted} for one in own],
            "trusted": [{"id": name, "person": one.person, "public": one.public} for name, one in trusted.items()],
        }
        click.echo(json.dumps(report, ensure_ascii=False, indent=2))
        return
    click.echo("Your own:" if own else "You have no key; mlreview keys new makes one.")
    for one in own:
        click.echo(
            f"  {one.key_id}  {one.person}{'' if one.key_id in trusted else '  (the team does not trust it yet)'}"
        )
        click.echo(f"    {one.line}")
    click.echo("Trusted by mlreview.toml:" if trusted else "mlreview.toml trusts no key.")
    for name, one in trusted.items():
        click.echo(f"  {name}  {one.person}")


@keys.command("trust")
@click.argument("key", metavar="FILE | LINE")
@click.option("--person", metavar="NAME", help="Whose it is; else who the line says.")
def trust(key: str, person: str | None) -> None:
    """Add a public key to mlreview.toml in this folder. Ask its owner for the id first, by another way."""
    from mlreview.settings import CONFIG_FILE, load_settings
    from mlreview.trusted_keys import parse_line

    file = Path(key)
    found = parse_line(_text(file) if not key.startswith("ed25519 ") and file.is_file() else key)
    whose = (person or found.person).strip()
    if not whose:
        raise BadInputError("Nobody is named as the key's owner.", hint="Nothing was written. Use --person NAME.")
    known = load_settings().trusted_keys.get(found.key_id)
    if known is not None:
        if known.person != whose:
            raise BadInputError(
                f"{CONFIG_FILE} trusts {found.key_id} already, as a key of {known.person}.", hint="Nothing was written."
            )
        click.echo(f"{CONFIG_FILE} trusts {found.key_id} of {known.person} already.")
        return
    public = found.line.split()[1]
    name = json.dumps(whose, ensure_ascii=False)
    text = f'\n[trusted_keys.{found.key_id}]\nperson = {name}\npublic = "{public}"\n'
    config = Path(CONFIG_FILE)
    try:
        before = config.read_text(encoding="utf-8") if config.exists() else ""
        config.write_text(f"{before.rstrip()}\n{text}" if before.strip() else text.lstrip(), encoding="utf-8")
    except OSError as error:
        raise WriteError(
            f"{CONFIG_FILE} can't be written: {error.strerror}.", hint="Add this by hand:" + text
        ) from error
    load_settings()
    click.echo(f"{CONFIG_FILE} trusts {found.key_id} of {whose} now. Commit it, and let that be reviewed.")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise BadInputError(f"{file} can't be read.", hint="Nothing was written.") from None
