"""Groups as a table for other programs."""

from mlreview.analysis.export import Cell
from mlreview.analysis.groups import Group, Groups


def group_table(groups: Groups, metric: str) -> tuple[list[str], list[list[Cell]]]:
    """All groups, best mean first: headings, and rows of plain values.

    A key that the runs of a group lack is nothing, an empty one is said to be; runs that are NaN or infinite and runs
    without the metric are counted apart, since neither is in the mean. A group without any number has neither rank nor
    mean.
    """
    keys = [key.name if _only(groups, key.name) else str(key) for key in groups.keys]
    headings = ["Rank", *keys, f"Mean {metric}", "Standard deviation", "Runs", "Worst", "Best"]
    headings += ["NaN or infinite", "Not logged"]
    return headings, [_row(group) for group in groups.groups]


def _only(groups: Groups, name: str) -> bool:
    """Whether no parameter and tag share this name."""
    return sum(key.name == name for key in groups.keys) == 1


def _row(group: Group) -> list[Cell]:
    some = len(group.points) > 0
    return [
        group.rank or None,
        *("(empty)" if value == "" else value for value in group.values),
        group.mean if some else None,
        None if not some else "too few to tell" if group.too_few else group.deviation,
        len(group.rows),
        float(group.points[-1]) if some else None,
        float(group.points[0]) if some else None,
        group.not_finite,
        group.missing,
    ]
