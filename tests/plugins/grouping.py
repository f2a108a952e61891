"""How tests share a few processes, and a loud end to what could not run.

Tests that need one costly thing (TensorFlow, the store servers) stay together in one xdist process, so that the thing
is started once in a run. Browser tests mostly wait, and are the longest group: where more than two processes share the
work they make two groups, whole files each. Skipped tests are named with their reason; with ``MLREVIEW_REQUIRE_ALL=1``
one skipped test fails the run.
"""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter

GROUPS = {"tensorflow": "tensorflow", "browser": "browser", "postgres": "stores", "server": "stores"}
"""Marker to group, the longest first; for a test with several, the first one here decides."""

REQUIRE_ALL = "MLREVIEW_REQUIRE_ALL"


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give each test the group of the costly thing that it needs, unless it names a group itself.

    Where several processes share the work, the long groups come first: none is left over for one process alone.
    """
    order = list(dict.fromkeys(GROUPS.values()))
    second = _half(item.path for item in items if _group(item) == "browser") if _processes() > 2 else set[Path]()
    places = {}
    for item in items:
        group = _group(item)
        places[item] = len(order) if group is None else order.index(group)
        if group == "browser" and item.path in second:
            group = "browser-2"
        if group is not None and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(group))
    if _is_worker(config):
        items.sort(key=lambda item: places[item])


def _group(item: pytest.Item) -> str | None:
    return next((group for marker, group in GROUPS.items() if item.get_closest_marker(marker)), None)


def _processes() -> int:
    """How many xdist processes share the work, as each of them knows."""
    return int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))


def _half(paths: Iterable[Path]) -> set[Path]:
    """Whole files with about half of the tests, the same in every process: they all collect the same."""
    first, second, taken = 0, 0, set[Path]()
    for path, tests in sorted(Counter(paths).items(), key=lambda pair: (-pair[1], pair[0])):
        if second < first:
            taken.add(path)
            second += tests
        else:
            first += tests
    return taken


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Name every test that did not run, and why."""
    skipped = _skipped(terminalreporter)
    if skipped:
        terminalreporter.section("SKIPPED REAL PARTS", sep="=", yellow=True, bold=True)
        for report in skipped:
            terminalreporter.line(f"{report.nodeid}: {_reason(report)}")
        if _all_required():
            terminalreporter.line(f"{len(skipped)} skipped, and {REQUIRE_ALL} is set: this run fails.", red=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn a skipped test into a failed run where all parts are required."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    # Only the controlling process has heard of all tests.
    if reporter is None or _is_worker(session.config) or not _all_required():
        return
    if _skipped(reporter) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _all_required() -> bool:
    return os.environ.get(REQUIRE_ALL, "") not in ("", "0")


def _skipped(reporter: TerminalReporter) -> Sequence[pytest.TestReport | pytest.CollectReport]:
    return reporter.stats.get("skipped", [])


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    if isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ")
    return str(report.longrepr)
