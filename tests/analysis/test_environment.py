from mlreview.analysis.environment import packages, python_version, recorded_packages, recorded_python, version_step


def test_a_requirements_file_is_read_with_its_oddities():
    text = "\n".join(
        ["mlflow==3.17.2", "Scikit_Learn == 1.5 # pinned", "numpy>=2,<3", "pandas", "-r other.txt", "# note", "???",
         "model @ https://a.example/model.whl", "torch==2.4.0+cu121 --hash=sha256:00", "  - keras==3.15.1"]
    )  # fmt: skip
    assert packages(text) == {
        "mlflow": "3.17.2",
        "scikit-learn": "1.5",
        "numpy": "<3,>=2",
        "pandas": "",
        "model": "@ https://a.example/model.whl",
        "torch": "2.4.0+cu121",
        "keras": "3.15.1",
    }


def test_python_is_read_from_either_file():
    assert python_version("python: 3.11.7\nbuild_dependencies:\n- pip==23.2.1\n") == "3.11.7"
    assert python_version("dependencies:\n- python=3.11.7\n- pip<=23.2.1\n") == "3.11.7"
    assert recorded_python({"model/MLmodel": "flavors:\n  python_function:\n    python_version: 3.11.7\n"}) == "3.11.7"
    assert python_version("nothing") is None


def test_the_most_exact_list_of_packages_counts():
    files = {"model/conda.yaml": "  - numpy>=1\n", "model/requirements.txt": "numpy==2.4.6\n"}
    assert recorded_packages(files) == {"numpy": "2.4.6"}


def test_a_step_between_versions_is_named():
    assert [version_step(*pair) for pair in [(None, "1"), ("1", None), ("1.9", "1.10"), ("2", "1"), ("1", "1.0"),
                                             ("odd", "1")]] == ["added", "removed", "newer", "older", "same",
                                                                "changed"]  # fmt: skip
