"""The container in which HAProxy runs for a load balancer.

Its runtime API is a socket inside of the container: what drives it goes through the engine, so
neither hosts nor other programs of the machine come near it.
"""

import io
import logging
import tarfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from cdinfra.local.clock import Clock
from cdinfra.local.hosts.balancer.configuration import CONFIGURATION, CURRENT, FOLDER, SOCKET
from cdinfra.local.hosts.balancer.runtime import OBSERVE, Observation, read_observation
from cdinfra.local.hosts.container import LABEL
from cdinfra.local.hosts.docker import Docker, DockerError

LOG = logging.getLogger(__name__)

NEXT, PAST = f"{FOLDER}/next", f"{FOLDER}/past"
TAKE_OVER = (
    f"rm -rf {NEXT} {PAST} && tar --extract --directory /"
    f" && haproxy -c -q -f {NEXT}/{CONFIGURATION}"
    f" && mv {CURRENT} {PAST} && mv {NEXT} {CURRENT} && rm -rf {PAST}"
)
"""Puts files in the place of all that were there, unless HAProxy refuses them."""

USER = 65534
"""Number of ``nobody``: whom HAProxy runs as."""

SEND = """\
for my $line (<STDIN>) {
    my $api = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die "$!\\n";
    print {$api} $line;
    print while <$api>;
}
"""
CLIENT = ("perl", "-MIO::Socket::UNIX", "-e", SEND, SOCKET)
"""Sends each line to the runtime API and prints the answer: Perl is in every Debian."""

RIGHTS = (
    *("--user", f"{USER}:{USER}", "--cap-drop=ALL", "--security-opt=no-new-privileges"),
    "--sysctl=net.ipv4.ip_unprivileged_port_start=0",
)

FREE_PORT = "end what has the port on all addresses of this machine"
START_SECONDS = 30.0
POLL_SECONDS = 0.1
BALANCER_LABEL = "cdinfra.balancer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where a load balancer's container stands.

    Attributes:
        name: Its name.
        cloud: Name of the local cloud.
        arn: ARN of the load balancer.
        image: Image with HAProxy.
        network: Name of the hosts' network.
        inner_address: Its address there.
        outer_address: Its address on the machine's loopback.
    """

    name: str
    cloud: str
    arn: str
    image: str
    network: str
    inner_address: str
    outer_address: str


def create_arguments(setting: Setting, ports: Sequence[int]) -> tuple[str, ...]:
    """Return the arguments of ``docker`` that make the container.

    Args:
        setting: Where it stands.
        ports: The ports of its listeners.
    """
    outer = setting.outer_address
    return (
        *("create", "--name", setting.name, "--restart=unless-stopped", "--init=false"),
        *("--label", f"{LABEL}={setting.cloud}", "--label", f"{BALANCER_LABEL}={setting.arn}"),
        *("--network", setting.network, "--ip", setting.inner_address),
        *(f"--publish={outer}:{port}:{port}" for port in ports),
        *RIGHTS,
        setting.image,
        *("haproxy", "-W", "-f", f"{CURRENT}/{CONFIGURATION}"),
    )


class BalancerContainer:
    """Runs HAProxy.

    Args:
        docker: The engine.
        setting: Where it stands.
        clock: Time.
    """

    def __init__(self, docker: Docker, setting: Setting, *, clock: Clock) -> None:
        self._docker = docker
        self._setting = setting
        self._clock = clock

    def run(self, files: Mapping[str, str], ports: Sequence[int]) -> None:
        """Make the container anew.

        Args:
            files: HAProxy's files.
            ports: The ports of the listeners.

        Raises:
            DockerError: The engine refuses it, or HAProxy does not answer.
        """
        self.remove()
        name = self._setting.name
        self._docker.run(*create_arguments(self._setting, ports))
        self._docker.run("cp", "-", f"{name}:/", stdin=archive(files, CURRENT))
        started = self._docker.attempt("start", name)
        if started.code != 0:
            # The first line has the reason, such as a port that is taken.
            reason = started.errors.decode("utf-8", "replace").strip().partition("\n")[0]
            raise DockerError(f"docker start: {reason}", hint=FREE_PORT)
        self._wait_for_worker(lambda worker: worker is not None)

    def reload(self, files: Mapping[str, str], worker: int) -> None:
        """Have HAProxy go over to another configuration; no request is dropped.

        Args:
            files: HAProxy's files.
            worker: Process id of the worker that serves now.

        Raises:
            DockerError: HAProxy refuses the configuration, or does not go over to it.
        """
        name = self._setting.name
        trial = archive(files, NEXT)
        self._docker.run("exec", "--interactive", name, "sh", "-c", TAKE_OVER, stdin=trial)
        self._docker.run("kill", "--signal", "USR2", name)
        self._wait_for_worker(lambda found: found not in (None, worker))

    def _wait_for_worker(self, is_right: Callable[[int | None], bool]) -> None:
        deadline = self._clock.now() + START_SECONDS
        while True:
            seen = self.observe()
            if is_right(seen.worker if seen else None):
                return
            if self._clock.now() >= deadline:
                said = self._docker.attempt("logs", "--tail", "5", self._setting.name)
                last = (said.errors or said.output).decode("utf-8", "replace").strip()
                raise DockerError(f"HAProxy does not answer: {last}")
            self._clock.sleep(POLL_SECONDS)

    def observe(self) -> Observation | None:
        """Return what HAProxy says; None where it does not answer."""
        return read_observation(self.command([OBSERVE]))

    def command(self, lines: Iterable[str]) -> str:
        """Send lines to the runtime API and return the answers; empty where it is not there.

        Args:
            lines: Commands, each line joined by semicolons.
        """
        text = "".join(f"{line}\n" for line in lines)
        if not text:
            return ""
        try:
            ran = self._docker.attempt(
                *("exec", "--interactive", self._setting.name, *CLIENT), stdin=text.encode()
            )
        except DockerError as error:
            LOG.warning("%s: %s", self._setting.name, error.message)
            return ""
        if ran.code != 0:
            LOG.debug("%s: %s", self._setting.name, ran.reason)
            return ""
        return ran.output.decode("utf-8", "replace")

    def is_running(self) -> bool:
        """Whether the container runs."""
        shown = ("inspect", "--format", "{{.State.Running}}", self._setting.name)
        return self._docker.attempt(*shown).text == "true"

    def remove(self) -> None:
        """Remove the container, if it is there."""
        self._docker.attempt("rm", "--force", "--volumes", self._setting.name)


def archive(files: Mapping[str, str], folder: str) -> bytes:
    """Return files as a tar archive, owned by HAProxy's user, as all folders down to them are.

    Args:
        files: Their texts, by file name.
        folder: The folder in which they shall lie.
    """
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        top, base = (PurePosixPath(each.removeprefix("/")) for each in (FOLDER, folder))
        folders = dict.fromkeys(
            [top, base, *(base / PurePosixPath(name).parent for name in files if "/" in name)]
        )
        for each in folders:
            member = tarfile.TarInfo(str(each))
            member.type, member.mode, member.uid, member.gid = tarfile.DIRTYPE, 0o700, USER, USER
            tar.addfile(member)
        for name, text in files.items():
            member = tarfile.TarInfo(str(base / name))
            data = text.encode()
            member.size, member.mode, member.uid, member.gid = len(data), 0o600, USER, USER
            tar.addfile(member, io.BytesIO(data))
    return content.getvalue()
