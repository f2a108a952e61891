"""What models are made of and which files they consist of, as ``mlreview.track()`` records both."""

import pytest

from mlreview import names
from mlreview.analysis.diff import ArtifactFacts, Comparison, Recorded, compare
from mlreview.analysis.diff_missing import missing_records
from mlreview.analysis.diff_report import diff_report, see
from mlreview.analysis.diff_rows import DiffRow
from mlreview.analysis.leaderboard import choose_ranking
from mlreview.entities import LoggedModel
from mlreview.training.manifest import FileEntry, Manifest
from tests.analysis.test_diff import network
from tests.tables import run_table

TRACKED = {
    names.ARCHITECTURE_PARAM: ["Dense 32 relu → Dense 1 sigmoid", "Dense 8 relu → Dense 1 sigmoid"],
    names.LAYERS_PARAM: ["2", "2"],
    names.WIDTHS_PARAM: ["32, 1", "8, 1"],
    names.PARAMETERS_PARAM: ["3265", "817"],
}


def manifest(**files: str) -> Manifest:
    return Manifest(tuple(FileEntry(path.replace("__", "."), 7, sha * 64) for path, sha in sorted(files.items())))


def kept(one: Manifest | str) -> ArtifactFacts:
    text = one if isinstance(one, str) else one.to_json()
    return ArtifactFacts(texts={f"{names.MANIFEST_FOLDER}/m-1.json": text})


def models(*runs: int) -> list[LoggedModel]:
    return [LoggedModel("m-1", "model", f"run-{run}", "1", "", "READY", 0) for run in runs]


def of_model(comparison: Comparison) -> dict[str, DiffRow]:
    return {row.key: row for row in comparison["model"].rows}


def test_the_digest_says_that_models_differ_and_a_row_a_file_which_of_them():
    one, other = manifest(MLmodel="a", model__keras="b", old="c"), manifest(MLmodel="a", model__keras="d")
    found = of_model(compare(Recorded(run_table(2), (), models(0, 1), {"run-0": kept(one), "run-1": kept(other)})))
    assert found["digest"].values == (one.digest, other.digest)
    assert {key for key, row in found.items() if row.differs and key.startswith("file ")} == {
        "file model.keras", "file old"
    }  # fmt: skip
    assert found["file old"].values == (f"7 bytes · {'c' * 12}…", None)
    assert not found["file MLmodel"].differs


def test_a_model_without_a_manifest_says_not_recorded_and_lacks_no_file():
    table = run_table(2, tags={names.MODEL_DIGEST_TAG: ["f" * 64, None]})
    facts = {"run-0": kept(manifest(MLmodel="a")), "run-1": ArtifactFacts()}
    found = of_model(compare(Recorded(table, (), models(0, 1), facts)))
    assert (found["digest"].values[1], found["digest"].absent) == (None, "not recorded")
    assert not [key for key, row in found.items() if row.differs]
    nobody = of_model(compare(Recorded(run_table(2), (), models(0, 1))))
    assert nobody["digest"].values == (None, None)
    assert "digest" not in of_model(compare(Recorded(run_table(2))))


def test_the_digest_is_told_by_the_tag_where_the_file_was_not_read_and_never_by_a_file_that_was_changed():
    table = run_table(2, tags={names.MODEL_DIGEST_TAG: ["f" * 64, "e" * 64]})
    changed = manifest(MLmodel="a").to_json().replace("a" * 64, "b" * 64)
    found = of_model(compare(Recorded(table, (), models(0, 1), {"run-1": kept(changed)})))
    assert found["digest"].values[0] == "f" * 64
    assert str(found["digest"].values[1]).startswith("does not count: The manifest contradicts itself")


def test_other_bytes_of_a_model_do_not_explain_other_results():
    table = run_table(2, {"val_AUROC": [0.9, 0.8]}, {"lr": ["0.1", "0.1"]})
    facts = {f"run-{at}": kept(manifest(MLmodel=sha)) for at, sha in enumerate("ab")}
    seen = see(Recorded(table, (), models(0, 1), facts), None, choose_ranking(table), {})
    assert seen.comparison["model"].differing
    assert seen.summary.warning.startswith("The metrics differ and nothing that was recorded does.")


def test_the_recorded_architecture_comes_first_and_its_consequences_name_it():
    table = run_table(2, {"val_AUROC": [0.9, 0.8]}, {**TRACKED, "seed": ["1", "2"], "lr": ["0.1", "0.1"]})
    comparison = compare(Recorded(table))
    assert comparison.sections[0].name == "model"
    assert [(row.key, row.repeats) for row in comparison["model"].differing] == [
        ("architecture", ""), ("parameters", "architecture"), ("widths", "architecture")
    ]  # fmt: skip
    assert comparison["params"].counts == "1 of 2 params differs"  # the seed
    seen = see(comparison.recorded, "run-0", choose_ranking(table), {})
    assert seen.summary.causes[0].startswith("architecture Dense 32 relu → Dense 1 sigmoid → Dense 8 relu")
    assert "architecture" not in {record.what for record in missing_records(comparison.recorded)}


def test_weights_that_another_input_made_more_of_stand_for_themselves():
    told = {**TRACKED, names.ARCHITECTURE_PARAM: ["Dense 8"] * 2, names.WIDTHS_PARAM: ["8"] * 2}
    comparison = compare(Recorded(run_table(2, params=told)))
    assert [(row.key, row.repeats) for row in comparison["model"].differing] == [("parameters", "")]


def test_a_summary_and_a_param_of_the_same_network_are_no_difference():
    params = {names.ARCHITECTURE_PARAM: ["Dense 32 relu", None], names.LAYERS_PARAM: ["1", None]}
    facts = {"run-0": network(32), "run-1": network(32)}
    found = of_model(compare(Recorded(run_table(2, params=params), files=facts)))
    assert found["architecture"].values == ("Dense 32 relu", "Dense 32")
    assert not [key for key, row in found.items() if row.differs]


def test_a_param_of_such_a_name_without_an_architecture_is_somebody_elses():
    table = run_table(2, params={names.LAYERS_PARAM: ["2", "3"], names.ARCHITECTURE_PARAM: [None, "resnet"]})
    comparison = compare(Recorded(table))
    assert [row.key for row in comparison["params"].rows] == [names.LAYERS_PARAM]
    assert of_model(comparison)["architecture"].values == (None, "resnet")


@pytest.mark.parametrize("everything", [False, True])
def test_the_report_has_null_where_the_page_says_not_recorded(everything: bool):
    table = run_table(3, {"val_AUROC": [0.9, 0.8, 0.7]})
    facts = {f"run-{at}": kept(manifest(MLmodel=sha)) for at, sha in enumerate("ab")}
    report = diff_report(see(Recorded(table, (), models(0, 1, 2), facts), None, choose_ranking(table), {}), everything)
    digest = next(row for row in report["sections"]["model"] if row["key"] == "digest")
    assert digest["values"][2] is None
    assert digest["differs"]
