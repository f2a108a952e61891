"""Notes are saved by many programs while they are killed, connections are cut and the server dies: for a long time.

``make soak`` runs it, for a minute a store or for as long as ``MLREVIEW_SOAK_SECONDS`` says; ``make test`` does not:
the short form of it is ``tests/notes/test_ledger.py``. Every round is a note of its own, disturbed at other moments.
After each, every text that Save was pressed on has to be in the history exactly once.
"""

import os
import random
import signal
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.notes.ledgers import CLIENTS, NO_ANSWER, CuttingProxy, check, clients, new_run
from tests.stores import end, free_port, run_mlflow_server

SECONDS = float(os.environ.get("MLREVIEW_SOAK_SECONDS", "60"))
SEED = int(os.environ.get("MLREVIEW_SOAK_SEED") or time.time())
PRESSES = 6
MOMENTS = ('"ready"', '"sent"', '"answered"')


@pytest.mark.server
@pytest.mark.parametrize("store", ["sqlite_store", pytest.param("postgres_store", marks=pytest.mark.postgres)])
def test_no_text_that_save_was_pressed_on_is_lost_however_long_it_goes_on(
    request: pytest.FixtureRequest, store: str, tmp_path: Path
) -> None:
    backend, chance = request.getfixturevalue(store), random.Random(SEED)
    print(f"{store}: seed {SEED}")
    proxy, answers, rounds = CuttingProxy(SEED), dict[str, int](), 0
    until = time.monotonic() + SECONDS
    with ExitStack() as servers:
        server = servers.enter_context(run_mlflow_server(backend, tmp_path))
        while rounds == 0 or time.monotonic() < until:
            proxy.port = int(server.url.rpartition(":")[2])
            run_id = new_run(server.url, tmp_path / f"round-{rounds}", None)
            with clients(proxy.url, run_id, tmp_path / f"clients-{rounds}", PRESSES) as group:
                proxy.cut = chance.choice((0.0, 0.02, 0.05, 0.1))
                for number in range(CLIENTS):
                    group.start(number)
                victim = chance.randrange(CLIENTS)
                group.wait_for(victim, chance.choice(MOMENTS))
                time.sleep(chance.random())  # somewhere in its work
                group.kill(victim)
                group.start(victim, group.ledgers[victim])
                if rounds % 2 == 0:
                    end(server.process, signal.SIGKILL)
                    proxy.port = free_port()  # nobody is there
                    server = servers.enter_context(run_mlflow_server(backend, tmp_path))
                    proxy.port = int(server.url.rpartition(":")[2])
                group.finish()
            proxy.cut = 0.0
            for answer, count in check(server.url, run_id, group.ledgers).items():
                answers[answer] = answers.get(answer, 0) + count
            rounds += 1
    proxy.close()
    print(f"{store}: {rounds} rounds, {answers}")
    assert sum(answers.values()) >= rounds * CLIENTS
    assert answers.get(NO_ANSWER, 0) == 0
