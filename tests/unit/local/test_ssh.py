import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from cdinfra.errors import InvalidInputError, LocalCloudError
from cdinfra.local.hosts.container import (
    ACCOUNT_LABEL,
    INSTANCE_LABEL,
    LABEL,
    REGION_LABEL,
    USER_LABEL,
)
from cdinfra.local.hosts.docker import Docker
from cdinfra.local.hosts.local_hosts import cloud_name
from cdinfra.local.ssh import SshHost, find_host, host_keys, make_key, ssh_command

HOST = SshHost(
    instance_id="i-0123456789abcdef0",
    container="cdinfra-1-i-0123456789abcdef0",
    address="172.18.0.2",
    region="eu-west-1",
    account="123456789012",
    user="ubuntu",
)

CLIENT = """
import json, sys
state = json.loads(sys.argv[1])
verb, *rest = sys.argv[2:]
if verb == "ps":
    assert "label=" + state["label"] in rest, rest
    print("\\n".join(state["containers"]))
elif verb == "inspect":
    print(json.dumps([state["containers"][name] for name in rest]))
else:
    print(state["keys"])
    sys.exit(state["code"])
"""


def engine(state_dir: Path, *hosts: SshHost, keys: str = "", code: int = 0) -> Docker:
    """An engine that runs these hosts."""
    containers = {
        host.container: {
            "Name": f"/{host.container}",
            "Config": {
                "Labels": {
                    INSTANCE_LABEL: host.instance_id,
                    REGION_LABEL: host.region,
                    ACCOUNT_LABEL: host.account,
                    USER_LABEL: host.user,
                }
            },
            "NetworkSettings": {"Networks": {"cdinfra-1": {"IPAddress": host.address}}},
        }
        for host in hosts
    }
    label = f"{LABEL}={cloud_name(state_dir)}"
    state = {"label": label, "containers": containers, "keys": keys, "code": code}
    return Docker((sys.executable, "-c", CLIENT, json.dumps(state)))


def test_a_host_is_found_among_those_of_its_local_cloud(tmp_path: Path) -> None:
    assert find_host(engine(tmp_path, HOST), tmp_path, HOST.instance_id) == HOST


def test_an_instance_without_a_host_is_refused_with_those_that_have_one(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="no host i-9 runs in this local cloud") as error:
        find_host(engine(tmp_path, HOST), tmp_path, "i-9")
    assert error.value.problems[0].allowed == (HOST.instance_id,)
    with pytest.raises(InvalidInputError, match="none runs"):
        find_host(engine(tmp_path), tmp_path, "i-9")


def test_the_keys_of_a_host_are_known_under_its_instances_id(tmp_path: Path) -> None:
    keys = "ssh-ed25519 AAAA root@ip-1\nssh-rsa BBBB root@ip-1\n"
    assert host_keys(engine(tmp_path, HOST, keys=keys), HOST) == (
        "i-0123456789abcdef0 ssh-ed25519 AAAA\ni-0123456789abcdef0 ssh-rsa BBBB\n"
    )


@pytest.mark.parametrize(("keys", "code"), [("", 0), ("", 1), ("cat: no such file", 1)])
def test_a_host_without_keys_is_still_booting(tmp_path: Path, keys: str, code: int) -> None:
    with pytest.raises(LocalCloudError, match="still booting") as error:
        host_keys(engine(tmp_path, HOST, keys=keys, code=code), HOST)
    assert error.value.hint == "try again in a few seconds"


def test_a_key_is_made_once_and_closed_to_others(tmp_path: Path) -> None:
    path = tmp_path / "a folder" / "key"
    path.parent.mkdir()
    make_key(path)
    made = path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    assert path.with_suffix(".pub").read_text().startswith("ssh-ed25519 ")
    make_key(path)
    assert path.read_text() == made


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(LocalCloudError, match="ssh-keygen made no key"):
        make_key(tmp_path / "none" / "key")


def test_ssh_checks_the_host_and_offers_no_other_key(tmp_path: Path) -> None:
    folder = tmp_path / "a 100%h folder"
    argv = ssh_command(HOST, "root", key=folder / "key", known_hosts=folder / "known")
    shown = subprocess.run(
        [argv[0], "-G", *argv[1:]], capture_output=True, text=True, check=True
    ).stdout
    settings = dict(line.split(" ", 1) for line in shown.splitlines() if " " in line)
    assert settings["hostname"] == HOST.address
    assert settings["user"] == "root"
    assert settings["stricthostkeychecking"] == "true"
    assert settings["hostkeyalias"] == HOST.instance_id
    assert settings["identitiesonly"] == "yes"
    assert settings["globalknownhostsfile"] == "none"
    for name, file in (("identityfile", "key"), ("userknownhostsfile", "known")):
        (value,) = shlex.split(settings[name]) if '"' in settings[name] else (settings[name],)
        assert value.replace("%%", "%") == str(folder / file)
