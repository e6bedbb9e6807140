"""What the end-to-end tests stand on: a Docker engine, a local cloud with hosts, an application.

Hosts are dear, so one cloud serves the whole run and few hosts serve many tests. Without an
engine, and where none can be started, one skip stands for all of them and says why;
``CDINFRA_E2E=required`` makes that a failure.
"""

import http.client
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from cdinfra.aws.connection import LOCAL_REGION, Clients
from cdinfra.local.hosts.docker import Docker
from cdinfra.local.hosts.image import Images, Target
from cdinfra.local.process import LocalCloud, start, stop

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
WITH_ENGINE = HERE / "with_engine.py"
LOAD = HERE / "load.py"
CDINFRA_SECONDS = 300
FOLDER_DEPTH = 2
"""Signs between ``tests/e2e/test_commands.py``: a file deeper than that is of a folder."""
POLL_SECONDS = 0.1

Run = Callable[..., subprocess.CompletedProcess[str]]


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark these tests, for ``-m``."""
    if item.path.is_relative_to(HERE):
        item.add_marker(pytest.mark.e2e)


class ByFolder(LoadScopeScheduling):
    """Gives all tests of a folder to one process, as they share hosts."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return path.rpartition("/")[0] if path.count("/") > FOLDER_DEPTH else path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Have the folders run beside one another, where ``-n`` says so."""
    return ByFolder(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """See to an engine before the first of these tests; let one skip say that there is none."""
    ours = [each for each in items if each.path.is_relative_to(HERE)]
    if not ours or config.option.collectonly:
        return
    why = find_engine(config)
    if not why:
        return
    if os.environ.get("CDINFRA_E2E") == "required":
        raise pytest.UsageError(f"the end-to-end tests are required, and {why}")
    first, *others = ours
    reason = f"none of {len(ours)} end-to-end tests runs: {why}"
    first.add_marker(pytest.mark.skip(reason=reason))
    config.hook.pytest_deselected(items=others)
    items[:] = [each for each in items if each not in others]


def find_engine(config: pytest.Config) -> str:
    """Return why there is no engine; start one where none answers."""
    command = [sys.executable, str(WITH_ENGINE), "sh", "-c", 'echo "${DOCKER_HOST:-}"; cat']
    keeper = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    assert keeper.stderr is not None
    address = keeper.stdout.readline()
    if not address:
        with keeper:
            return keeper.stderr.read().strip().removeprefix("with_engine: ")
    before = os.environ.get("DOCKER_HOST")
    if address.strip():
        os.environ["DOCKER_HOST"] = address.strip()

    def end() -> None:
        keeper.communicate("", timeout=120)
        if before is None:
            os.environ.pop("DOCKER_HOST", None)

    config.add_cleanup(end)
    return ""


def until(condition: Callable[[], Any], *, seconds: float, what: str) -> Any:
    """Wait until a condition holds and return what it gave."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s"
        time.sleep(POLL_SECONDS)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One host: its instance, the container that it is, and its address."""

    instance_id: str
    container: str
    address: str
    docker: Docker

    def run(self, *arguments: str, seconds: float = 60, stdin: bytes | None = None) -> str:
        """Run a program on the host and return what it printed."""
        ran = self.attempt(*arguments, seconds=seconds, stdin=stdin)
        assert ran.code == 0, f"{arguments}: exit code {ran.code}: {ran.text} {ran.reason}"
        return str(ran.text)

    def attempt(self, *arguments: str, seconds: float = 60, stdin: bytes | None = None) -> Any:
        """Run a program on the host and return how it ended."""
        options = ("--interactive",) if stdin is not None else ()
        return self.docker.attempt(
            "exec", *options, self.container, *arguments, seconds=seconds, stdin=stdin
        )

    def get(self, path: str, *, seconds: float = 3, port: int = 80) -> tuple[int, str]:
        """Ask the host's port; 0 is no answer."""
        connection = http.client.HTTPConnection(self.address, port, timeout=seconds)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode().strip()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()

    def serves(self, release: str, *, seconds: float = 60) -> None:
        """Wait until the host serves a release."""
        until(
            lambda: self.get("/version") == (200, release),
            seconds=seconds,
            what=f"{self.instance_id} serves {release}",
        )

    def inspect(self, format_: str) -> str:
        """Return what the engine says of the host's container."""
        return str(self.docker.run("inspect", "--format", format_, self.container))


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A folder with an ``infra.py`` and a local cloud of its own, as a user has it."""

    folder: Path
    environ: Mapping[str, str]

    @property
    def state(self) -> Path:
        """The local cloud's state folder."""
        return self.folder / "state"

    def start(self) -> LocalCloud:
        """Return the local cloud, started where it does not run."""
        return start(self.state, environ=self.environ)

    def cdinfra(
        self, *arguments: str, seconds: float = CDINFRA_SECONDS, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of cdinfra."""
        return subprocess.run(
            [sys.executable, "-m", "cdinfra", *arguments],
            cwd=self.folder,
            env={**self.environ, **environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )

    def clients(self, region: str = LOCAL_REGION) -> Clients:
        """Return the services of its local cloud."""
        return Clients(self.start().connection(region))

    def client(self, service: str) -> Any:
        """Return a service of its local cloud."""
        return self.clients().client(service)

    def hosts(self, docker: Docker, stack: str) -> list[Host]:
        """Return the hosts of a stack whose containers are there."""
        filters = [
            {"Name": "instance-state-name", "Values": ["running"]},
            {"Name": "tag:aws:cloudformation:stack-name", "Values": [stack]},
        ]
        found = self.client("ec2").describe_instances(Filters=filters)
        instances = [each for group in found["Reservations"] for each in group["Instances"]]
        hosts = (host_of(docker, each) for each in instances)
        return [each for each in hosts if each is not None]

    def find_host(self, docker: Docker, instance_id: str) -> Host | None:
        """Return the host of an instance; None while it has no container."""
        found = self.client("ec2").describe_instances(InstanceIds=[instance_id])["Reservations"]
        return host_of(docker, found[0]["Instances"][0])

    def host(self, docker: Docker, stack: str) -> Host:
        """Return the one host of a stack."""
        (host,) = self.hosts(docker, stack)
        return host


@dataclass(kw_only=True)
class Load:
    """Requests at a steady rate, in a process of their own.

    Attributes:
        process: The process.
        report: What it found, once it has ended.
    """

    process: subprocess.Popen[str]
    report: dict[str, Any] = field(default_factory=dict)

    def end(self) -> None:
        """Stop it and read what it found."""
        output, errors = self.process.communicate("", timeout=30)
        assert self.process.returncode == 0, errors
        self.report = json.loads(output)

    @property
    def failures(self) -> dict[str, int]:
        """How many requests failed, by kind."""
        return dict(self.report["failures"])

    def lost_nothing(self, *releases: str, at_least: int = 250) -> None:
        """Fail unless each request got an answer of one of the releases, so many a second."""
        assert self.failures == {}, self.report
        assert set(self.report["answers"]) == set(releases), self.report
        assert sum(self.report["answers"].values()) == self.report["requests"]
        assert self.report["rate"] >= at_least, self.report


def host_of(docker: Docker, instance: Any) -> Host | None:
    """Return the host of an instance; None while it has no container."""
    instance_id = instance["InstanceId"]
    label = f"label=cdinfra.instance={instance_id}"
    container = docker.run("ps", "--all", "--format", "{{.Names}}", "--filter", label)
    if not container:
        return None
    return Host(
        instance_id=instance_id,
        container=container,
        address=instance["PrivateIpAddress"],
        docker=docker,
    )


@pytest.fixture(scope="session")
def docker(tmp_path_factory: pytest.TempPathFactory) -> Docker:
    """The engine's client, without anybody's logins."""
    return Docker(("docker", "--config", str(tmp_path_factory.mktemp("docker-config"))))


@pytest.fixture(scope="session")
def wait_until() -> Callable[..., Any]:
    """Wait until a condition holds: ``wait_until(condition, seconds=…, what=…)``."""
    return until


@pytest.fixture(scope="session")
def new_checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Checkout]]:
    """Make checkouts: ``new_checkout("name")``; their local clouds are ended with the run."""
    made: list[Checkout] = []

    def make(
        name: str,
        infra: Path = HERE / "app" / "infra.py",
        environ: Mapping[str, str] | None = None,
    ) -> Checkout:
        folder = tmp_path_factory.mktemp(name)
        shutil.copy(infra, folder / "infra.py")
        inherited = {name: value for name, value in os.environ.items() if name != "CDINFRA_HOSTS"}
        settings = {
            "CDINFRA_STATE": str(folder / "state"),
            "DOCKER_CONFIG": str(folder / "docker-config"),
            "COLUMNS": "300",
            **(environ or {}),
        }
        made.append(Checkout(folder=folder, environ={**inherited, **settings}))
        return made[-1]

    yield make
    for checkout in made:
        stop(checkout.state)


@pytest.fixture(scope="session")
def images(docker: Docker) -> Images:
    """The images of hosts, all made before the first test is timed."""
    images = Images(docker, say=lambda _: None)
    for target in Target:
        images.need(target)
    return images


@pytest.fixture(scope="session")
def app_image(docker: Docker, images: Images) -> Callable[[str], str]:
    """Make the application's image of a release: ``app_image("v1")``."""
    base = images.need(Target.BASE)
    recipe = b"".join((HERE / "app" / each).read_bytes() for each in ("Dockerfile", "server.py"))
    tag = sha256(base.encode() + recipe).hexdigest()[:12]

    def make(release: str) -> str:
        name = f"cdinfra-local/e2e-app-{release}:{tag}"
        docker.run(
            *("build", "--quiet", "--network", "host", "--build-arg", f"BASE={base}"),
            *("--build-arg", f"RELEASE={release}", "--tag", name, str(HERE / "app")),
            seconds=300,
        )
        return name

    return make


@pytest.fixture(scope="session")
def push(app_image: Callable[[str], str]) -> Callable[[Checkout, str, str], str]:
    """Push a release as a user does and return it by digest: ``push(checkout, uri, "v1")``."""

    def push_release(checkout: Checkout, repository: str, release: str) -> str:
        client = Docker(("docker", "--config", checkout.environ["DOCKER_CONFIG"]))
        name = f"{repository}:{release}"
        client.run("tag", app_image(release), name)
        done = checkout.cdinfra("local", "login")
        assert done.returncode == 0, done.stderr
        said = client.run("push", name, seconds=120)
        client.run("rmi", name)
        return f"{repository}@{said.partition('digest: ')[2].split()[0]}"

    return push_release


@pytest.fixture(scope="session")
def send_load() -> Callable[..., AbstractContextManager[Load]]:
    """Send requests meanwhile: ``with send_load(address, "--rate", "300") as load: …``."""

    @contextmanager
    def send(address: str, *options: str) -> Iterator[Load]:
        command = [sys.executable, str(LOAD), address, "--seconds", "400", *options]
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            load = Load(process=process)
            try:
                time.sleep(1)
                yield load
                time.sleep(1)
                load.end()
            finally:
                process.kill()

    return send
