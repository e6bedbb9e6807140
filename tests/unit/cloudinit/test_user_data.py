"""User data: parts, their order, their size, and the same bytes for the same input."""

import base64
import email
import gzip
import random

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.cloudinit import (
    USER_DATA_LIMIT,
    CloudConfig,
    ContentType,
    DiskSetup,
    Encoding,
    FilesystemSetup,
    MergeRule,
    Mount,
    Part,
    User,
    WriteFile,
    render_user_data,
)
from cdinfra.errors import InvalidInputError

SCRIPT = Part(content_type=ContentType.SHELL_SCRIPT, file_name="hi.sh", text="#!/bin/sh\necho hi\n")


def noise(size: int) -> str:
    """Return text that does not get much smaller by compression."""
    return base64.b64encode(random.Random(1).randbytes(size)).decode()  # noqa: S311 - no secret


def test_one_cloud_config_is_user_data_as_it_is() -> None:
    config = CloudConfig(hostname="web", runcmd=(("touch", "/x y"),))
    rendered = render_user_data((Part.of(config),))
    assert rendered.encoding == Encoding.PLAIN
    assert rendered.content == b"#cloud-config\nhostname: web\nruncmd:\n- - touch\n  - /x y\n"
    assert base64.b64decode(rendered.base64()) == rendered.content
    assert rendered.size == len(rendered.content)


def test_several_parts_become_mime_that_a_parser_reads_back() -> None:
    unicode_script = Part(
        content_type=ContentType.SHELL_SCRIPT,
        file_name="é.sh".replace("é", "e"),
        text="#!/bin/sh\necho ü\n",
    )
    parts = (SCRIPT, unicode_script, Part.of(CloudConfig(timezone="Europe/Berlin")))
    message = email.message_from_bytes(render_user_data(parts).content)
    found = list(message.walk())[1:]
    assert [part.get_content_type() for part in found] == [p.content_type for p in parts]
    assert [part.get_filename() for part in found] == [p.file_name for p in parts]
    texts = [bytes(part.get_payload(decode=True)).decode() for part in found]  # type: ignore[arg-type]
    assert texts == [part.text for part in parts]


def test_a_script_alone_is_wrapped_too() -> None:
    assert render_user_data((SCRIPT,)).content.startswith(b"Content-Type: multipart/mixed")


def test_what_does_not_fit_is_compressed_without_a_time_stamp() -> None:
    config = CloudConfig(write_files=(WriteFile(path="/big", content="a line\n" * 9000),))
    rendered = render_user_data((Part.of(config),))
    assert rendered.encoding == Encoding.GZIP
    assert rendered.size < USER_DATA_LIMIT
    assert rendered.content[4:8] == b"\0\0\0\0"
    assert gzip.decompress(rendered.content) == config.render().encode()
    assert rendered.text() == config.render()


def test_the_limit_is_exact() -> None:
    base = len(CloudConfig(write_files=(WriteFile(path="/x", content="y"),)).render())
    content = "y" * (USER_DATA_LIMIT - base + 1)
    part = Part.of(CloudConfig(write_files=(WriteFile(path="/x", content=content),)))
    assert render_user_data((part,)).encoding == Encoding.PLAIN
    part = Part.of(CloudConfig(write_files=(WriteFile(path="/x", content=content + "y"),)))
    assert render_user_data((part,)).encoding == Encoding.GZIP


def test_what_never_fits_is_an_error_that_names_each_part_and_its_size() -> None:
    big = Part.of(CloudConfig(write_files=(WriteFile(path="/x", content=noise(30_000)),)))
    with pytest.raises(InvalidInputError) as raised:
        render_user_data((SCRIPT, big))
    message = raised.value.message
    assert "hi.sh 18 bytes (38 compressed)" in message
    assert "cloud-config.yaml 40,0" in message
    assert "above the limit of 16,384" in message


def test_no_part_is_an_error() -> None:
    with pytest.raises(InvalidInputError, match="has no part"):
        render_user_data(())


@pytest.mark.parametrize(
    ("content_type", "text", "message"),
    [
        (ContentType.CLOUD_CONFIG, "packages: []\n", "does not start with the line #cloud-config"),
        (ContentType.CLOUD_CONFIG, "#cloud-config\npackges: []\n", "did you mean 'packages'?"),
        (ContentType.CLOUD_CONFIG, "#cloud-config\na: [\n", "is not valid YAML"),
        (ContentType.CLOUD_CONFIG, "#cloud-config\n- a\n", "is not a mapping"),
        (ContentType.CLOUD_CONFIG, "#cloud-config\n", "is not a mapping"),
        (ContentType.SHELL_SCRIPT, "echo\n", "does not start with #!"),
        (ContentType.BOOTHOOK, " ", "is empty"),
        (ContentType.SHELL_SCRIPT, "#!\0", "has a NUL character"),
        ("text/plain", "#!/bin/sh", "content_type"),
    ],
)
def test_a_part_that_cloud_init_would_ignore_is_refused(
    content_type: str, text: str, message: str
) -> None:
    with pytest.raises(InvalidInputError) as raised:
        Part(content_type=content_type, file_name="mine.yaml", text=text)
    assert message in raised.value.message
    assert raised.value.message.startswith("user_data/mine.yaml/")


@pytest.mark.parametrize("name", ["", "a b", 'x"y', "é.sh", "../x", "a\nContent-Type: x"])
def test_a_file_name_cannot_break_out_of_its_header(name: str) -> None:
    with pytest.raises(InvalidInputError):
        Part(content_type=ContentType.SHELL_SCRIPT, file_name=name, text="#!/bin/sh\n")


def test_every_field_of_a_document_is_rendered() -> None:
    config = CloudConfig(
        hostname="web-1",
        timezone="UTC",
        package_update=True,
        package_upgrade=False,
        packages=("htop",),
        users=(
            User(
                name="ada",
                groups=("sudo",),
                sudo="ALL=(ALL) ALL",
                ssh_authorized_keys=("ssh-ed25519 AAAA ada",),
            ),
        ),
        ssh_authorized_keys=("ssh-ed25519 AAAA root",),
        disk_setup=(DiskSetup(device="/dev/sdf"),),
        fs_setup=(FilesystemSetup(device="/dev/sdf", label="data"),),
        mounts=(Mount(device="LABEL=data", mount_point="/srv/data"),),
        write_files=(
            WriteFile(path="/x", content="1", permissions="0600", owner="ada:ada", defer=True),
        ),
        bootcmd=(("true",),),
        runcmd=(("true", "2"),),
        merge_how=(MergeRule(name="list", settings=("append",)),),
    )
    assert yaml.safe_load(config.render()) == {
        "merge_how": [{"name": "list", "settings": ["append"]}],
        "hostname": "web-1",
        "timezone": "UTC",
        "package_update": True,
        "package_upgrade": False,
        "packages": ["htop"],
        "users": [
            "default",
            {
                "name": "ada",
                "groups": ["sudo"],
                "shell": "/bin/bash",
                "sudo": "ALL=(ALL) ALL",
                "ssh_authorized_keys": ["ssh-ed25519 AAAA ada"],
                "lock_passwd": True,
            },
        ],
        "ssh_authorized_keys": ["ssh-ed25519 AAAA root"],
        "disk_setup": {"/dev/sdf": {"table_type": "gpt", "layout": True, "overwrite": False}},
        "fs_setup": [
            {
                "label": "data",
                "filesystem": "ext4",
                "device": "/dev/sdf",
                "partition": "auto",
                "overwrite": False,
            }
        ],
        "mounts": [["LABEL=data", "/srv/data", "auto", "defaults,nofail", "0", "2"]],
        "write_files": [
            {"path": "/x", "permissions": "0600", "owner": "ada:ada", "defer": True, "content": "1"}
        ],
        "bootcmd": [["true"]],
        "runcmd": [["true", "2"]],
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"packages": ("-o", "x")},
        {"packages": ("a b",)},
        {"hostname": "a b"},
        {"timezone": "../etc"},
        {"runcmd": ("ls -l",)},
        {"runcmd": ((),)},
        {"bootcmd": (("a", 1),)},
        {"ssh_authorized_keys": ("ssh-ed25519 A\nssh-rsa B",)},
    ],
)
def test_a_wrong_value_of_a_document_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError) as raised:
        CloudConfig(**wrong)  # type: ignore[arg-type] # wrong on purpose
    assert raised.value.message.startswith(f"cloud_config/{next(iter(wrong))}")


TEXTS = st.text() | st.sampled_from(
    ["a: b", "- x", "0644", "on", "~", "a\n b \n", "\ud800", "\0", "é\n"]
)


@given(content=TEXTS, word=TEXTS, path=TEXTS)
def test_any_text_is_refused_or_comes_out_of_the_yaml_unchanged(
    content: str, word: str, path: str
) -> None:
    try:
        file = WriteFile(path=f"/{path}", content=content)
        config = CloudConfig(write_files=(file,), runcmd=((word,),))
    except InvalidInputError as error:
        assert error.problems  # noqa: PT017 - the other branch is fine, too
        return
    document = yaml.safe_load(config.render())
    assert document["write_files"][0]["content"] == content
    assert document["write_files"][0]["path"] == f"/{path}"
    assert document["runcmd"] == [[word]]
    assert config.render().isascii()


@given(text=st.text(max_size=200))
def test_any_script_comes_out_of_the_mime_unchanged(text: str) -> None:
    try:
        part = Part(content_type=ContentType.SHELL_SCRIPT, file_name="x.sh", text=f"#!{text}")
    except InvalidInputError as error:
        assert error.problems  # noqa: PT017 - the other branch is fine, too
        return
    message = email.message_from_bytes(render_user_data((part, SCRIPT)).content)
    payload = list(message.walk())[1].get_payload(decode=True)
    assert payload == part.text.encode()
