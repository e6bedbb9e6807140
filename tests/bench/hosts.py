"""Times hosts of the local cloud from launch to serving: ``make bench-hosts``.

Writes its part of docs/bench.md. Needs a Docker engine; the figures are of one machine.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from launches import (
    Launched,
    Launcher,
    answers,
    find_ami,
    find_login,
    make_profile,
    run_json,
)
from sections import write_section
from table import Row, rows_table, seconds_text
from timing import Timing

import cdinfra
from cdinfra.aws.connection import Clients
from cdinfra.local.hosts.docker import Docker
from cdinfra.local.hosts.image import Images, Target
from cdinfra.local.process import LocalCloud, start, stop

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "bench.md"
PROJECT = Path(__file__).parent / "projects" / "hosts"
APP = ROOT / "tests" / "e2e" / "app"
GROUPS = (1, 3, 10)
STAGES = 4
"""How many of the longest parts of a boot are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """A stack of hosts that was brought up.

    Attributes:
        hosts: How many.
        seconds: How long ``cdinfra up`` took, with the stack's other resources.
        memory: What each host takes once it is idle, in MiB.
        served: How many answer.
    """

    hosts: int
    seconds: float
    memory: tuple[float, ...]
    served: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Brings up stacks of hosts with cdinfra.

    Attributes:
        folder: Folder of the app.
        environ: Its environment.
        launcher: Knows the hosts.
    """

    folder: Path
    environ: Mapping[str, str]
    launcher: Launcher

    def grow(self, hosts: int) -> Grown:
        """Bring up a stack of so many hosts, look at them, and delete it."""
        begun = time.perf_counter()
        self.cdinfra("up", "web", f"--release=web={self.launcher.release}", hosts=hosts)
        seconds = time.perf_counter() - begun
        time.sleep(5)
        found = self.launcher.ec2.describe_instances(
            Filters=[{"Name": "instance-state-name", "Values": ["running"]}]
        )["Reservations"]
        instances = [each for group in found for each in group["Instances"]]
        containers = [self.launcher.container(each["InstanceId"]) for each in instances]
        grown = Grown(
            hosts=hosts,
            seconds=seconds,
            memory=tuple(self.launcher.memory(container) for container in containers),
            served=sum(answers(each["PrivateIpAddress"]) for each in instances),
        )
        self.cdinfra("down", "web", "--yes", hosts=hosts)
        return grown

    def cdinfra(self, *words: str, hosts: int) -> None:
        """Run a command of cdinfra."""
        done = subprocess.run(
            [sys.executable, "-m", "cdinfra", *words],
            cwd=self.folder,
            env={**self.environ, "BENCH_HOSTS": str(hosts)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"cdinfra {' '.join(words)}: {done.stdout}{done.stderr}")


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="how often each launch is timed")
    parser.add_argument("--to", type=Path, default=PAGE, help="page to write the part of")
    options = parser.parse_args()
    if not Path(cdinfra.__file__).resolve().is_relative_to(ROOT):
        sys.exit(f"cdinfra is installed from elsewhere, {cdinfra.__file__}: run make bench-hosts")
    with TemporaryDirectory() as name:
        folder = Path(name)
        environ = {
            **{key: value for key, value in os.environ.items() if key != "CDINFRA_HOSTS"},
            "CDINFRA_STATE": str(folder / "state"),
            "DOCKER_CONFIG": str(folder / "docker"),
            "PYTHONPATH": str(ROOT),
        }
        shutil.copy(PROJECT / "infra.py", folder / "infra.py")
        cloud = start(folder / "state", environ=environ)
        try:
            lines = list(part(folder, environ, cloud, options.runs))
        finally:
            stop(folder / "state")
    write_section(options.to, "hosts", lines)
    sys.stdout.write("\n".join(lines) + "\n")


def part(folder: Path, environ: Mapping[str, str], cloud: LocalCloud, runs: int) -> Iterator[str]:
    """Yield the lines of the part, once everything is measured."""
    docker = Docker(("docker", "--config", environ["DOCKER_CONFIG"]))
    clients = Clients(cloud.connection())
    images = Images(docker, say=print)
    for target in Target:
        images.need(target)
    launcher = Launcher(
        ec2=clients.client("ec2"),
        ami=find_ami(clients.client("ssm")),
        docker=docker,
        profile=make_profile(clients.client("iam")),
        release="",
        login=("", ""),
    )
    fleet = Fleet(folder=folder, environ=environ, launcher=launcher)
    fleet.cdinfra("up", "network", "registry", hosts=1)
    release = push(fleet, docker, images.need(Target.BASE))
    launcher = replace(launcher, release=release, login=find_login(clients.client("ecr")))
    launched = {
        name: tuple(launches(launcher, is_bare=is_bare, runs=runs))
        for name, is_bare in (("bare", True), ("ready", False))
    }
    fleet = Fleet(folder=folder, environ=environ, launcher=launcher)
    yield from report(launched, [fleet.grow(hosts) for hosts in GROUPS], runs)


def push(fleet: Fleet, docker: Docker, base: str) -> str:
    """Build the end-to-end tests' application, push it, and return it by digest."""
    words = [sys.executable, "-m", "cdinfra", "outputs", "registry", "--output", "json"]
    uri = run_json(words, fleet.environ, fleet.folder)["registry"]["AppUri"]
    docker.run(
        *("build", "--quiet", "--network", "host", "--build-arg", f"BASE={base}"),
        *("--build-arg", "RELEASE=bench", "--tag", f"{uri}:bench", str(APP)),
        seconds=600,
    )
    fleet.cdinfra("local", "login", hosts=1)
    said = docker.run("push", f"{uri}:bench", seconds=300)
    docker.run("rmi", f"{uri}:bench")
    return f"{uri}@{said.partition('digest: ')[2].split()[0]}"


def launches(
    launcher: Launcher, *, is_bare: bool, runs: int
) -> Iterator[tuple[Launched, Launched]]:
    """Yield a launch of ours and a plain one, in turn."""
    for _ in range(runs):
        yield (
            launcher.launch(launcher.ours(), is_bare=is_bare),
            launcher.launch(launcher.plain(), is_bare=is_bare),
        )


Pairs = Sequence[tuple[Launched, Launched]]


def report(launched: Mapping[str, Pairs], grown: Sequence[Grown], runs: int) -> Iterator[str]:
    """Yield what was measured, in words and tables."""
    yield "## Hosts"
    yield ""
    yield (
        f"Local hosts, {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores; medians of {runs} "
        "launches with their range, from the call of RunInstances to the first answer of the "
        "application at the host's port 80. `plain` is a cloud-init written by hand: "
        "`packages: [docker.io]`, `docker login`, `docker pull`, `docker run`, without a health "
        "gate. The image of the application has 240 MB."
    )
    yield ""
    rows = (
        row("a host whose image has no Docker", launched["bare"], "no slower than plain"),
        row("a host whose image has Docker", launched["ready"], ""),
    )
    yield from rows_table(rows)
    yield ""
    yield "Where the time goes, by `cloud-init analyze blame` of the last launch:"
    yield ""
    for name, pairs in launched.items():
        for who, each in zip(("cdinfra", "plain"), pairs[-1], strict=True):
            yield f"- {name}, {who}: {stages_text(each)}"
    yield ""
    yield (
        "`cdinfra up` of a stack of hosts whose images are there already, until every host has "
        "signalled that it serves (goal: three hosts in under 60 s). Memory is what a host takes "
        "once it is idle, with its Docker engine and its container, without cached files."
    )
    yield ""
    yield "| hosts | up | serve | memory of a host (median) | of all |"
    yield "|---|---|---|---|---|"
    for each in grown:
        middle = sorted(each.memory)[len(each.memory) // 2]
        yield (
            f"| {each.hosts} | {seconds_text(each.seconds)} | {each.served} | {middle:.0f} MiB "
            f"| {sum(each.memory):,.0f} MiB |"
        )


def row(job: str, pairs: Pairs, goal: str) -> Row:
    """Return the figures of one kind of launch."""
    ours, plain = zip(*pairs, strict=True)
    return Row(
        job=job,
        timings={
            "cdinfra": Timing(seconds=tuple(each.seconds for each in ours)),
            "plain": Timing(seconds=tuple(each.seconds for each in plain)),
        },
        goal=goal,
    )


def stages_text(launched: Launched) -> str:
    """Return the longest parts of a boot."""
    longest = list(launched.stages.items())[:STAGES]
    return ", ".join(f"{name} {seconds_text(seconds)}" for name, seconds in longest)


if __name__ == "__main__":
    main()
