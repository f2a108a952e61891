"""``mlreview/run.json``: what a training recorded of itself, in one file, for whoever runs it again.

The training side writes it, the reproducing side and the review read it. Whoever reads it holds somebody else's text:
the parser checks shapes, not intentions; paths and commands in it are to be checked before they are used.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from mlreview.errors import BadInputError

VERSION = 1


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that was kept among the run's artifacts.

    Attributes:
        path: From the root of the repository, with ``/``; its name alone where there is no repository.
        artifact: Where it is among the artifacts.
        size: In bytes.
        sha256: Of its content, in hex.
    """

    path: str
    artifact: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class CodeRecord:
    """The code that ran.

    Attributes:
        commit, branch, remote: As git said, without logins; ``None`` outside of a repository.
        dirty: Tracked files differed from the commit; ``None`` where git did not say.
        patch: What they had beyond it; ``None`` where nothing, or where it was not kept.
        untracked: Sources that git did not know.
        script: The script or notebook that ran; ``None`` in a console.
        left_out: What was not kept, each with the reason, for people.
    """

    commit: str | None = None
    branch: str | None = None
    remote: str | None = None
    dirty: bool | None = None
    patch: KeptFile | None = None
    untracked: tuple[KeptFile, ...] = ()
    script: KeptFile | None = None
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DataRecord:
    """One data set.

    Attributes:
        context: What it was used for: ``train``, ``validation``, ``test``.
        name: As MLflow has it.
        digest: MLflow's own: of at most the first 10,000 rows.
        content: SHA-256 over all rows and labels, in hex; ``None`` where they can't be read twice, or are too large.
        rows: How many; ``None`` where that isn't known.
        shape: Of the features.
        classes: Examples of each class; empty for anything but a few classes.
        source: Address, path (from the root of the repository where it lies there) or query; ``None`` if not told.
        query: The query beside the address of a database.
        snapshot: Which state of the source: a date, a version, a commit.
        file_sha256: Of the source, where it is a local file; ``None`` otherwise.
        transformations: What was done between source and rows, in words, in order.
    """

    context: str
    name: str
    digest: str | None = None
    content: str | None = None
    rows: int | None = None
    shape: tuple[int, ...] = ()
    classes: Mapping[str, int] = field(default_factory=dict)
    source: str | None = None
    query: str | None = None
    snapshot: str | None = None
    file_sha256: str | None = None
    transformations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunRecord:
    """All of it.

    Attributes:
        mlreview: Version that recorded it.
        description: What the training called itself.
        command: Arguments, the interpreter's name first, secrets replaced by ``***``; empty in a notebook.
        folder: Where it ran, from the root of the repository; ``None`` outside of one.
        python: Version of the interpreter.
        packages_sha256: Of ``mlreview/requirements.txt``, as kept.
        hardware: In words.
        seed: That all generators were given; ``None`` for none.
        seeded: Which generators.
        code: See there.
        data: In the order of the training.
    """

    mlreview: str
    description: str
    command: tuple[str, ...] = ()
    folder: str | None = None
    python: str | None = None
    packages_sha256: str | None = None
    hardware: str | None = None
    seed: int | None = None
    seeded: tuple[str, ...] = ()
    code: CodeRecord = CodeRecord()
    data: tuple[DataRecord, ...] = ()

    def to_json(self) -> str:
        """As it is stored."""
        return json.dumps({"version": VERSION, **asdict(self)}, indent=1, ensure_ascii=True)


def parse_record(text: str) -> RunRecord:
    """A record as ``to_json`` wrote it. Keys that a later version added are passed over.

    Raises:
        BadInputError: It is none, or of another version.
    """
    try:
        found = json.loads(text)
        if found["version"] != VERSION:
            raise BadInputError(
                f"The record of the run is of version {found['version']!r}, which is not known here.",
                hint="Update mlreview.",
            )
        code = _mapping(found.get("code") or {})
        return RunRecord(
            mlreview=_text(found["mlreview"]) or "",
            description=_text(found["description"]) or "",
            command=_texts(found.get("command")),
            folder=_text(found.get("folder")),
            python=_text(found.get("python")),
            packages_sha256=_text(found.get("packages_sha256")),
            hardware=_text(found.get("hardware")),
            seed=_whole(found.get("seed")),
            seeded=_texts(found.get("seeded")),
            code=CodeRecord(
                commit=_text(code.get("commit")),
                branch=_text(code.get("branch")),
                remote=_text(code.get("remote")),
                dirty=_truth(code.get("dirty")),
                patch=_file(code.get("patch")),
                untracked=tuple(one for item in code.get("untracked") or () if (one := _file(item)) is not None),
                script=_file(code.get("script")),
                left_out=_texts(code.get("left_out")),
            ),
            data=tuple(_data(_mapping(one)) for one in found.get("data") or ()),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadInputError("That is no record of a run.", hint="It may have been damaged.") from error


def _data(one: Mapping[str, Any]) -> DataRecord:
    return DataRecord(
        context=_text(one["context"]) or "",
        name=_text(one["name"]) or "",
        digest=_text(one.get("digest")),
        content=_text(one.get("content")),
        rows=_whole(one.get("rows")),
        shape=tuple(size for item in one.get("shape") or () if (size := _whole(item)) is not None),
        classes={
            str(name): count for name, item in _mapping(one.get("classes") or {}).items() if (count := _whole(item))
        },
        source=_text(one.get("source")),
        query=_text(one.get("query")),
        snapshot=_text(one.get("snapshot")),
        file_sha256=_text(one.get("file_sha256")),
        transformations=_texts(one.get("transformations")),
    )


def _file(one: Any) -> KeptFile | None:
    if one is None:
        return None
    path, artifact, sha256 = _text(one["path"]), _text(one["artifact"]), _text(one["sha256"])
    size = _whole(one["size"])
    if not path or not artifact or not sha256 or size is None:
        raise TypeError("a file's entry is malformed")
    return KeptFile(path, artifact, size, sha256)


def _text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    listed = value or ()
    if not isinstance(listed, list | tuple) or not all(isinstance(one, str) for one in listed):
        raise TypeError("not a list of texts")
    return tuple(listed)


def _whole(value: Any) -> int | None:
    if value is not None and type(value) is not int:
        raise TypeError("not a whole number")
    return value


def _truth(value: Any) -> bool | None:
    if value is not None and type(value) is not bool:
        raise TypeError("not true or false")
    return value


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError("not a mapping")
    return value
