"""The demo's settings: its random forest calls the networks' metrics by other names, as another framework does."""

from collections.abc import Callable
from pathlib import Path

from mlreview.demo.plan import SKLEARN_NAMES
from mlreview.settings import CONFIG_FILE

_LINES = "".join(f'{name} = "{other}"\n' for name, other in SKLEARN_NAMES.items())


def write_aliases(folder: Path, say: Callable[[str], None]) -> None:
    """Make ``mlreview.toml`` with the aliases, unless there is one: that is somebody's, and is only talked about.

    Args:
        folder: Where the command runs; settings are read there.
        say: Called with a line for the user, when there is something to say.
    """
    file = folder / CONFIG_FILE
    table = f"[metric_aliases]\n{_LINES}"
    try:
        # Exclusively: what appears between a look and a write is not overwritten.
        with file.open("x", encoding="utf-8") as new:
            new.write(f"# Names that mean the same metric; mlreview demo wrote this, see docs/settings.md.\n{table}")
    except FileExistsError:
        if "metric_aliases" not in file.read_text(encoding="utf-8", errors="replace"):
            say(f"The random forest ranks beside the networks once {CONFIG_FILE} has:\n{table.rstrip()}")
    except OSError:  # a folder that can't be written to; the demo is complete without it
        say(f"{CONFIG_FILE} could not be written here; with it the random forest ranks, too:\n{table.rstrip()}")
    else:
        pairs = ", ".join(f"{other} is {name}" for name, other in SKLEARN_NAMES.items())
        say(f"Wrote {CONFIG_FILE} beside it: for the random forest {pairs}.")
