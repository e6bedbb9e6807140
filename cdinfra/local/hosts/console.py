"""What the consoles of hosts said, also of those that were terminated."""

from threading import Lock

from cdinfra.local.hosts.docker import Docker

CONSOLE_BYTES = 65_536
"""How much of a console is kept.
Source: EC2 API reference, GetConsoleOutput: the most recent 64 KB."""

LINES_READ = 10_000
"""More lines than 64 KiB usually hold: the engine counts in lines, EC2 in bytes."""


class Consoles:
    """Reads the consoles.

    Args:
        docker: The engine.
    """

    def __init__(self, docker: Docker) -> None:
        self._docker = docker
        self._lock = Lock()
        self._kept: dict[str, bytes] = {}

    def tell(self, instance_id: str, problem: str) -> None:
        """Let the console of a host that could not be launched say why.

        Args:
            instance_id: Its instance.
            problem: Why not.
        """
        with self._lock:
            self._kept[instance_id] = "".join(
                f"the local cloud: {line}\n" for line in problem.splitlines()
            ).encode()

    def keep(self, instance_id: str, container: str) -> None:
        """Keep what a host's console said, before its container is removed.

        Args:
            instance_id: Its instance.
            container: Name of its container.
        """
        text = self.read(instance_id, container)
        with self._lock:
            self._kept[instance_id] = text

    def read(self, instance_id: str, container: str) -> bytes:
        """Return the end of what a host's console said.

        Args:
            instance_id: Its instance.
            container: Name of its container.
        """
        with self._lock:
            if instance_id in self._kept:
                return self._kept[instance_id]
        ran = self._docker.attempt("logs", "--tail", str(LINES_READ), container)
        return (ran.output + ran.errors)[-CONSOLE_BYTES:] if ran.code == 0 else b""
