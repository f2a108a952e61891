"""Several programs save into one note; some are killed, connections are cut, the server goes down and comes back.

Each keeps a ledger of what it sent and what was answered, as a page keeps a draft. Afterwards every acknowledged text
is in the history exactly once, and the note holds it or shows it as waiting. What was sent and never answered, because
the sender died, is sent again by whoever comes after it, and is then in the history exactly once as well; where nobody
comes, it is in the history whole, or nothing of it was written and the sender still has it. A naive writer fails.
``tests/soak/note_ledger.py`` does so for as long as one likes.
"""

import signal
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.notes.ledgers import CLIENTS, NO_ANSWER, Clients, CuttingProxy, LostError, check, clients, new_run
from tests.stores import end, free_port, run_mlflow_server

PRESSES = 2
NAIVE_PRESSES = 4


def save_and_kill(group: Clients, disturb: Callable[[], None] = lambda: None) -> None:
    """All clients at once; one is killed in the middle of its work, and another one takes its place and its draft."""
    for number in range(CLIENTS):
        group.start(number)
    group.wait_for(0, '"sent"')
    group.kill(0)
    group.start(0, group.ledgers[0])
    disturb()
    group.finish()


def test_on_sqlite_with_a_program_killed(sqlite_store: str, tmp_path: Path) -> None:
    run_id = new_run(sqlite_store, tmp_path, (tmp_path / "artifacts").as_uri())
    with clients(sqlite_store, run_id, tmp_path / "clients", PRESSES) as group:
        save_and_kill(group)
        answers = check(sqlite_store, run_id, group.ledgers)
    assert sum(answers.values()) >= CLIENTS * PRESSES
    assert answers.get(NO_ANSWER, 0) == 0
    assert answers.get("merged", 0) + answers.get("saved", 0) > 0


def test_what_was_sent_and_nobody_sends_again_is_whole_in_the_history_or_was_not_written(
    sqlite_store: str, tmp_path: Path
) -> None:
    run_id = new_run(sqlite_store, tmp_path, (tmp_path / "artifacts").as_uri())
    with clients(sqlite_store, run_id, tmp_path / "clients", PRESSES) as group:
        for number in range(2):
            group.start(number)
        for ledger, words in enumerate(('"sent"', '"answered"')):  # in its first save; in its second one
            group.wait_for(ledger, words)
            group.kill(ledger)
        answers = check(sqlite_store, run_id, group.ledgers)
    assert sum(answers.values()) >= 2


def test_the_check_is_failed_by_a_naive_writer_of_the_tag(sqlite_store: str, tmp_path: Path) -> None:
    run_id = new_run(sqlite_store, tmp_path, (tmp_path / "artifacts").as_uri())
    with clients(sqlite_store, run_id, tmp_path / "clients", NAIVE_PRESSES, "naive") as group:
        for number in range(2):
            group.start(number)
        group.finish()
        with pytest.raises(LostError):
            check(sqlite_store, run_id, group.ledgers)


@pytest.mark.server
@pytest.mark.parametrize("store", ["sqlite_store", pytest.param("postgres_store", marks=pytest.mark.postgres)])
def test_on_a_server_that_is_killed_over_cut_connections(
    request: pytest.FixtureRequest, store: str, tmp_path: Path
) -> None:
    backend = request.getfixturevalue(store)
    proxy = CuttingProxy(seed=1)
    with ExitStack() as servers:
        first = servers.enter_context(ExitStack())
        server = first.enter_context(run_mlflow_server(backend, tmp_path))
        proxy.port = int(server.url.rpartition(":")[2])
        run_id = new_run(server.url, tmp_path, None)
        group = servers.enter_context(clients(proxy.url, run_id, tmp_path / "clients", PRESSES))

        def disturb() -> None:
            proxy.cut = 0.05
            group.wait_for(1, '"answered"')
            end(server.process, signal.SIGKILL)
            proxy.port = free_port()  # nobody is there
            again = servers.enter_context(run_mlflow_server(backend, tmp_path))
            proxy.port = int(again.url.rpartition(":")[2])
            nonlocal alive
            alive = again.url

        alive = server.url
        save_and_kill(group, disturb)
        proxy.cut = 0.0
        answers = check(alive, run_id, group.ledgers)
    proxy.close()
    assert sum(answers.values()) >= CLIENTS * PRESSES
    assert answers.get(NO_ANSWER, 0) == 0
