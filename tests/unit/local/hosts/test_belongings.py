import shutil
import sys
from pathlib import Path

import pytest

from cdinfra.aws.connection import Clients, Connection
from cdinfra.local.hosts.belongings import cloud_name, has_belongings, remove_belongings
from cdinfra.local.hosts.docker import Docker
from cdinfra.local.hosts.local_hosts import LocalHosts, Place, is_open_to_hosts

PROGRAM = """
import shutil
import sys
open(sys.argv[1], "a").write(" ".join(sys.argv[2:]) + "\\n")
listing = sys.argv[2] == "ps" or sys.argv[2:4] == ["network", "ls"]
print("one\\ntwo" if listing and sys.argv[1].endswith("full") else "")
"""


def docker(calls: Path) -> Docker:
    """A client that notes its calls; it lists two of each where the file is called full."""
    return Docker((sys.executable, "-c", PROGRAM, str(calls)))


def test_a_folder_has_one_name_whatever_path_leads_there(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    assert not has_belongings(folder)
    name = cloud_name(folder)
    link = tmp_path / "link"
    link.symlink_to(folder)
    assert cloud_name(link) == cloud_name(folder) == name
    assert has_belongings(folder)


def test_two_folders_have_two_names_also_at_the_same_path(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    first = cloud_name(folder)
    (folder / "hosts-name").unlink()
    assert cloud_name(folder) != first


def test_containers_and_networks_of_that_name_are_removed(tmp_path: Path) -> None:
    calls = tmp_path / "full"
    assert remove_belongings(docker(calls), "4f1c")
    asked, removed, _, network = calls.read_text().splitlines()
    assert asked.endswith("label=cdinfra.local=4f1c")
    assert removed == "rm --force --volumes one two"
    assert network == "network rm one two"


def test_where_nothing_is_nothing_is_removed(tmp_path: Path) -> None:
    calls = tmp_path / "empty"
    assert not remove_belongings(docker(calls), "4f1c")
    assert "rm" not in calls.read_text().split()


@pytest.mark.parametrize(
    ("path", "is_open"),
    [
        ("/", True),
        ("/v2/anything", True),
        ("/_cdinfra/registry/token", True),
        ("/_cdinfra/wait-condition/abc", True),
        ("/_cdinfra/faults", False),
        ("/_cdinfra/health", False),
        ("/_cdinfra/internal/123456789012/", False),
    ],
)
def test_hosts_reach_the_services_and_not_who_works_with_the_machine(
    path: str, *, is_open: bool
) -> None:
    assert is_open_to_hosts(path) is is_open


def test_the_name_is_known_when_the_folder_is_gone(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    place = Place(folder=folder, port=4566, app=lambda *_: [])
    hosts = LocalHosts(
        docker(tmp_path / "empty"), place, clients=lambda *_: Clients(Connection()), routes=dict
    )
    name = hosts.name
    shutil.rmtree(folder)
    assert hosts.name == name
