"""The example's user data boots a whole virtual machine: ``make test-vm``.

Two machines, one after the other: on the first one's disk is Docker, on the second one's the
host agent has to install it. What they write on their serial consoles is kept beside the
disks, in ``~/.cache/cdinfra/vm/runs``. The disks are made once, of the packages of that day:
delete the folder to have newer ones.
"""

import os
import re
import shutil
import signal
import sys
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from cdinfra.events import Outcome
from cdinfra.local.hosts.metadata.tree import mac_address
from vm import ecr, metadata, registry, shop
from vm.figures import Figures, build_page, read_blame
from vm.image import ENDPOINT_PORT, NEIGHBOUR, REGISTRY_PORT, cache_folder, load_image
from vm.machine import METADATA, Instance, Machine, Ways, free_port, running
from vm.tools import MissingProgramsError, check_programs, first_line

PAGE = Path(__file__).parents[2] / "docs" / "vm.md"
REPOSITORY = f"shop-{shop.ENV}/web"
ROOT_GIBIBYTES = 8
VERSIONS = {
    "system": ". /etc/os-release; echo $PRETTY_NAME $(cat /etc/debian_version)",
    "kernel": "uname -r",
    "cloud-init": "dpkg-query -W -f '${Version}' cloud-init",
    "Docker": "docker version --format '{{.Server.Version}}'",
}
"""How the machine says what it runs."""

KINDS = {"ready": "with Docker on the disk", "bare": "Docker installed by the agent"}


@dataclass(frozen=True, kw_only=True)
class Boot:
    """A machine that has booted, and all that it was made for.

    Attributes:
        kind: Which of the two.
        machine: The machine.
        shop: What waits for it.
        web: Port here that leads to its port 80.
        serving_seconds: When it served, after power-on.
        switched_on: When that was, in seconds since 1970.
    """

    kind: str
    machine: Machine
    shop: shop.Shop
    web: int
    serving_seconds: float
    switched_on: float


@pytest.fixture(scope="session", autouse=True)
def _programs() -> None:
    os.environ["CDINFRA_HOSTS"] = "off"
    # A job that is cancelled takes its machine with it, as one that is interrupted does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        check_programs()
    except MissingProgramsError as error:
        pytest.exit(str(error), returncode=1)


@pytest.fixture(scope="session")
def taken(request: pytest.FixtureRequest) -> Iterator[list[Figures]]:
    """The figures of each machine; they become the page when all is well."""
    figures: list[Figures] = []
    yield figures
    if len(figures) == len(KINDS) and not request.session.testsfailed:
        emulator = first_line("qemu-system-x86_64", "--version").replace(" emulator version", "")
        page = build_page(figures, datetime.now(UTC).date(), emulator, os.getloadavg()[2])
        PAGE.write_text(page, encoding="utf-8")


@pytest.fixture(scope="module", params=KINDS)
def boot(request: pytest.FixtureRequest) -> Iterator[Boot]:
    """A machine that serves; one at a time."""
    kind = str(request.param)
    folder = cache_folder() / "runs" / kind
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sys.stdout.write(f"what the machine says: {folder / 'console.log'}\n")
    image = load_image(with_engine=kind == "ready")
    with ExitStack() as stack:
        pulled_from = stack.enter_context(registry.serving(folder))
        digest = registry.push_greeter(pulled_from, REPOSITORY, folder)
        release = f"127.0.0.1:{REGISTRY_PORT}/{REPOSITORY}@{digest}"
        made = stack.enter_context(shop.making(folder / "cloud", release))
        facts = metadata.read_facts(made.clients, made.instance_id)
        service = stack.enter_context(metadata.serving(made.clients, made.instance_id))
        cloud = stack.enter_context(
            ecr.serving(made.cloud.port, f"http://127.0.0.1:{REGISTRY_PORT}")
        )
        web, ssh = free_port(), free_port()
        ways = Ways(
            into={web: 80, ssh: 22},
            out={
                (METADATA, 80): service,
                (NEIGHBOUR, ENDPOINT_PORT): cloud,
                (NEIGHBOUR, REGISTRY_PORT): pulled_from,
            },
        )
        instance = Instance(
            instance_id=facts.instance_id,
            instance_type=facts.instance_type,
            private_address=facts.address,
            mac=mac_address(facts.address),
            root_gibibytes=ROOT_GIBIBYTES,
        )
        switched_on = time.time()
        machine = stack.enter_context(running(instance, image, ways, folder))
        yield Boot(
            kind=kind,
            machine=machine,
            shop=made,
            web=web,
            serving_seconds=machine.wait_until(lambda: serves(web, made), "it served"),
            switched_on=switched_on,
        )


def greeting(port: int) -> str | None:
    """Return what the machine's container answers; None where nothing does."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
            return str(answer.read().decode())
    except (URLError, OSError):
        return None


def serves(port: int, made: shop.Shop) -> bool:
    """Say whether the machine serves, as long as it can come to that.

    Raises:
        StackFailedError: The machine has signalled that it cannot.
    """
    if made.creation.done():
        made.creation.result()
    return greeting(port) is not None


def test_the_machine_serves_its_container(boot: Boot) -> None:
    assert greeting(boot.web) == registry.GREETING


def test_cloudformation_gets_the_signal_and_completes_the_stack(boot: Boot) -> None:
    assert boot.shop.outcome() is Outcome.CREATED
    reason, _ = boot.shop.signalled() or ("", 0.0)
    assert reason == f"Received SUCCESS signal with UniqueId {boot.shop.instance_id}"


def test_cloud_init_ends_without_error_or_warning(boot: Boot) -> None:
    status = boot.machine.ssh("cloud-init status --wait --long", seconds=300)
    assert status.strip().startswith("status: done"), status
    log = boot.machine.ssh("cat /var/log/cloud-init.log").splitlines()
    assert len(log) > 100
    assert [line for line in log if re.search(r"\[(WARNING|ERROR|CRITICAL)\]", line)] == []
    assert boot.machine.ssh("systemctl list-units --failed --no-legend --plain").strip() == ""


def test_cloud_init_finds_ec2_by_the_firmwares_tables(boot: Boot) -> None:
    assert boot.machine.ssh("cloud-id").strip() == "aws"
    identified = boot.machine.ssh("cat /run/cloud-init/ds-identify.log")
    assert "ec2 platform is 'AWS'" in identified
    assert "Found single datasource: Ec2" in identified


def test_user_data_is_byte_for_byte_the_launch_templates(boot: Boot) -> None:
    seen = boot.machine.ssh("base64 /var/lib/cloud/instance/user-data.txt")
    assert b64decode(seen) == boot.shop.template_user_data()


def test_the_agent_installs_docker_where_it_is_missing(boot: Boot) -> None:
    installing = re.findall(r"cdinfra-host\[\d+\]: installing (.*)", boot.machine.console())
    assert [line.split()[0] for line in installing] == (
        ["docker.io"] if boot.kind == "bare" else []
    )


def test_the_file_system_grows_to_the_disk(boot: Boot) -> None:
    mebibytes = int(boot.machine.ssh("df --output=size -BM / | tail -n 1").strip().rstrip("M"))
    assert mebibytes > 0.9 * ROOT_GIBIBYTES * 1024


def test_apparmor_confines_the_container_and_cgroup_v2_holds_it(boot: Boot) -> None:
    name = "$(docker ps --quiet)"
    inspected = f"docker inspect --format '{{{{.AppArmorProfile}}}} {{{{.State.Pid}}}}' {name}"
    profile, pid = boot.machine.ssh(inspected).split()
    assert profile == "docker-default"
    confined = boot.machine.ssh(f"cat /proc/{pid}/attr/current").strip()
    assert confined == "docker-default (enforce)"
    assert boot.machine.ssh("stat -fc %T /sys/fs/cgroup").strip() == "cgroup2fs"


def test_the_containers_log_reaches_the_log_group(boot: Boot) -> None:
    assert greeting(boot.web) == registry.GREETING
    boot.machine.wait_until(
        lambda: any("response:200" in line for line in boot.shop.log_lines()), "its log arrived"
    )


def test_the_machine_serves_again_after_a_reboot(boot: Boot, taken: list[Figures]) -> None:
    figures = measure(boot)
    ordered = boot.machine.seconds()
    boot.machine.ssh("systemctl --no-block reboot")
    boot.machine.wait_until(lambda: greeting(boot.web) is None, "it stopped serving")
    again = boot.machine.wait_until(lambda: greeting(boot.web) is not None, "it served again")
    assert greeting(boot.web) == registry.GREETING
    taken.append(replace(figures, again_seconds=again - ordered))


def measure(boot: Boot) -> Figures:
    """Return the figures of a machine before its reboot."""
    ssh = boot.machine.ssh
    _, signalled = boot.shop.signalled() or ("", boot.switched_on)
    # The machine's own clock of this kind begins with its kernel, after the firmware.
    firmware = boot.machine.seconds() - float(ssh("cut -d' ' -f1 /proc/uptime"))

    def when(unit: str, moment: str) -> float:
        microseconds = ssh(f"systemctl show {unit} --property={moment} --value")
        return firmware + int(microseconds) / 1_000_000

    return Figures(
        title=KINDS[boot.kind],
        kernel_seconds=when("", "UserspaceTimestampMonotonic"),
        serving_seconds=boot.serving_seconds,
        signal_seconds=signalled - boot.switched_on,
        cloud_init_seconds=when("cloud-final.service", "ActiveEnterTimestampMonotonic"),
        again_seconds=0.0,
        modules=read_blame(ssh("cloud-init analyze blame")),
        memory_mebibytes=int(ssh("free --mebi | awk '/^Mem:/ {print $3}'")),
        disk_mebibytes=int(ssh("df --output=used -BM / | tail -n 1").strip().rstrip("M")),
        versions={name: ssh(command).strip() for name, command in VERSIONS.items()},
    )
