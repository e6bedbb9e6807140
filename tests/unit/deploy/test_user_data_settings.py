import base64
import gzip
import json

import pytest

from cdinfra.cloudinit import (
    CloudConfig,
    Container,
    ContentType,
    HostConfig,
    OperatingSystem,
    Part,
    StaysUp,
    WriteFile,
    host_user_data,
)
from cdinfra.cloudinit.cloud_config import HEADER
from cdinfra.deploy.user_data_change import SettingChange
from cdinfra.deploy.user_data_settings import setting_changes


def host(*parts: Part, packages: tuple[str, ...] = (), **container: object) -> str:
    """Return the user data of a host as text."""
    settings = {"health": StaysUp(seconds=10), **container}
    config = HostConfig(
        app="shop",
        env="dev",
        stack="web",
        deploy_group="shop-dev-web",
        operating_system=OperatingSystem.AMAZON_LINUX_2023,
        container=Container(**settings),  # type: ignore[arg-type] # each test knows what it sets
        extra_parts=parts,
        packages=packages,
    )
    return host_user_data(config).text()


def told(before: str, after: str) -> list[tuple[str, str | None, str | None]]:
    return [(each.name, each.before, each.after) for each in setting_changes(before, after)]


def config(**settings: object) -> str:
    return HEADER + json.dumps(settings)


def test_an_environment_variable_of_the_container_is_told_by_its_name() -> None:
    before = host(environment={"LOG_LEVEL": "info", "OLD": "1", "SAME": "x"})
    after = host(environment={"LOG_LEVEL": "debug", "NEW": "2", "SAME": "x"})
    assert told(before, after) == [
        ("host container.create.Env.LOG_LEVEL", "info", "debug"),
        ("host container.create.Env.OLD", "1", None),
        ("host container.create.Env.NEW", None, "2"),
    ]


def test_settings_of_the_host_are_told_by_their_names() -> None:
    before = host(command=("serve",))
    after = host(command=("serve", "-v"), drain_seconds=60, packages=("htop",))
    names = {name: (one, other) for name, one, other in told(before, after)}
    assert names["host container.create.Cmd"] == ("serve", "serve\n-v")
    assert names["host container.drain"] == ("30", "60")
    one, other = names["host packages"]
    assert other == f"{one}\nhtop"


def test_a_file_is_told_by_its_path_whatever_its_encoding() -> None:
    packed = base64.b64encode(gzip.compress(b"two\n")).decode()
    before = config(write_files=[{"path": "/etc/motd", "content": "one\n"}])
    entry = {"path": "/etc/motd", "content": packed, "encoding": "gz+b64", "permissions": "0600"}
    assert told(before, config(write_files=[entry])) == [
        ("file /etc/motd", "one\n", "two\n"),
        ("file /etc/motd permissions", None, "0600"),
    ]
    same = CloudConfig(write_files=(WriteFile(path="/etc/motd", content="two\n"),)).render()
    assert [each[0] for each in told(same, config(write_files=[entry]))] == [
        "file /etc/motd permissions"
    ]


def test_packages_and_commands_are_lines() -> None:
    before = config(packages=["git"], runcmd=[["touch", "/a b"], "echo hello"])
    after = config(packages=["git", ["htop", "3.2"]], runcmd=[["touch", "/a b"]])
    assert told(before, after) == [
        ("packages", "git", "git\nhtop 3.2"),
        ("runcmd", "touch '/a b'\necho hello", "touch '/a b'"),
    ]


def test_other_keys_are_told_with_their_paths() -> None:
    assert told(
        config(timezone="UTC", users=["default", {"name": "deploy"}]),
        config(timezone="Europe/Berlin", users=["default", {"name": "ops"}]),
    ) == [("timezone", "UTC", "Europe/Berlin"), ("users[1].name", "deploy", "ops")]


def test_what_cloud_init_does_at_every_boot_is_marked() -> None:
    changes = setting_changes(
        config(bootcmd=["a"], runcmd=["a"]), config(bootcmd=["b"], runcmd=["b"])
    )
    assert {each.name: each.every_boot for each in changes} == {"bootcmd": True, "runcmd": False}


@pytest.mark.parametrize(
    ("content_type", "every_boot"),
    [(ContentType.SHELL_SCRIPT, False), (ContentType.SHELL_SCRIPT_PER_BOOT, True)],
)
def test_a_part_is_told_by_its_name(content_type: ContentType, every_boot: bool) -> None:
    def with_script(text: str) -> str:
        return host(Part(content_type=content_type, file_name="setup.sh", text=text))

    assert setting_changes(with_script("#!/bin/sh\n"), with_script("#!/bin/sh\ntrue\n")) == (
        SettingChange(
            name="part setup.sh",
            before="#!/bin/sh\n",
            after="#!/bin/sh\ntrue\n",
            every_boot=every_boot,
        ),
    )


def test_the_settings_of_a_further_document_have_its_name_before_them() -> None:
    more = Part.of(CloudConfig(packages=("htop",)), file_name="more.yaml")
    assert ("more.yaml: packages", None, "htop") in told(host(), host(more))


def test_what_says_the_same_in_other_words_is_shown_as_text() -> None:
    assert told(HEADER + "a: 1\n", HEADER + "# why\na: 1\n") == [
        ("text", HEADER + "a: 1\n", HEADER + "# why\na: 1\n")
    ]


@pytest.mark.parametrize("text", ["#!/bin/sh\n", HEADER + "a: [\n", HEADER + "- a\n", ""])
def test_what_is_no_cloud_config_is_shown_as_text(text: str) -> None:
    assert ("text", text, "#!/bin/sh\ntrue\n") in told(text, "#!/bin/sh\ntrue\n")


def test_entries_that_nobody_can_read_do_not_end_it() -> None:
    odd = config(write_files=["x", {"path": "/a", "content": "!", "encoding": "gz"}], packages=1)
    assert told(odd, config(write_files=[{"path": "/a", "content": "%", "encoding": "b64"}]))
    binary = HEADER + "write_files:\n- path: /a\n  content: !!binary /w==\n"
    assert told(binary, config(write_files=[])) == [
        ("file /a", "(1 bytes, sha256 a8100ae6aa19)", None),
    ]


def test_multi_part_and_single_user_data_compare_by_name() -> None:
    single = host()
    script = Part(content_type=ContentType.SHELL_SCRIPT, file_name="a.sh", text="#!/bin/sh\n")
    names = [each[0] for each in told(single, host(script))]
    assert "part a.sh" in names
    assert not any(name.startswith(("host ", "file ")) for name in names)
