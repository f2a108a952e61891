"""What is changed in the process for the time of tracked runs: once for all that overlap, and undone with the last."""

import threading
from collections.abc import Callable


class Shared:
    """Changes by name, each with a count of the runs that hold it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._held: dict[str, tuple[int, Callable[[], None] | None]] = {}

    def hold(self, name: str, make: Callable[[], Callable[[], None] | None]) -> None:
        """Make a change, unless another run holds it already.

        Args:
            name: Of the change.
            make: Makes it, and returns what undoes it; ``None`` where there is nothing to undo.
        """
        with self._lock:
            count, undo = self._held.get(name, (0, None))
            if count == 0:
                undo = make()
            self._held[name] = count + 1, undo

    def release(self, name: str) -> None:
        """Undo it, when no other run holds it."""
        with self._lock:
            count, undo = self._held.pop(name, (0, None))
            if count > 1:
                self._held[name] = count - 1, undo
            elif undo is not None:
                undo()
