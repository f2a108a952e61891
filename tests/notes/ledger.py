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
    """Arguments: tracking URI, run, number of this client, presses of Save, ledger, ``naive`` or ``careful``, and the
    ledger of a client that died, or nothing: what that one sent and got no answer for is sent again first.
    """
    uri, run_id, number, presses, path, how, left_behind = sys.argv[1:]
    with Path(path).open("a", encoding="utf-8") as ledger:

        def write(**entry: Any) -> None:
            ledger.write(json.dumps(entry) + "\n")
            ledger.flush()
            os.fsync(ledger.fileno())

        store, writer = open_store(uri, timeout=5), open_writer(uri, timeout=5)
        notes = NoteService(store, writer)

        def save(save_id: str, text: str, base: str) -> None:
            saved = _patiently(lambda: notes.save(run_id, text, base=base, save_id=save_id, author=f"client {number}"))
            write(answered=save_id, status=saved.status)

        write(ready=number)
        for entry in _unanswered(Path(left_behind)) if left_behind else ():
            write(**entry)
            save(entry["sent"], entry["text"], entry["base"])
        for press in range(int(presses)):
            base: str = _patiently(lambda: notes.load(run_id).text) or ""
            lines = base.split("\n")
            # Mostly in lines of their own, now and then all in one.
            at = (0 if press % 4 == 3 else 3 * int(number) + 1) % len(lines)
            mark = f"[{os.getpid()}.{press}]"
            lines[at] += f" {mark}"
            text, save_id = "\n".join(lines), new_save_id()
            write(sent=save_id, text=text, base=base, mark=mark)
            if how == "naive":
                _patiently(lambda text=text: writer.set_tag(run_id, "mlflow.note.content", text))
                write(answered=save_id, status="saved")
                continue
            save(save_id, text, base)
        write(done=number)


def entries_of(ledger: Path) -> list[dict[str, Any]]:
    """Its lines; the last one may be half a line where the client was killed."""
    return [json.loads(line) for line in ledger.read_text(encoding="utf-8").splitlines() if line.endswith("}")]


def _unanswered(ledger: Path) -> list[dict[str, Any]]:
    """What a client sent before it died, as a page that is opened again finds its draft."""
    entries = entries_of(ledger)
    told = {entry["answered"] for entry in entries if "answered" in entry}
    return [entry for entry in entries if "sent" in entry and entry["sent"] not in told]


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
