"""The headings that a note begins with."""

SECTIONS = (
    "Use case and requirements",
    "Summary: what ships and why",
    "Tried and compared",
    "Data: anything non-standard",
    "Decisions and trade-offs",
    "Shadow and live observations",
    "If you pick this up later",
)


def empty_note() -> str:
    """All headings, with nothing below them."""
    return "\n\n".join(f"## {section}\n" for section in SECTIONS)
