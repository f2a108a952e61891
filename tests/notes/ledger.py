"""One client that saves into a note and keeps a ledger: run as a process of its own, so that it can be killed.

Each line of the ledger is JSON: what is about to be sent, or what was answered. A save without an answer is sent again
with the same id, as a page does.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from mlreview.errors import MlreviewError
from mlreview.notes.revisions import new_save_id
from mlreview.notes.service import NoteService
from mlreview.store import open_store, open_writer


def main() -> None:
    """Arguments: tracking URI, run, number of this client, presses of Save, ledger, and ``naive`` or ``careful``."""
    uri, run_id, number, presses, path, how = sys.argv[1:]
    with Path(path).open("a", encoding="utf-8") as ledger:

        def write(**entry: Any) -> None:
            ledger.write(json.dumps(entry) + "\n")
            ledger.flush()
            os.fsync(ledger.fileno())

        store, writer = open_store(uri, timeout=5), open_writer(uri, timeout=5)
        notes = NoteService(store, writer)
        write(ready=number)
        for press in range(int(presses)):
            base: str = _patiently(lambda: notes.load(run_id).text) or ""
            lines = base.split("\n")
            # Mostly in lines of their own, now and then all in one.
            at = (0 if press % 4 == 3 else 3 * int(number) + 1) % len(lines)
            lines[at] += f" [{os.getpid()}.{press}]"
            text, save_id = "\n".join(lines), new_save_id()
            write(sent=save_id, text=text)
            if how == "naive":
                _patiently(lambda text=text: writer.set_tag(run_id, "mlflow.note.content", text))
                write(answered=save_id, status="saved")
                continue
            saved = _patiently(
                lambda text=text, base=base, save_id=save_id: notes.save(
                    run_id, text, base=base, save_id=save_id, author=f"client {number}"
                )
            )
            write(answered=save_id, status=saved.status)
        write(done=number)


def _patiently(work: Any) -> Any:
    deadline = time.monotonic() + 240
    while True:
        try:
            return work()
        except MlreviewError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


if __name__ == "__main__":
    main()
