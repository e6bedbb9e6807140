"""Host images that cannot be built: what a person is told, and where."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

BUILDS_NOTHING = """#!/bin/sh
case "$1 $2 $5" in
    "image inspect cdinfra-local/base:"*) ;;
    "image inspect cdinfra-local/"*) exit 1 ;;
    build*)
        echo "Get:1 bookworm/main" >&2
        echo "E: Failed to fetch http://deb.example/a.deb  Could not resolve" >&2
        echo "The command '/bin/sh -c apt-get' returned a non-zero code: 100" >&2
        exit 1 ;;
esac
exec {docker} "$@"
"""


def test_a_build_that_fails_is_told_after_up_and_with_its_last_lines_in_the_status(
    new_checkout: Callable[..., Any], images: Any, tmp_path: Path
) -> None:
    assert images
    client = tmp_path / "docker"
    client.write_text(BUILDS_NOTHING.format(docker=shutil.which("docker")))
    client.chmod(0o755)
    environ = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    checkout = new_checkout("failed-build", environ=environ)
    none = f"127.0.0.1:1/shop@sha256:{'0' * 64}"

    up = checkout.cdinfra("up", "network", "registry", "web", f"--release=web={none}")

    assert up.returncode == 4, up.stdout + up.stderr
    (line,) = (each for each in up.stderr.splitlines() if each.startswith("Hosts cannot"))
    assert line.endswith(
        "cannot be built: Failed to fetch http://deb.example/a.deb  Could not resolve; "
        "see `cdinfra local status`."
    )
    status = checkout.cdinfra("local", "status").stdout.splitlines()
    assert not [each for each in status if each.startswith("doing")]
    (number,) = (each for each, line in enumerate(status) if line.startswith("failure "))
    assert [each.strip() for each in status[number + 1 :]] == [
        "Get:1 bookworm/main",
        "E: Failed to fetch http://deb.example/a.deb  Could not resolve",
        "The command '/bin/sh -c apt-get' returned a non-zero code: 100",
    ]
    instances = checkout.client("ec2").describe_instances()["Reservations"]
    instance_id = instances[0]["Instances"][0]["InstanceId"]
    said = checkout.client("ec2").get_console_output(InstanceId=instance_id)["Output"]
    assert "the local cloud: E: Failed to fetch http://deb.example/a.deb" in said
