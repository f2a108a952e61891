"""``python -m benchmarks``: make the stores, measure, print one table. Exit code 1 when a bar is missed."""

import argparse
import platform
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import curves, diff, leaderboard_data, leaderboard_page, notes, training
from benchmarks.make_store import make_store
from benchmarks.timing import Result

MEASURED = (leaderboard_data, leaderboard_page, curves, diff, notes, training)
"""Modules with ``measure(store)`` and ``HOW`` it was done."""


def main() -> int:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000, help="runs in the store (10,000)")
    parser.add_argument("--store", type=Path, help="a store of benchmarks.make_store, instead of a new one")
    arguments = parser.parse_args()
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    with tempfile.TemporaryDirectory() as folder:
        store = arguments.store or Path(folder) / "bench.db"
        if not store.exists():
            console.print(f"Making a store of {arguments.runs:,} runs ...")
            make_store(store, arguments.runs)
        results = [one for measured in MEASURED for one in measured.measure(store)]
    console.print(_table(results))
    console.print(f"Python {platform.python_version()}, {platform.machine()}; seconds are wall time.")
    for measured in MEASURED:
        console.print(measured.HOW)
    return 0 if all(result.reached for result in results) else 1


def _table(results: list[Result]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("what", "mlreview", "peer", "", "ratio", "bar", ""):
        table.add_column(heading, justify="left" if heading in ("what", "") else "right")
    for result in results:
        table.add_row(
            result.what,
            f"{result.ours:.3f} {result.unit}",
            f"{result.theirs:.3f} {result.unit}",
            result.peer,
            f"{result.ratio:.2f}",
            f"{result.bar:.2f}",
            "reached" if result.reached else "MISSED",
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
