"""The steps of a recipe by hand: lines for a shell, in which everything that was recorded is quoted."""

import json
import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlreview import names

if TYPE_CHECKING:
    from mlreview.reproduce.recipe import Recipe
    from mlreview.reproduce.recorded import RecordedRun


@dataclass(frozen=True, slots=True)
class Step:
    """One step by hand: what it does, and the lines for a shell."""

    title: str
    lines: tuple[str, ...]


def by_hand(recipe: "Recipe", recorded: "RecordedRun") -> tuple[Step, ...]:
    """The steps, in order; for a recipe that nothing needed is missing from."""
    run_id = shlex.quote(recipe.run_id)
    steps = [
        Step("All of it at once, with the comparison", (f"mlreview reproduce {run_id} --run",)),
        Step("By hand: the code as it was committed", _code(recipe)),
    ]
    if recipe.patched:
        check = re.fullmatch(r"[0-9a-f]{64}", recorded.facts.get(names.PATCH_SHA, ""))
        patch = f'"$here-files/{_last(names.PATCH_FILE)}"'
        lines = [f'mlflow artifacts download -r {run_id} -a {names.PATCH_FILE} -d "$here-files"']
        lines += [f'echo "{check[0]}  "{patch} | sha256sum --check'] if check else []
        steps.append(Step(_some("What was not committed", recipe.patched), (*lines, f"git apply {patch}")))
    if recipe.untracked:
        lines = [
            f'mlflow artifacts download -r {run_id} -a {names.UNTRACKED_FOLDER} -d "$here-files"',
            f'cp -R --no-clobber "$here-files/{_last(names.UNTRACKED_FOLDER)}/." .',
        ]
        steps.append(Step(_some("Sources that git did not know", recipe.untracked), tuple(lines)))
    if recipe.locations:
        where = "; ".join(f"{context} from {location}" for context, location in recipe.locations.items())
        steps.append(Step(f"The data, where the training looks for them, unless the commit has them: {where}", ()))
    interpreter = f"python{'.'.join(recipe.python.split('.')[:2])}" if recipe.python else "python"
    if len(recipe.requirements):
        steps.append(
            Step("The packages; read the list before you install it", _packages(recipe, recorded, interpreter))
        )
        interpreter = '"$here-env/bin/python"'
    steps.append(Step("The training, linked to the run by its record", _training(recipe, interpreter)))
    steps.append(Step("What came out otherwise", (f"mlreview diff {run_id} NEW_RUN",)))
    return tuple(steps)


def _code(recipe: "Recipe") -> tuple[str, ...]:
    short = recipe.run_id[:8] if re.fullmatch(r"[\w-]+", recipe.run_id) else "run"
    folder = f"reproduce-{short}"
    if recipe.remote:
        clone = f"{folder}-repository"
        lines = [f"git clone --no-checkout {shlex.quote(recipe.remote)} {clone}", f"cd {clone}"]
    else:
        lines = ["cd a-clone-of-the-repository"]
    return (*lines, f"git worktree add --detach ../{folder} {recipe.commit}", f"cd ../{folder}", "here=$PWD")


def _packages(recipe: "Recipe", recorded: "RecordedRun", interpreter: str) -> tuple[str, ...]:
    source = f"-r {shlex.quote(recipe.run_id)} -a {names.PACKAGES_FILE}"
    if not recipe.requirements.exact and recorded.model is not None:
        source = f"-u {shlex.quote(f'models:/{recorded.model.model_id}/requirements.txt')}"
    no_others = "--no-deps " if recipe.requirements.exact else ""
    return (
        f'mlflow artifacts download {source} -d "$here-files"',
        f'{interpreter} -m venv "$here-env"',
        f'"$here-env/bin/python" -m pip install {no_others}-r "$here-files/{_last(names.PACKAGES_FILE)}"',
    )


def _training(recipe: "Recipe", interpreter: str) -> tuple[str, ...]:
    command = recipe.command
    assert command is not None
    context = shlex.quote(json.dumps({names.REPRODUCES_TAG: recipe.run_id}))
    enter = () if command.folder == "." else (f"cd {shlex.quote(command.folder)}",)
    return (*enter, f"MLFLOW_RUN_CONTEXT={context} {interpreter} {shlex.join(command.argv('')[1:])}")


def _last(path: str) -> str:
    """What ``mlflow artifacts download`` calls a downloaded path: its last part."""
    return path.rpartition("/")[2]


def _some(title: str, paths: tuple[str, ...]) -> str:
    more = f" and {len(paths) - 5} more" if len(paths) > 5 else ""
    return f"{title}: {', '.join(paths[:5])}{more}"
