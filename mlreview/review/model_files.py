"""The files of a run's models beside the manifests that training recorded. Nothing is loaded: bytes are hashed."""

from mlreview import names
from mlreview.entities import LoggedModel, Run
from mlreview.errors import BadInputError, MlreviewError, NotFoundError
from mlreview.review.content import Content, hashed, size_of
from mlreview.review.requirements import ModelFiles
from mlreview.store.base import RunStore
from mlreview.training.manifest import Manifest, parse_manifest


def check_files(store: RunStore, run: Run, content: Content) -> ModelFiles:
    """Hold the files, as they were read for the run's content, against the manifests.

    Args:
        store: To read the manifests from.
        run: The run.
        content: What it holds now; how much of it was hashed is up to whoever read it.
    """
    section = content.sections.get("model")
    if section is None:
        reason = content.unread.get("model", "").rstrip(".")
        return ModelFiles(unread=f"the model's files could not be read{f': {reason}' if reason else ''}")
    verified, differing, unverified, too_large = 0, [], [], 0
    for name, model in _named(run.models):
        files = {key.removeprefix(f"{name}/"): one for key, one in section.items() if key.startswith(f"{name}/")}
        try:
            manifest = _manifest(store, run.run_id, model.model_id)
        except BadInputError as error:
            differing.append(f"the manifest of {name} does not count: {error.message}")
            continue
        except NotFoundError:
            unverified.append(f"training recorded no manifest of {name} ({len(files):,} files)")
            continue
        except MlreviewError as error:
            unverified.append(f"the manifest of {name} could not be read: {error.message}")
            continue
        recorded = {one.path: one for one in manifest.files}
        differing += [f"{name}/{path} was added" for path in sorted(files.keys() - recorded.keys())]
        for path, entry in recorded.items():
            now = files.get(path)
            if now is None:
                differing.append(f"{name}/{path} is missing")
            elif now == hashed(entry.sha256, entry.size):
                verified += 1
            elif now.startswith("sha256:") or size_of(now) not in (entry.size, -1):
                differing.append(f"{name}/{path} is not what training recorded")
            else:
                too_large += 1
    if too_large:
        unverified.append(f"{too_large:,} {'file' if too_large == 1 else 'files'} by size alone; --deep hashes all")
    if not run.models:
        unverified.append("the run has no logged model, so nothing says what its model's files are")
    return ModelFiles(verified, tuple(differing), tuple(unverified))


def _named(models: tuple[LoggedModel, ...]) -> list[tuple[str, LoggedModel]]:
    """Each model under the name that the run's content has for it."""
    first: dict[str, str] = {}
    found = []
    for model in models:
        name = model.name or "model"
        own = first.setdefault(name, model.model_id) == model.model_id
        found.append((name if own else f"{name}@{model.model_id}", model))
    return found


def _manifest(store: RunStore, run_id: str, model_id: str) -> Manifest:
    try:
        return parse_manifest(store.read_artifact(run_id, f"{names.MANIFEST_FOLDER}/{model_id}.json").decode())
    except UnicodeDecodeError:
        raise BadInputError("It is no text.", hint="It may have been damaged.") from None
