import pytest

from mlreview.analysis.code_links import commit_address, comparison_address, pull_request_address, web_address

OLD, NEW = "a" * 40, "b" * 40


@pytest.mark.parametrize(
    "remote",
    [
        "https://github.com/team/model",
        "https://github.com/team/model.git",
        "https://joe:ghp_secret@github.com/team/model.git",
        "git@github.com:team/model.git",
        "ssh://git@github.com:22/team/model.git",
        "git+https://github.com/team/model.git/",
    ],
)
def test_every_way_of_writing_a_remote_is_one_page_without_credentials(remote: str):
    assert web_address(remote) == "https://github.com/team/model"


@pytest.mark.parametrize(
    "remote", [None, "", "/srv/git/model.git", "file:///srv/model", "C:\\model", "javascript:alert(1)//github.com/x",
               "https://", "https://github.com", "https://exa mple.com/x", "https://github.com/../x", "http://[bad/x"],
)  # fmt: skip
def test_what_is_no_address_of_a_repository_has_no_page(remote: str | None):
    assert web_address(remote) is None


def test_two_commits_of_one_repository_are_compared_on_its_host():
    github, gitlab = "git@github.com:team/model.git", "https://gitlab.team.example:8443/a/b/model.git"
    assert comparison_address((github, "https://github.com/team/model"), (OLD, NEW)) == (
        f"https://github.com/team/model/compare/{OLD}...{NEW}"
    )
    assert comparison_address((gitlab, gitlab), (OLD, NEW)) == (
        f"https://gitlab.team.example:8443/a/b/model/-/compare/{OLD}...{NEW}"
    )
    assert commit_address(github, NEW) == f"https://github.com/team/model/commit/{NEW}"


def test_no_comparison_is_made_up():
    github = "git@github.com:team/model.git"
    assert comparison_address((github, "git@github.com:other/model.git"), (OLD, NEW)) is None
    assert comparison_address((github, github), (OLD, OLD)) is None
    assert comparison_address((github, github), (OLD, None)) is None
    assert comparison_address((github, github), (OLD, "main?x=<script>")) is None
    assert comparison_address(("https://git.example/x", "https://git.example/x"), (OLD, NEW)) is None


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("See https://github.com/team/model/pull/7.", "https://github.com/team/model/pull/7"),
        (
            "[MR](https://gitlab.example.com/a/b/c/-/merge_requests/12)",
            "https://gitlab.example.com/a/b/c/-/merge_requests/12",
        ),
        ("https://github.com/team/model/pull/7/files", None),
        ("http://github.com/team/model/pull/7", None),
        ("https://evil.example/team/model/pull/7", None),
        ("https://user@github.com/team/model/pull/7", None),
    ],
)
def test_a_pull_request_is_found_in_what_people_wrote(text: str, address: str | None):
    assert pull_request_address(["", text]) == address
