"""Model Review: review a machine-learning model before it ships, the way code is reviewed."""

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mlreview.training.data import Data
    from mlreview.training.track import track

__all__ = ["Data", "__version__", "track"]


def __getattr__(name: str) -> object:
    """``track`` and ``Data`` are imported by whoever asks for them: a training does, the dashboard does not."""
    if name == "track":
        from mlreview.training.track import track

        return track
    if name == "Data":
        from mlreview.training.data import Data

        return Data
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
