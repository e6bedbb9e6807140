"""A real registry on loopback, and in it an image that says hello: busybox and two files.

The image is made of a Debian package, unpacked and not installed, so no hub is needed.
"""

import io
import json
import subprocess
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from vm.image import SUITE
from vm.machine import DEADLINE_SECONDS, free_port
from vm.tools import FailedProgramError, environ, limited, run

GREETING = "Hello from the shop.\n"
HEALTH_PATH = "/health"
FILES = {"www/index.html": GREETING, "www/health": "healthy\n"}
PORT = 8080
SCRIPT = f"/bin/busybox httpd -f -v -p {PORT} -h /www & trap 'exit 0' TERM; wait"
"""Ends at its stop signal, as servers do; busybox's own server, as process 1, would not."""

START_SECONDS = 60.0
LIFE_SECONDS = 2 * DEADLINE_SECONDS

CONFIGURATION = """\
version: 0.1
storage: {{filesystem: {{rootdirectory: {root}}}}}
http: {{addr: "127.0.0.1:{port}"}}
log: {{level: warn}}
"""


@contextmanager
def serving(folder: Path) -> Iterator[int]:
    """Run a registry, empty at first, on the port that is given out.

    Args:
        folder: Where it keeps images and log.
    """
    port, configuration = free_port(), folder / "registry.yml"
    text = CONFIGURATION.format(root=json.dumps(str(folder / "registry")), port=port)
    configuration.write_text(text, encoding="utf-8")
    with (folder / "registry.log").open("wb") as log:
        process = subprocess.Popen(
            limited(LIFE_SECONDS, "docker-registry", "serve", str(configuration)),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environ(),
        )
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def push_greeter(port: int, repository: str, folder: Path) -> str:
    """Push the image with the ordinary client, and return its digest.

    Args:
        port: The registry's.
        repository: Its name there.
        folder: Where the image is made.
    """
    archive = folder / "greeter.tar"
    build_greeter(archive, folder)
    written = folder / "greeter.digest"
    run(
        *("skopeo", "copy", "--insecure-policy", "--dest-tls-verify=false"),
        *("--digestfile", written, f"docker-archive:{archive}"),
        f"docker://127.0.0.1:{port}/{repository}:1",
    )
    return written.read_text(encoding="utf-8").strip()


def build_greeter(archive: Path, folder: Path) -> None:
    """Build the image as ``docker save`` writes one.

    Source: OCI image specification, "Image Configuration"; moby, image/spec, version 1.2.
    """
    package = folder / "busybox.tar"
    run("mmdebstrap", "--quiet", "--variant=extract", "--include=busybox-static", SUITE, package)
    with tarfile.open(package) as source:
        reader = source.extractfile("./bin/busybox")
        program = reader.read() if reader else b""
    layer = _tar({"bin/busybox": program, **{k: v.encode() for k, v in FILES.items()}})
    command = ["/bin/busybox", "sh", "-c", SCRIPT]
    configuration = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Cmd": command, "User": "65534:65534"},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{sha256(layer).hexdigest()}"]},
    }
    manifest = [{"Config": "config.json", "Layers": ["layer.tar"]}]
    archive.write_bytes(
        _tar(
            {
                "manifest.json": json.dumps(manifest).encode(),
                "config.json": json.dumps(configuration).encode(),
                "layer.tar": layer,
            }
        )
    )


def _tar(files: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o755
            archive.addfile(member, io.BytesIO(content))
    return written.getvalue()


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(f"http://127.0.0.1:{port}/v2/", timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise FailedProgramError("docker-registry does not answer; its log is registry.log")
