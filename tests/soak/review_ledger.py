"""Reviewers act while they are killed, connections are cut and the server dies: for a long time.

``make soak`` runs it, for a minute a store or for as long as ``MLREVIEW_SOAK_SECONDS`` says; ``make test`` does not:
the short form of it is ``tests/review/test_stores.py``. Every round is a review of its own.
"""

import os
import random
import signal
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.notes.ledgers import CuttingProxy
from tests.review.reviewers import Place, Reviewers, hold_against_ledgers
from tests.stores import end, free_port, run_mlflow_server

SECONDS = float(os.environ.get("MLREVIEW_SOAK_SECONDS", "60"))
SEED = int(os.environ.get("MLREVIEW_SOAK_SEED") or time.time())


@pytest.mark.server
@pytest.mark.parametrize("store", ["sqlite_store", pytest.param("postgres_store", marks=pytest.mark.postgres)])
def test_no_decision_is_lost_or_doubled_however_long_it_goes_on(
    request: pytest.FixtureRequest, store: str, tmp_path: Path
) -> None:
    backend, chance = request.getfixturevalue(store), random.Random(SEED)
    print(f"{store}: seed {SEED}")
    proxy, rounds, events = CuttingProxy(SEED), 0, 0
    until = time.monotonic() + SECONDS
    with ExitStack() as servers:
        server = servers.enter_context(run_mlflow_server(backend, tmp_path))
        while rounds == 0 or time.monotonic() < until:
            (tmp_path / f"round-{rounds}").mkdir()
            place = Place(server, tmp_path / f"round-{rounds}")
            place.asked()
            proxy.port = int(server.url.rpartition(":")[2])
            group = Reviewers(proxy.url, place.run, tmp_path / f"reviewers-{rounds}", presses=8)
            try:
                proxy.cut = chance.choice((0.0, 0.02, 0.05))
                for name in ("bob", "carol"):
                    group.start(name)
                victim = chance.randrange(2)
                group.wait_for(victim, '"sent"', times=chance.randrange(1, 5))
                time.sleep(chance.random())  # somewhere in its work
                group.kill(victim)
                group.start(("bob", "carol")[victim], group.ledgers[victim])
                if rounds % 2 == 0:
                    end(server.process, signal.SIGKILL)
                    proxy.port = free_port()  # nobody is there
                    server = servers.enter_context(run_mlflow_server(backend, tmp_path))
                    proxy.port = int(server.url.rpartition(":")[2])
                group.finish()
            finally:
                group.end()
            proxy.cut = 0.0
            review = hold_against_ledgers(place.reviews(server.url).read(place.run), group.ledgers)
            assert review.state == "approved"
            events += len(review.events)
            rounds += 1
    proxy.close()
    print(f"{store}: {rounds} rounds, {events} events")
