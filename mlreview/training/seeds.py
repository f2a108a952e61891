"""One seed for everything that draws: Python, NumPy, and the frameworks that a training has loaded."""

import random
import sys
from typing import Any

from mlreview.errors import BadInputError

LARGEST = 2**32 - 1
"""NumPy takes no larger one."""


def set_seeds(seed: int) -> tuple[str, ...]:
    """Seed every generator that this process has: Python's, NumPy's, Keras', TensorFlow's, PyTorch's.

    Only what has been imported is seeded; nothing is imported for it. Operations that a device orders as it likes stay
    as they are: ``tf.config.experimental.enable_op_determinism()`` and the like are for the training to call.

    Args:
        seed: From 0 to 4,294,967,295.

    Returns:
        The names of what was seeded.

    Raises:
        BadInputError: The seed is none; nothing was seeded.
    """
    check_seed(seed)
    random.seed(seed)
    seeded = ["python"]
    numpy = _loaded("numpy")
    if numpy is not None:
        numpy.random.seed(seed)
        seeded.append("numpy")
    tensorflow = _loaded("tensorflow")
    if tensorflow is not None:
        tensorflow.random.set_seed(seed)
        seeded.append("tensorflow")
    keras = _loaded("keras")
    if keras is not None:
        keras.utils.set_random_seed(seed)
        seeded.append("keras")
    torch = _loaded("torch")
    if torch is not None:
        torch.manual_seed(seed)  # of every device
        seeded.append("torch")
    return tuple(seeded)


def check_seed(seed: int) -> None:
    """Refuse what is no seed.

    Raises:
        BadInputError: It is none.
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= LARGEST:
        raise BadInputError(f"{seed!r} is no seed.", hint=f"Give a whole number from 0 to {LARGEST:,}.")


def seed_late(seed: int, name: str, module: Any) -> tuple[str, ...]:
    """Seed one framework that was imported after the others were seeded.

    Returns:
        Its name, or nothing where it draws no numbers of its own.
    """
    seeding = {
        "numpy": lambda: module.random.seed(seed),
        "tensorflow": lambda: module.random.set_seed(seed),
        "keras": lambda: module.utils.set_random_seed(seed),
        "torch": lambda: module.manual_seed(seed),
    }
    if name not in seeding:
        return ()
    seeding[name]()
    return (name,)


def _loaded(name: str) -> Any:
    """A module that was imported whole; one that is being imported just now can't be used yet."""
    module = sys.modules.get(name)
    spec = getattr(module, "__spec__", None)
    return None if module is None or getattr(spec, "_initializing", False) else module
