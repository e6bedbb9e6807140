"""Runs commands on hosts by the system's OpenSSH: for hosts without an SSM agent.

The keys of hosts are read from their consoles and checked. The key that lets in is made for one
run, lies in a temporary folder, and goes with it; EC2 Instance Connect lets it into a host for
a minute, again before each connection. Or it is the person's own.
"""

import subprocess
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from cdinfra.aws.cloud import Aws
from cdinfra.aws.failures import is_access_denied, is_not_carried, is_passing
from cdinfra.aws.hosts import Host
from cdinfra.deploy.clock import Clock
from cdinfra.errors import CdinfraError, CloudError, NoCredentialsError
from cdinfra.rollout.transport import Ended, Ending
from cdinfra.rollout.transports.host_keys import keys_on_console, known_hosts_lines
from cdinfra.rollout.transports.script import build_script
from cdinfra.rollout.transports.ssh_command import SshSettings, remote_command, ssh_words
from cdinfra.rollout.transports.ssh_run import SshRun
from cdinfra.rollout.transports.ssm import RUNNING

MOST_AT_ONCE = 32
"""Processes of ssh that run at once."""

LOOK_SECONDS = 0.2
"""Pause between two looks, which cost no call."""

MOST_REFUSALS = 100
"""Looks in a row in which EC2 may be too busy to let a key in."""

REACH_SECONDS = 20
"""How long a host may take to run nothing."""


@contextmanager
def open_ssh(aws: Aws, settings: SshSettings, clock: Clock) -> Iterator["SshTransport"]:
    """Yield the transport; on leaving, its processes have ended and its key is gone.

    Args:
        aws: The place of the hosts.
        settings: How they are reached.
        clock: What time it is, and how to wait.

    Raises:
        CdinfraError: OpenSSH is not installed.
    """
    with TemporaryDirectory(prefix="cdinfra-ssh-") as name:
        folder = Path(name)
        transport = SshTransport(aws, settings, folder=folder, clock=clock)
        if settings.key is None:
            _make_key(transport.key)
        try:
            yield transport
        finally:
            transport.close()


class SshTransport:
    """The system's OpenSSH; see :class:`cdinfra.rollout.transport.Transport`.

    Args:
        aws: The place of the hosts.
        settings: How they are reached.
        folder: Folder of this run alone, for keys and output.
        clock: What time it is, and how to wait.

    Attributes:
        settings: How hosts are reached.
        key: The private key that lets in.
        clock: What time it is, and how to wait.
    """

    name = "ssh"
    look_seconds = LOOK_SECONDS

    def __init__(self, aws: Aws, settings: SshSettings, *, folder: Path, clock: Clock) -> None:
        self._aws = aws
        self.settings = settings
        self.clock = clock
        self.key = settings.key or folder / "id_ed25519"
        self._folder = folder
        self._known: set[str] = set()
        self._sent: list[SshSent] = []
        self._numbers = count()

    def unreachable(self, hosts: Sequence[Host]) -> Mapping[str, str]:
        """Return the hosts that cannot be reached, each with the reason, by instance id.

        This is the one thing that waits: each host runs ``true``.

        Raises:
            CloudError: EC2 refuses to let a key in.
        """
        sent = self.send(hosts, ["true"], seconds=REACH_SECONDS)
        while len(ended := sent.look()) < len(hosts):
            self.clock.sleep(LOOK_SECONDS)
        return {each.instance_id: _why(each) for each in ended.values() if each.exit_code != 0}

    def send(
        self, hosts: Sequence[Host], words: Sequence[str], *, seconds: int, last_line: bool = True
    ) -> "SshSent":
        """Run a program on hosts, as root; see :class:`cdinfra.rollout.transport.Transport`.

        Raises:
            CloudError: EC2 refuses to let a key in.
        """
        folder = self._folder / str(next(self._numbers))
        folder.mkdir()
        script = build_script(words, last_line=last_line)
        command = remote_command(script, self.settings, seconds=seconds)
        runs = [(each, SshRun(each.instance_id, folder, seconds=seconds)) for each in hosts]
        sent = SshSent(self, runs, command)
        self._sent = [*(each for each in self._sent if each.is_under_way), sent]
        sent.look()
        return sent

    def close(self) -> None:
        """End all processes."""
        for each in self._sent:
            each.cancel()

    def words_for(self, host: Host, command: str) -> list[str]:
        """Return the ssh that goes to a host, once what lets in there is seen to.

        Args:
            host: The host.
            command: What its shell gets.

        Raises:
            CloudError: EC2 refuses to let a key in.
        """
        known_hosts = self._folder / "known_hosts"
        if host.instance_id not in self._known:
            keys = keys_on_console(self._aws.host_logs.read_console(host.instance_id))
            with known_hosts.open("a", encoding="ascii") as file:
                file.write(known_hosts_lines(host.instance_id, keys))
            if keys:
                self._known.add(host.instance_id)
        if self.settings.key is None:
            public_key = self.key.with_suffix(".pub").read_text(encoding="ascii")
            self._aws.instance_connect.send_key(
                host.instance_id, self.settings.user, public_key.strip()
            )
        return ssh_words(
            host, self.settings, key=self.key, known_hosts=known_hosts, command=command
        )


class SshSent:
    """A program on its way to hosts; see :class:`cdinfra.rollout.transport.Sent`.

    Args:
        transport: What carries it.
        runs: The hosts, each with its ssh, which is not started yet.
        command: What the shell of each host gets.
    """

    def __init__(
        self, transport: SshTransport, runs: Sequence[tuple[Host, SshRun]], command: str
    ) -> None:
        self._transport = transport
        self._command = command
        self._waiting = deque(runs)
        self._running: list[SshRun] = []
        self._ended: dict[str, Ended] = {}
        self._refusals = 0

    @property
    def is_under_way(self) -> bool:
        """Whether a host has not ended."""
        return bool(self._waiting or self._running)

    def look(self) -> Mapping[str, Ended]:
        """Return the hosts that have ended by now, all of them, by instance id.

        Raises:
            CloudError: EC2 refuses to let a key in.
        """
        now = self._transport.clock.now()
        for run in tuple(self._running):
            if (ended := run.poll(now)) is not None:
                self._running.remove(run)
                self._ended[run.instance_id] = ended
        while self._waiting and len(self._running) < MOST_AT_ONCE and self._start_next():
            """As many as may run."""
        return dict(self._ended)

    def cancel(self) -> None:
        """Call it off where it has not ended; a host that has begun may go on."""
        for run in self._running:
            run.kill()
            self._end(run.instance_id, Ending.CANCELLED, "the command was called off")
        for host, _ in self._waiting:
            self._end(host.instance_id, Ending.CANCELLED, "the command was called off")
        self._running.clear()
        self._waiting.clear()

    def _start_next(self) -> bool:
        """Start the next ssh; return whether the one after it can be started in this look, too."""
        host, run = self._waiting[0]
        if problem := self._problem(host):
            self._end(host.instance_id, Ending.UNREACHABLE, problem)
        else:
            try:
                words = self._transport.words_for(host, self._command)
            except CloudError as error:
                if self._waits_for(error):
                    return False
                self._end(host.instance_id, Ending.UNREACHABLE, error.message)
            else:
                self._refusals = 0
                self._start(run, words)
        self._waiting.popleft()
        return True

    def _start(self, run: SshRun, words: Sequence[str]) -> None:
        if (ended := run.start(words, self._transport.clock.now())) is not None:
            self._ended[run.instance_id] = ended
        else:
            self._running.append(run)

    def _waits_for(self, error: CloudError) -> bool:
        """Whether what EC2 refuses may pass; what is no matter of one host is raised."""
        self._refusals += 1
        if is_passing(error) and self._refusals <= MOST_REFUSALS:
            return True
        if is_passing(error) or _is_for_all(error):
            raise error
        return False

    def _problem(self, host: Host) -> str:
        if host.state != RUNNING:
            return f"its instance is {host.state}"
        return "" if self._transport.settings.address(host) else "it has no address"

    def _end(self, instance_id: str, ending: Ending, problem: str) -> None:
        self._ended[instance_id] = Ended(instance_id=instance_id, ending=ending, problem=problem)


def _is_for_all(error: CloudError) -> bool:
    """Whether a refusal is no matter of one host."""
    if isinstance(error, NoCredentialsError):
        return True
    return is_access_denied(error) or is_not_carried(error)


def _why(ended: Ended) -> str:
    return ended.problem or f"it cannot run a program as root (exit code {ended.exit_code})"


def _make_key(path: Path) -> None:
    argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "cdinfra", "-f", str(path)]
    try:
        subprocess.run(argv, capture_output=True, check=True)  # noqa: S603 - arguments as a list
    except OSError as error:
        raise CdinfraError(
            f"ssh-keygen cannot be run: {error.strerror}",
            hint="install OpenSSH's client (Debian: openssh-client)",
        ) from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip()
        raise CdinfraError(f"ssh-keygen made no key: {said}") from error
