"""A host whose container never gets healthy."""

from typing import Any


def test_its_stack_fails_and_explain_shows_the_last_lines_of_the_container(
    booted: Any, docker: Any
) -> None:
    checkout = booted.checkout

    done = checkout.cdinfra("up", "sick", f"--release=sick={booted.releases['v1']}")

    assert done.returncode == 4, done.stderr
    assert "Received FAILURE signal with UniqueId i-" in done.stdout + done.stderr
    assert checkout.hosts(docker, "e2e-dev-sick") == []
    told = checkout.cdinfra("explain", "sick")
    assert "app: v1 listens" in told.stdout
    assert "the database is away" in told.stdout
