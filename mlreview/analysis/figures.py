"""Numbers in sentences and tables for people: a true minus sign (U+2212), also in exponents.

What machines read (JSON numbers, CSV) keeps ASCII and every digit, and is not written here.
"""

import math

MINUS = "\N{MINUS SIGN}"


def short(value: float) -> str:
    """A value at four significant digits: ``−0.4312``; ``NaN``, ``∞``."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else f"{MINUS}∞"
    return typographic(f"{value:.4g}")


def signed(value: float) -> str:
    """A difference with its sign at three significant digits: ``+0.0123``."""
    return typographic(f"{value:+.3g}")


def percent(share: float) -> str:
    """``+3.1 %``: signed, as few digits as say something. ``share`` is in percent."""
    size = abs(share)
    digits = f"{share:+.0f}" if size >= 99.5 else f"{share:+.1f}" if size >= 0.95 else f"{share:+.1g}"
    return typographic(f"{digits} %")


def typographic(digits: str) -> str:
    """A number that is written already, with minus signs in place of its hyphens."""
    return digits.replace("-", MINUS)
