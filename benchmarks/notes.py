"""Search over 10,000 notes: from opening the store, and once they are read; against MLflow's own search on one store.

``python -m benchmarks.notes`` measures this alone.
"""

import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.make_store import make_store
from benchmarks.timing import Result, best_of
from mlreview.names import NOTE_TAG
from mlreview.notes.search import NoteIndex, notes_query
from mlreview.store import open_store

NOTES, WORDS = 10_000, 250
LIMIT_S, COLD_LIMIT_S = 0.1, 1.0
TIMES = 5
HOW = (
    f"notes: the slowest of four questions, each the best of {TIMES}; {NOTES:,} notes of {WORDS} words, some 1,700 "
    "characters each;\nMLflow's search (ILIKE on the tag) in a process that has asked once, one word, all pages."
)
QUESTIONS = ("dropout", '"did not help"', "dropout straße rate", "nothing has this word")
RARE = "dropout"
_COMMON = ("model", "rate", "posts", "data", "was", "tried", "with", "units", "layers", "better", "because", "we", "it")
_MLFLOW = """
import sys, time
from mlflow import MlflowClient
client = MlflowClient(sys.argv[1])
experiment = client.get_experiment_by_name("bench").experiment_id

def ask():
    found, token = 0, None
    while True:
        page = client.search_runs(
            [experiment], f"tags.`mlflow.note.content` ILIKE '%{sys.argv[2]}%'", max_results=1000, page_token=token
        )
        found, token = found + len(page), page.token
        if not token:
            return found

ask()
began = time.perf_counter()
print(ask(), time.perf_counter() - began)
"""


def measure(store: Path | None = None) -> list[Result]:
    """Time both, on a store of its own: one with notes that differ."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "notes.db"
        make_store(path, NOTES, curve_runs=0, long_runs=0)
        _write_notes(path)
        uri = f"sqlite:///{path}"
        answer = subprocess.run(
            [sys.executable, "-c", _MLFLOW, uri, RARE], check=True, capture_output=True, text=True
        ).stdout.split()
        expected, theirs = int(answer[0]), float(answer[1])
        cold = best_of(lambda: _cold(uri), TIMES)
        index = _read(uri)
        found = index.search(RARE).total
        assert found == expected, f"both must find the same notes: {found}, {expected}"
        warm = max(best_of(lambda question=question: index.search(question), TIMES) for question in QUESTIONS)
    return [
        Result(f"a question to {NOTES:,} notes, read already", warm, LIMIT_S, "limit", 1),
        Result("the same from opening the store", cold, COLD_LIMIT_S, "limit", 1),
        Result("a question, read already, against MLflow's", warm, theirs, "search_runs, ILIKE", 1),
    ]


def _read(uri: str) -> NoteIndex:
    store = open_store(uri)
    table = store.runs(notes_query(tuple(one.experiment_id for one in store.experiments())))
    store.close()
    return NoteIndex(table)


def _cold(uri: str) -> int:
    return _read(uri).search(RARE).total


def _write_notes(path: Path) -> None:
    """Notes of common words; one in a hundred has the rare one, one in ten is not ASCII."""
    rng = np.random.default_rng(0)
    picks = rng.integers(0, len(_COMMON), (NOTES, WORDS))
    database = sqlite3.connect(path)
    run_ids = [row[0] for row in database.execute("SELECT run_uuid FROM runs ORDER BY run_uuid")]
    database.executemany(
        "UPDATE tags SET value = ? WHERE run_uuid = ? AND key = ?",
        ((_note(at, picks[at]), run_id, NOTE_TAG) for at, run_id in enumerate(run_ids)),
    )
    database.commit()
    database.close()


def _note(at: int, picks: np.ndarray) -> str:
    words = [_COMMON[pick] for pick in picks]
    if at % 100 == 0:
        words[100:100] = [RARE, "did", "not", "help."]
    if at % 10 == 0:
        words[50:50] = ["Straße"]
    return f"## Use case\n\n{' '.join(words[:120])}.\n\n## Tried and compared\n\n{' '.join(words[120:])}.\n"


if __name__ == "__main__":
    for result in measure():
        print(f"{result.what}: {result.ours:.3f} s, {result.peer} {result.theirs:.3f} s, ratio {result.ratio:.1f}")
