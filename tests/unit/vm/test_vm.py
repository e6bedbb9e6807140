"""The parts of the virtual machine's test that boot nothing: its shape, its words, its page."""

import json
import re
import socket
from datetime import date
from http.client import HTTPConnection
from ipaddress import ip_address, ip_network
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

import pytest

from cdinfra.local.listener import make_server

TESTS = Path(__file__).parents[2]
CONSOLE = """\
[  190.1] cloud-init[612]: ci-info: no authorized keys
-----BEGIN SSH HOST KEY KEYS-----
ecdsa-sha2-nistp256 AAAA1 root@ip-172-31-0-4
ssh-ed25519 AAAA2 root@ip-172-31-0-4
-----END SSH HOST KEY KEYS-----
"""


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(TESTS)
    from vm import machine  # noqa: PLC0415 - found through the path above

    return machine


@pytest.fixture
def tools(machine: ModuleType) -> ModuleType:
    assert machine
    from vm import tools  # noqa: PLC0415 - found through the path above

    return tools


@pytest.fixture
def figures(machine: ModuleType) -> ModuleType:
    assert machine
    from vm import figures  # noqa: PLC0415 - found through the path above

    return figures


@pytest.fixture
def shop(machine: ModuleType) -> ModuleType:
    assert machine
    from vm import shop  # noqa: PLC0415 - found through the path above

    return shop


def command(machine: ModuleType) -> str:
    from vm import image  # noqa: PLC0415 - found through the path that the machine was found through

    folder = Path("folder")
    built = machine.build_command(
        machine.Instance(
            instance_id="i-0123456789abcdef0",
            instance_type="t3.small",
            private_address="172.31.0.4",
            mac="02:42:ac:1f:00:04",
            root_gibibytes=8,
        ),
        image.Image(
            disk=folder / "disk.img",
            kernel=folder / "vmlinuz",
            initrd=folder / "initrd.img",
            key=folder / "id_ed25519",
        ),
        folder / "copy.img",
        folder / "console.log",
        machine.Ways(into={2222: 22}, out={(machine.METADATA, 80): 4000}),
    )
    return " ".join(built)


def test_the_firmwares_tables_say_ec2(machine: ModuleType) -> None:
    built = command(machine)
    (uuid,) = re.findall(r"uuid=([0-9a-f-]{36}),", built)
    assert uuid.startswith("ec2")
    assert f"serial={uuid}" in built
    assert "vendor=Amazon EC2" in built
    assert "asset=i-0123456789abcdef0" in built


def test_the_metadata_service_is_inside_of_the_machines_network(
    machine: ModuleType, shop: ModuleType
) -> None:
    network = ip_network(machine.NETWORK)
    inside = (machine.METADATA, machine.ROUTER, machine.RESOLVER, "172.31.0.4")
    assert [each for each in inside if ip_address(each) not in network] == []
    assert ip_address("172.31.0.4") in ip_network(shop.ADDRESSES)
    assert re.search(r"guestfwd=tcp:169\.254\.169\.254:80-cmd:\S+ -I -S \S+ 4000", command(machine))


def test_a_machine_is_reached_from_this_machine_only(machine: ModuleType) -> None:
    assert re.findall(r"hostfwd=(\S+?)[, ]", command(machine) + " ") == ["tcp:127.0.0.1:2222-:22"]


def test_the_keys_of_the_ssh_server_are_read_from_the_console(machine: ModuleType) -> None:
    keys = machine.host_keys(CONSOLE)
    assert [key.split()[1] for key in keys] == ["AAAA1", "AAAA2"]
    assert machine.host_keys(CONSOLE.partition("-----END")[0]) == []


def test_what_is_missing_is_named_with_the_packages_that_bring_it(
    tools: ModuleType, tmp_path: Path
) -> None:
    for name in set(tools.PACKAGES) - {"mke2fs", "skopeo"}:
        (tmp_path / name).write_text("", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    with pytest.raises(tools.MissingProgramsError) as raised:
        tools.check_programs(str(tmp_path), is_root=False)
    assert str(raised.value) == (
        "this test needs mke2fs, skopeo, newuidmap\n"
        "hint: apt-get install --no-install-recommends e2fsprogs skopeo uidmap"
    )


def test_a_program_that_fails_is_told_with_its_own_words(tools: ModuleType) -> None:
    with pytest.raises(tools.FailedProgramError, match="sh ended with 3: no disk"):
        tools.run("sh", "-c", "echo no disk >&2; exit 3")


def test_the_host_runs_the_release_on_debian_from_its_first_boot(shop: ModuleType) -> None:
    release = f"127.0.0.1:5000/shop-dev/web@sha256:{'a' * 64}"
    web = shop.build_shop(release).build()[-1]
    assert web.name == "web"
    assert web.parameters["Release"].initial == release
    group = web.document["Resources"]["AutoScalingGroup"]
    assert group["CreationPolicy"]["ResourceSignal"]["Count"] == 1
    assert "debian" in web.document["Parameters"]["ImageId"]["Default"]


def test_the_page_shows_each_machine_in_a_column(figures: ModuleType) -> None:
    slow = figures.read_blame("     08.22000s (init-network/config-ssh)\nnonsense\n")
    one, two = (
        figures.Figures(
            title=title,
            kernel_seconds=10.4,
            serving_seconds=serving,
            signal_seconds=serving + 1,
            cloud_init_seconds=serving + 2,
            again_seconds=60.0,
            modules=slow,
            memory_mebibytes=300,
            disk_mebibytes=900,
            versions={"kernel": "6.1.0-56-cloud-amd64"},
        )
        for title, serving in (("one", 100.0), ("two", 200.0))
    )
    page = figures.build_page([one, two], date(2026, 11, 24), "QEMU 7.2", 2.04)
    assert "the load was 2.0 in all" in page
    assert "| | one | two |" in page
    assert "| the container serves | 100 s | 200 s |" in page
    assert "| kernel | 6.1.0-56-cloud-amd64 | 6.1.0-56-cloud-amd64 |" in page
    assert page.count("| `init-network/config-ssh` | 8.2 |") == 2


def ask(port: int, target: str) -> tuple[int, str, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", "/?a=b", b"body", {"X-Amz-Target": target})
    with connection.getresponse() as answer:
        found = answer.status, answer.headers["Content-Type"], answer.read()
    connection.close()
    return found


def test_the_machine_gets_a_login_and_for_the_rest_the_local_clouds_answers(
    machine: ModuleType,
) -> None:
    assert machine
    from vm import ecr  # noqa: PLC0415 - found through the path that the machine was found through

    def cloud(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        said = f"{environ['QUERY_STRING']} ".encode() + environ["wsgi.input"].read()
        start_response("409 Conflict", [("Content-Type", "application/x-amz-json-1.1")])
        return [said]

    listener = socket.create_server(("127.0.0.1", 0))
    server = make_server(listener, cloud)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        with ecr.serving(listener.getsockname()[1], "http://127.0.0.1:5000") as port:
            status, _, login = ask(port, ecr.LOGIN)
            assert status == 200
            (given,) = json.loads(login)["authorizationData"]
            assert given["proxyEndpoint"] == "http://127.0.0.1:5000"
            other = ask(port, "AmazonSSM.GetParameter")
            assert other == (409, "application/x-amz-json-1.1", b"a=b body")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        listener.close()
