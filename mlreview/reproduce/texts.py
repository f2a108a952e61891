"""Recorded texts on one line of a terminal."""


def one_line(text: str, most: int = 400) -> str:
    """A text on one line, without control characters: in a name they could drive a terminal or end a comment."""
    shown = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def counted(number: int, noun: str) -> str:
    """``1 file``, ``2 files``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
