"""What the machine's own cloud-init and systemd say about our user data."""

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cdinfra.cloudinit import (
    CloudConfig,
    Container,
    ContentType,
    DataVolume,
    DiskSetup,
    FilesystemSetup,
    HostConfig,
    HttpHealthCheck,
    MergeRule,
    Mount,
    OperatingSystem,
    Part,
    PortMapping,
    Signal,
    User,
    WriteFile,
    host_user_data,
)
from cdinfra.cloudinit.host import build_cloud_config

CLOUD_INIT = shutil.which("cloud-init")
ANALYZE = shutil.which("systemd-analyze")
SYSTEM_PYTHON = "/usr/bin/python3"

needs_cloud_init = pytest.mark.skipif(CLOUD_INIT is None, reason="cloud-init is not installed")

MERGE = """
import json, os, sys, tempfile
from cloudinit import helpers, user_data, util
from cloudinit.handlers.cloud_config import CloudConfigPartHandler
folder = tempfile.mkdtemp()
paths = helpers.Paths({"cloud_dir": folder, "run_dir": folder})
message = user_data.UserDataProcessor(paths).process(sys.stdin.buffer.read())
handler = CloudConfigPartHandler(paths)
handler.cloud_fn = os.path.join(folder, "merged")
handler.handle_part(None, "__begin__", None, None, None, None)
scripts = {}
for part in message.walk():
    kind, name = part.get_content_type(), part.get_filename()
    if part.is_multipart():
        continue
    payload = util.fully_decoded_payload(part)
    if kind == "text/cloud-config":
        handler.handle_part(None, kind, name, payload, None, part)
    else:
        scripts[name] = payload
handler.handle_part(None, "__end__", None, None, None, None)
merged = util.load_yaml(util.load_file(handler.cloud_fn))
print(json.dumps({"config": merged, "scripts": scripts}))
"""


def host(operating_system: OperatingSystem) -> HostConfig:
    return HostConfig(
        app="shop",
        env="dev",
        stack="web",
        deploy_group="shop-web",
        operating_system=operating_system,
        container=Container(
            ports=(PortMapping(host=80, container=8080),),
            environment={"MOTD": "one\n'two' $(x) é"},
            health=HttpHealthCheck(path="/health"),
        ),
        signal=Signal(logical_id="Hosts"),
        log_group="/cdinfra/shop/dev/web",
        data_volume=DataVolume(mount_point="/srv/data"),
    )


def own_text() -> str:
    """Return a document of a user, as clumsy as one can be: it says how to merge itself."""
    return (
        "#cloud-config\nmerge_how: dict(replace)+list()+str()\n"
        "runcmd:\n- [touch, /srv/mine]\nwrite_files:\n- {path: /srv/x, content: mine}\n"
        "hostname: mine\n"
    )


EVERYTHING = CloudConfig(
    hostname="web-1",
    timezone="Europe/Berlin",
    package_update=True,
    package_upgrade=False,
    packages=("htop",),
    users=(User(name="ada", groups=("sudo",), ssh_authorized_keys=("ssh-ed25519 AAAA ada",)),),
    ssh_authorized_keys=("ssh-ed25519 AAAA root",),
    disk_setup=(DiskSetup(device="/dev/sdf"),),
    fs_setup=(FilesystemSetup(device="/dev/sdf", label="data"),),
    mounts=(Mount(device="LABEL=data", mount_point="/srv/data"),),
    write_files=(
        WriteFile(path="/x", content="a\nb", permissions="0600", owner="ada:ada", defer=True),
    ),
    bootcmd=(("true",),),
    runcmd=(("true", "2"),),
    merge_how=(MergeRule(name="list", settings=("append",)),),
)

DOCUMENTS = {str(name): build_cloud_config(host(name)) for name in OperatingSystem} | {
    "merged": build_cloud_config(
        replace(
            host(OperatingSystem.DEBIAN_12),
            extra_parts=(
                Part(content_type=ContentType.CLOUD_CONFIG, file_name="m.yaml", text=own_text()),
            ),
        )
    ),
    "everything": EVERYTHING,
}


@needs_cloud_init
@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_passes_the_real_schema(
    name: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    assert CLOUD_INIT is not None
    version = subprocess.run(
        [CLOUD_INIT, "--version"], capture_output=True, text=True, check=True, cwd="/"
    )
    record_property("cloud_init", (version.stdout + version.stderr).strip())
    file = tmp_path / "user-data.yaml"
    file.write_text(DOCUMENTS[name].render(), encoding="utf-8")
    done = subprocess.run(
        [CLOUD_INIT, "schema", "--config-file", str(file)],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    assert "Valid" in output
    assert "eprecat" not in output


@needs_cloud_init
def test_the_schema_check_does_see_a_mistake(tmp_path: Path) -> None:
    assert CLOUD_INIT is not None
    file = tmp_path / "user-data.yaml"
    file.write_text("#cloud-config\nruncmd: 5\n", encoding="utf-8")
    done = subprocess.run(
        [CLOUD_INIT, "schema", "--config-file", str(file)],
        capture_output=True,
        check=False,
        cwd="/",
    )
    assert done.returncode != 0


def merged_by_cloud_init(config: HostConfig) -> dict[str, dict[str, object]]:
    """Let the real cloud-init unpack and merge the user data, as it does at boot."""
    done = subprocess.run(
        [SYSTEM_PYTHON, "-I", "-c", MERGE],
        input=host_user_data(config).content,
        capture_output=True,
        check=False,
        cwd="/",
    )
    assert done.returncode == 0, done.stderr.decode()
    return dict(json.loads(done.stdout))


@needs_cloud_init
def test_the_real_cloud_init_unpacks_what_was_compressed() -> None:
    config = host(OperatingSystem.DEBIAN_12)
    assert merged_by_cloud_init(config)["config"] == build_cloud_config(config).to_document()


@needs_cloud_init
def test_the_users_parts_cannot_remove_ours_and_come_first() -> None:
    script = Part(
        content_type=ContentType.SHELL_SCRIPT, file_name="hi.sh", text="#!/bin/sh\necho ü\n"
    )
    mine = Part(content_type=ContentType.CLOUD_CONFIG, file_name="mine.yaml", text=own_text())
    config = replace(host(OperatingSystem.DEBIAN_12), extra_parts=(mine, script))
    found = merged_by_cloud_init(config)
    ours = build_cloud_config(config).to_document()
    assert found["scripts"] == {"hi.sh": script.text}
    assert found["config"]["runcmd"] == [["touch", "/srv/mine"], *ours["runcmd"]]
    first = {"path": "/srv/x", "content": "mine"}
    assert found["config"]["write_files"] == [first, *ours["write_files"]]
    assert found["config"]["hostname"] == "mine"


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    assert ANALYZE is not None
    units = []
    for file in build_cloud_config(host(OperatingSystem.DEBIAN_12)).write_files:
        if Path(file.path).name.startswith("cdinfra-host."):
            unit = tmp_path / Path(file.path).name
            unit.write_text(file.content.replace("/usr/local/bin/cdinfra-host", "/bin/true"))
            units.append(str(unit))
    done = subprocess.run(
        [ANALYZE, "verify", "--man=no", *sorted(units)], capture_output=True, text=True, check=False
    )
    ours = [line for line in done.stderr.splitlines() if "cdinfra" in line]
    assert len(units) == 2
    assert ours == []
