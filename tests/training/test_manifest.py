"""Manifests: every byte and name of a model counts."""

import json
from pathlib import Path

import pytest

from mlreview.errors import BadInputError
from mlreview.training.manifest import differences, make_manifest, parse_manifest


@pytest.fixture
def model(tmp_path: Path) -> Path:
    root = tmp_path / "model"
    (root / "data").mkdir(parents=True)
    (root / "MLmodel").write_text("flavors: keras\n")
    (root / "data" / "weights.bin").write_bytes(bytes(range(256)) * 9000)
    (root / "data" / "ünï.txt").write_text("x")
    return root


def test_a_manifest_names_every_file_with_size_and_hash(model: Path):
    manifest = make_manifest(model)
    assert [entry.path for entry in manifest.files] == ["MLmodel", "data/weights.bin", "data/ünï.txt"]
    assert manifest.files[2].sha256 == "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    assert manifest.size == 15 + 256 * 9000 + 1
    assert parse_manifest(manifest.to_json()) == manifest


def test_one_other_byte_is_another_digest_and_is_named(model: Path):
    before = make_manifest(model)
    content = bytearray((model / "data" / "weights.bin").read_bytes())
    content[-1] ^= 1
    (model / "data" / "weights.bin").write_bytes(content)
    now = make_manifest(model)
    assert now.digest != before.digest
    assert differences(before, now) == ("data/weights.bin has other content (2,304,000 bytes then, 2,304,000 now)",)


def test_a_renamed_a_missing_and_a_new_file_are_named(model: Path):
    before = make_manifest(model)
    (model / "MLmodel").rename(model / "mlmodel2")
    assert differences(before, make_manifest(model)) == ("MLmodel is missing", "mlmodel2 was added")
    assert differences(before, before) == ()


def test_what_is_ignored_is_not_the_models(model: Path):
    assert make_manifest(model, ignore=["MLmodel"]).files[0].path == "data/weights.bin"


def test_a_link_that_leads_out_of_the_model_is_refused(model: Path, tmp_path: Path):
    (tmp_path / "secret").write_text("s")
    (model / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(BadInputError, match="leads out"):
        make_manifest(model)


def test_no_folder_is_refused(tmp_path: Path):
    with pytest.raises(BadInputError, match="no folder"):
        make_manifest(tmp_path / "nothing")


@pytest.mark.parametrize(
    "damage",
    [
        lambda found: found["files"].pop(),
        lambda found: found["files"][0].update(size=1),
        lambda found: found["files"].append(found["files"][0]),
        lambda found: found.update(digest="0" * 64),
        lambda found: found.update(version=2),
        lambda found: found["files"][0].update(size="15"),
        lambda found: found.pop("files"),
    ],
)
def test_a_manifest_that_was_altered_is_refused(model: Path, damage):
    found = json.loads(make_manifest(model).to_json())
    damage(found)
    with pytest.raises(BadInputError):
        parse_manifest(json.dumps(found))


@pytest.mark.parametrize("text", ["", "[]", "3", "{}", '{"version": 1, "digest": "", "files": 3}'])
def test_what_is_no_manifest_is_refused(text: str):
    with pytest.raises(BadInputError):
        parse_manifest(text)
