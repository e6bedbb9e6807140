import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from cdinfra.cli.rollout_author import author_of
from cdinfra.rollout.record import Author

JENKINS = {
    "BUILD_USER_ID": "ann",
    "BUILD_URL": "https://ci.example.com/job/web/7/",
    "GIT_COMMIT": "c0ffee",
}
GITHUB = {
    "GITHUB_ACTOR": "ann",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "acme/shop",
    "GITHUB_RUN_ID": "42",
    "GITHUB_SHA": "c0ffee",
}
GITLAB = {
    "GITLAB_USER_LOGIN": "ann",
    "CI_JOB_URL": "https://gitlab.example.com/acme/shop/-/jobs/42",
    "CI_COMMIT_SHA": "c0ffee",
}
NOBODY = Author(who="")


@pytest.mark.parametrize(
    ("variables", "run_url"),
    [
        (JENKINS, "https://ci.example.com/job/web/7/"),
        (GITHUB, "https://github.com/acme/shop/actions/runs/42"),
        (GITLAB, "https://gitlab.example.com/acme/shop/-/jobs/42"),
    ],
)
def test_a_ci_server_tells_who_where_and_which_commit(
    variables: Mapping[str, str], run_url: str, tmp_path: Path
) -> None:
    expected = Author(who="ann", run_url=run_url, commit="c0ffee")
    assert author_of(NOBODY, variables, tmp_path) == expected


def test_the_options_come_first(tmp_path: Path) -> None:
    given = Author(who="me", run_url="https://example.com", commit="1")
    assert author_of(given, JENKINS, tmp_path) == given


def test_a_run_of_which_github_tells_half_has_no_address(tmp_path: Path) -> None:
    assert author_of(NOBODY, {"GITHUB_RUN_ID": "42"}, tmp_path).run_url == ""


def test_without_a_server_it_is_the_user_and_the_commit_that_is_checked_out(tmp_path: Path) -> None:
    assert author_of(NOBODY, {}, tmp_path).commit == ""
    as_somebody = ("-c", "user.name=me", "-c", "user.email=me@example.com")
    for words in (("init", "-q"), (*as_somebody, "commit", "-q", "--allow-empty", "-m", "first")):
        subprocess.run(("/usr/bin/env", "git", "-C", str(tmp_path), *words), check=True)
    author = author_of(NOBODY, {}, tmp_path)
    assert len(author.commit) == 40
    assert author.who.partition("@")[2]
