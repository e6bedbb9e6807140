"""Any text in any field gives an error or arrives exactly, and does nothing else.

Settings go the whole way: checked, into the user data, through YAML as cloud-init reads it,
through the agent, to the engine and the packet filter. Tags come from whoever may tag an
instance, so the agent checks them itself.
"""

from __future__ import annotations

import json
import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cdinfra.cloudinit import (
    CloudConfig,
    Container,
    DataVolume,
    HostConfig,
    HttpHealthCheck,
    OperatingSystem,
    PortMapping,
    Secret,
    Sidecar,
    Signal,
    Ulimit,
    Volume,
)
from cdinfra.cloudinit.agent.main import EXIT_CODES, main
from cdinfra.cloudinit.agent.release import IMAGE
from cdinfra.cloudinit.agent_source import build_agent
from cdinfra.cloudinit.host import AGENT_PATH, build_cloud_config
from cdinfra.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import FakeHost

RELEASE = "web@sha256:" + "a" * 64
NASTY = (
    "$(reboot)", "`id`", "a\nb", "'\"", "\ud800", "x\0", "-v", "--privileged", "a;b", "a|b", "%n",
    "${x}", "{{ v1.x }}", "a: b", "- a", "#x", "../..", "/a/../b", "/a b", "/a:/b", "/a,b", "é",
    "\x85", "\u2028", "\r\n", " ", "", "!!python/object:x", "a@sha256:b", "EOF\n", "\x1b[2J",
    'x"; } delete table ip cdinfra', "web.service\nExecStart=/bin/sh", "=", "a=b", "127.0.0.1",
)  # fmt: skip
TEXT = st.sampled_from(NASTY) | st.text(max_size=12)
PATH = TEXT | TEXT.map(lambda text: f"/{text}")
WRITTEN = Path("etc/cdinfra/host.json")
IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - the agent syncs its state


@pytest.fixture(scope="module")
def make_host(request: pytest.FixtureRequest) -> Callable[[Path], FakeHost]:
    """Return the class of the fake host, for hosts of which each has a folder of its own."""
    module = request.config.pluginmanager.get_plugin(str(Path(__file__).parents[1] / "conftest.py"))
    assert module is not None
    made: Callable[[Path], FakeHost] = module.FakeHost
    return made


def converge(host: FakeHost, *argv: str) -> tuple[int, dict[str, Any]]:
    out = StringIO()
    with redirect_stdout(out):
        code = main(argv or ("converge", "--signal"), host)  # type: ignore[arg-type] # has System's methods
    return code, json.loads(out.getvalue().splitlines()[-1])


def as_cloud_init_writes(config: HostConfig) -> dict[str, str]:
    """Return the files that the user data writes, read as cloud-init reads it.

    Without the agent, which is the same everywhere, and long.
    """
    files = (file for file in build_cloud_config(config).write_files if file.path != AGENT_PATH)
    document = yaml.safe_load(CloudConfig(write_files=tuple(files)).render())
    return {file["path"]: file["content"] for file in document["write_files"]}


def of_host(**settings: Any) -> HostConfig:
    names = {"app": "shop", "env": "dev", "stack": "web", "deploy_group": "web"}
    return HostConfig(**names, operating_system=OperatingSystem.DEBIAN_12, **settings)


FIELDS: dict[str, tuple[Callable[[str], dict[str, Any]], Callable[[dict[str, Any]], Any]]] = {
    "variable": (
        lambda text: {"environment": {text: "v"}},
        lambda body: body["Env"][0].removesuffix("=v"),
    ),
    "value": (
        lambda text: {"environment": {"A": text}},
        lambda body: body["Env"][0].removeprefix("A="),
    ),
    "secret": (
        lambda text: {"secrets": (Secret(name=text, id="/shop/x"),)},
        lambda body: body["Env"][0].removesuffix("=pass\nword's"),
    ),
    "user": (lambda text: {"user": text}, lambda body: body["User"]),
    "command": (lambda text: {"command": (text,)}, lambda body: body["Cmd"][0]),
    "entrypoint": (lambda text: {"entrypoint": (text,)}, lambda body: body["Entrypoint"][0]),
    "folder": (lambda text: {"working_directory": text}, lambda body: body["WorkingDir"]),
    "signal": (lambda text: {"stop_signal": text}, lambda body: body["StopSignal"]),
    "host path": (
        lambda text: {"volumes": (Volume(host_path=text, container_path="/x"),)},
        lambda body: body["HostConfig"]["Mounts"][0]["Source"],
    ),
    "container path": (
        lambda text: {"volumes": (Volume(host_path="/x", container_path=text),)},
        lambda body: body["HostConfig"]["Mounts"][0]["Target"],
    ),
    "tmpfs": (
        lambda text: {"tmpfs": (text,)},
        lambda body: next(iter(body["HostConfig"]["Tmpfs"])),
    ),
    "log driver": (
        lambda text: {"log_driver": text},
        lambda body: body["HostConfig"]["LogConfig"]["Type"],
    ),
    "log option": (
        lambda text: {"log_driver": "syslog", "log_options": {text: "v"}},
        lambda body: next(iter(body["HostConfig"]["LogConfig"]["Config"])),
    ),
    "log option value": (
        lambda text: {"log_driver": "syslog", "log_options": {"tag": text}},
        lambda body: body["HostConfig"]["LogConfig"]["Config"]["tag"],
    ),
    "capability": (
        lambda text: {"capabilities_added": (text,)},
        lambda body: body["HostConfig"]["CapAdd"][0],
    ),
    "ulimit": (
        lambda text: {"ulimits": (Ulimit(name=text, soft=1, hard=1),)},
        lambda body: body["HostConfig"]["Ulimits"][0]["Name"],
    ),
}  # fmt: skip
"""How a text gets into a container's settings, and where it arrives at the engine."""


@pytest.mark.parametrize("field", FIELDS)
@given(text=PATH)
@settings(max_examples=40, deadline=None)
def test_a_setting_of_a_container_is_refused_or_arrives_exactly(
    make_host: Callable[[Path], FakeHost], field: str, text: str
) -> None:
    given_as, arrived = FIELDS[field]
    try:
        config = of_host(container=Container(**given_as(text)))
    except InvalidInputError as error:
        assert error.problems  # noqa: PT017 - the other branch is fine, too
        return
    with TemporaryDirectory(dir=IN_MEMORY) as folder:
        host = make_host(Path(folder))
        host.tags = {"cdinfra:release": RELEASE}
        host.write(f"/{WRITTEN}", as_cloud_init_writes(config)["/etc/cdinfra/host.json"])
        assert converge(host)[0] == 0
        (container,) = host.engine.containers.values()
        assert arrived(container["body"]) == text
        made = {str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file()}
        assert made == {f"{WRITTEN}", "run/cdinfra-host.lock", "var/lib/cdinfra/state.json"}
        assert programs(host) <= {"dpkg-query", "systemctl"}


def programs(host: FakeHost) -> set[str]:
    return {argv[0] for argv, _ in host.ran}


@given(name=TEXT, image=TEXT | TEXT.map(lambda text: f"{text}@sha256:{'a' * 64}"))
@settings(max_examples=200, deadline=None)
def test_a_sidecar_is_refused_or_has_a_name_and_a_digest(name: str, image: str) -> None:
    try:
        sidecar = Sidecar(name=name, image=image)
    except InvalidInputError as error:
        assert error.problems  # noqa: PT017 - the other branch is fine, too
        return
    assert re.fullmatch(r"[a-z0-9-]{1,63}", sidecar.name)
    assert IMAGE.fullmatch(sidecar.image)


@given(path=PATH, host=TEXT)
@settings(max_examples=200, deadline=None)
def test_a_health_check_is_refused_or_is_one_line_of_ascii(path: str, host: str) -> None:
    try:
        check = HttpHealthCheck(path=path, host=host)
    except InvalidInputError as error:
        assert error.problems  # noqa: PT017 - the other branch is fine, too
        return
    for text in (check.path, check.host or ""):
        assert text.isascii()
        assert text.isprintable()
        assert " " not in text


@pytest.mark.parametrize(
    "field", ["app", "env", "stack", "deploy_group", "log_group", "secrets_path"]
)
@given(text=PATH)
@settings(max_examples=40, deadline=None)
def test_a_name_of_a_host_is_refused_or_safe_everywhere(field: str, text: str) -> None:
    names = {"app": "shop", "env": "dev", "stack": "web", "deploy_group": "web"}
    try:
        config = HostConfig(
            **{**names, field: text},  # type: ignore[arg-type] # texts
            operating_system=OperatingSystem.DEBIAN_12,
            container=Container(ports=(PortMapping(host=80, container=80),)),
        )
    except InvalidInputError as error:
        assert error.problems  # noqa: PT017 - the other branch is fine, too
        return
    assert re.fullmatch(r"[A-Za-z0-9_./#-]+", text)
    written = json.loads(as_cloud_init_writes(config)["/etc/cdinfra/host.json"])
    assert written.get(field, text) == text


@given(text=PATH)
@settings(max_examples=200, deadline=None)
def test_a_mount_point_is_refused_or_one_word_for_systemd_and_fstab(text: str) -> None:
    try:
        config = of_host(data_volume=DataVolume(mount_point=text))
    except InvalidInputError as error:
        assert error.problems  # noqa: PT017 - the other branch is fine, too
        return
    unit = as_cloud_init_writes(config)["/etc/systemd/system/docker.service.d/cdinfra.conf"]
    assert unit == f"[Unit]\nRequiresMountsFor={text}\n"
    assert re.fullmatch(r"/[A-Za-z0-9._/-]+", text)


TAGS = (
    "cdinfra:release",
    "cdinfra:generation",
    "cdinfra:stack",
    "cdinfra:elastic-ip",
    "cdinfra:data-volume",
    "Name",
    "../../iam",
)
TAG = TEXT | st.sampled_from([RELEASE, "7", "9" * 15, "9" * 16, "٣", f"evil/x:1@{RELEASE[-71:]}"])


OWN_WORDS = build_agent()
"""A tag may happen to be a word that the agent itself says to a program, such as SOURCE."""


@given(tags=st.dictionaries(st.sampled_from(TAGS), TAG))
@settings(max_examples=150, deadline=None)
def test_tags_reach_nothing_but_what_they_are_for(
    make_host: Callable[[Path], FakeHost], tags: dict[str, str]
) -> None:
    assume(all(is_utf8(text) for text in tags.values()))  # EC2 takes no other
    config = of_host(
        container=Container(ports=(PortMapping(host=80, container=80),)),
        signal=Signal(logical_id="Hosts"),
        data_volume=DataVolume(mount_point="/srv/data"),
    )
    with TemporaryDirectory(dir=IN_MEMORY) as folder:
        host = make_host(Path(folder))
        host.tags = tags
        host.write(f"/{WRITTEN}", as_cloud_init_writes(config)["/etc/cdinfra/host.json"])
        host.write("/dev/sdf", "")
        code, result = converge(host)
        assert code in (0, *EXIT_CODES.values())
        assert result["verb"] == "converge"
        known = f"{tags.get('cdinfra:release')}"
        for container in host.engine.containers.values():
            assert IMAGE.fullmatch(known)
            assert container["body"]["Image"] == known
        words = {word for argv, _ in host.ran for word in argv} | {text for _, text in host.ran}
        strange = [text for text in tags.values() if len(text) > 2 and text not in OWN_WORDS]
        assert not [text for text in strange if text in words]
        for name, tag in (("AllocationId", "elastic-ip"), ("StackName", "stack")):
            sent = [content[name] for _, content in host.requests if name in content]
            assert set(sent) <= {tags.get(f"cdinfra:{tag}")}


def is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@given(image=TEXT | TEXT.map(lambda text: f"{text}@sha256:{'b' * 64}"), kept=TEXT)
@settings(max_examples=150, deadline=None)
def test_an_image_to_deploy_is_refused_or_is_what_runs(
    make_host: Callable[[Path], FakeHost], image: str, kept: str
) -> None:
    with TemporaryDirectory(dir=IN_MEMORY) as folder:
        host = make_host(Path(folder))
        host.tags = {}
        config = of_host(container=Container())
        host.write(f"/{WRITTEN}", as_cloud_init_writes(config)["/etc/cdinfra/host.json"])
        argv = ["deploy", f"--keep-image={kept}", "--generation=1", "--", image]
        code, _ = converge(host, *argv)
        images = [container["body"]["Image"] for container in host.engine.containers.values()]
        assert (code, images) == ((0, [image]) if IMAGE.fullmatch(image) else (2, []))
