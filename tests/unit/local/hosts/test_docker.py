import sys

import pytest

from cdinfra.local.hosts.docker import Docker, DockerError


def client(program: str) -> Docker:
    """A client that is a Python program."""
    return Docker((sys.executable, "-c", program))


def test_what_the_client_prints_is_returned_and_no_argument_is_touched() -> None:
    words = ("run", "a b", "$HOME;'\"", "--x=\n")
    printed = client("import sys; print(sys.argv[1:])").run(*words)
    assert printed == str([*words])


def test_standard_input_is_what_is_given_else_empty() -> None:
    docker = client("import sys; print(len(sys.stdin.read()))")
    assert docker.run("login", stdin=b"secret") == "6"
    assert docker.run("login") == "0"


def test_what_a_call_gets_beside_the_environment_is_for_it_alone() -> None:
    docker = client("import os; print(os.environ.get('http_proxy'), bool(os.environ['PATH']))")
    ran = docker.attempt("build", extra={"http_proxy": "http://p:1"})
    assert ran.text == "http://p:1 True"
    assert docker.run("build") == "None True"


def test_a_failure_says_the_engines_last_line() -> None:
    docker = client("import sys; print('a', file=sys.stderr); sys.exit('Error: no space')")
    with pytest.raises(DockerError, match="docker pull: Error: no space"):
        docker.run("pull")
    ran = docker.attempt("pull")
    assert (ran.code, ran.reason) == (1, "Error: no space")


def test_what_the_client_advises_after_a_failure_is_not_the_reason() -> None:
    code = "import sys; sys.exit('docker: port is taken\\n\\nRun \\'docker run --help\\' for more')"

    assert client(code).attempt("run").reason == "docker: port is taken"


def test_a_failure_without_a_word_says_its_code() -> None:
    assert client("import sys; sys.exit(3)").attempt("ps").reason == "exit code 3"


def test_a_client_that_hangs_is_ended() -> None:
    with pytest.raises(DockerError, match="docker ps did not end within 0 s"):
        client("import time; time.sleep(60)").attempt("ps", seconds=0.2)


def test_no_client_is_one_message_with_what_to_do() -> None:
    with pytest.raises(DockerError, match="no-such-docker cannot be run") as caught:
        Docker(("no-such-docker",)).attempt("ps")
    assert "install Docker" in caught.value.hint


def test_a_started_client_is_ended_with_its_block() -> None:
    docker = client("print('ready', flush=True); import time; time.sleep(60)")
    with docker.started("events") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
    assert process.returncode is not None
