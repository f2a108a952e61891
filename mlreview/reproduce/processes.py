"""Other programs, started without a shell: git, an interpreter, an installer, the training."""

import os
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mlreview.errors import MlreviewError

TAIL_LINES = 30


@dataclass(frozen=True, slots=True)
class Done:
    """A program that has ended: its exit code, negative for a signal, and the last lines that it wrote."""

    code: int
    tail: tuple[str, ...]

    @property
    def last(self) -> str:
        """The last line that says something."""
        return next((line.strip() for line in reversed(self.tail) if line.strip()), "it wrote nothing")


class StepFailedError(MlreviewError):
    """A step could not be carried out; what was made before it is left as it is."""


def run(
    argv: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    say: Callable[[str], None],
    log: Path | None = None,
) -> Done:
    """Start a program, hand on each line that it writes, and wait for it.

    It leads a group of its own, which is ended with it when the person interrupts.

    Raises:
        StepFailedError: It can't be started.
    """
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    try:
        process = subprocess.Popen(
            list(argv),
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise StepFailedError(f"{argv[0]} can't be started: {error.strerror}.", hint="Nothing was trained.") from error
    assert process.stdout is not None
    try:
        with open(log or os.devnull, "a", encoding="utf-8") as kept:
            for line in process.stdout:
                shown = line.rstrip("\n")
                tail.append(shown)
                kept.write(line)
                say(shown)
        return Done(process.wait(), tuple(tail))
    except BaseException:
        _end(process)
        raise
    finally:
        process.stdout.close()


def ask(argv: Sequence[str], *, folder: Path, environment: Mapping[str, str], text: bytes | None = None) -> bytes:
    """What a short program answers.

    Raises:
        StepFailedError: It can't be started, or failed; the message has its last line.
    """
    try:
        done = subprocess.run(
            list(argv),
            cwd=folder,
            env=dict(environment),
            input=text if text is not None else b"",
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise StepFailedError(f"{argv[0]} can't be started: {error.strerror}.", hint="Nothing was trained.") from error
    if done.returncode:
        lines = (done.stderr or done.stdout).decode("utf-8", "replace").strip().splitlines()
        raise StepFailedError(lines[-1].strip() if lines else f"{argv[0]} failed with exit code {done.returncode}.")
    return done.stdout


def _end(process: "subprocess.Popen[str]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
