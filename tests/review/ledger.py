"""One reviewer who acts again and again and keeps a ledger: a process of its own, so that it can be killed.

Each line of the ledger is JSON: what is about to be sent, or that it was answered. What got no answer is sent again
with the same id, as a page does.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from mlreview.errors import MlreviewError
from mlreview.review.events import Actor, new_event_id
from mlreview.review.rules import RefusedError
from mlreview.review.service import Reviews
from mlreview.store import open_store, open_writer
from tests.notes.ledger import entries_of


def main() -> None:
    """Arguments: tracking URI, run, name of this reviewer, presses, ledger, and the ledger of a process that died, or
    nothing: what that one sent and got no answer for is sent again first.
    """
    uri, run_id, name, presses, path, left_behind = sys.argv[1:]
    with Path(path).open("a", encoding="utf-8") as ledger:

        def write(**entry: Any) -> None:
            ledger.write(json.dumps(entry) + "\n")
            ledger.flush()
            os.fsync(ledger.fileno())

        reviews = Reviews(open_store(uri, timeout=5), open_writer(uri, timeout=5))
        actor, mine = Actor(name), None

        def send(event_id: str, kind: str, target: str | None) -> None:
            def work() -> Any:
                if kind == "comment":
                    return reviews.comment(run_id, actor, f"from {name}", event_id=event_id)
                if kind == "changes_requested":
                    return reviews.request_changes(run_id, actor, "no", event_id=event_id)
                if kind == "lifted":
                    return reviews.lift(run_id, actor, [target or ""], event_id=event_id)
                return reviews.approve(run_id, actor, event_id=event_id)

            _patiently(work)
            write(answered=event_id)

        write(ready=name)
        for entry in _unanswered(Path(left_behind)) if left_behind else ():
            write(**entry)
            send(entry["sent"], entry["kind"], entry["target"])
        held = _patiently(lambda: reviews.read(run_id, content=False)).open_holds if left_behind else ()
        for hold in (one.hold_id for one in held if one.actor == actor):
            event_id = new_event_id()
            write(sent=event_id, kind="lifted", target=hold)
            send(event_id, "lifted", hold)
        for press in range(int(presses)):
            kind = ("comment", "changes_requested", "lifted", "approved")[press % 4]
            event_id = new_event_id()
            target = mine if kind == "lifted" else None
            mine = event_id if kind == "changes_requested" else mine
            write(sent=event_id, kind=kind, target=target)
            send(event_id, kind, target)
        write(done=name)


def _unanswered(ledger: Path) -> list[dict[str, Any]]:
    entries = entries_of(ledger)
    told = {entry["answered"] for entry in entries if "answered" in entry}
    return [entry for entry in entries if "sent" in entry and entry["sent"] not in told]


def _patiently(work: Any) -> Any:
    deadline = time.monotonic() + 240
    while True:
        try:
            return work()
        except RefusedError:
            raise
        except MlreviewError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


if __name__ == "__main__":
    main()
