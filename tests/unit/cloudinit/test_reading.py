import base64
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.cloudinit import ContentType, Part
from cdinfra.cloudinit.reading import (
    UNPACKED_MAX_BYTES,
    from_base64,
    read_parts,
    type_of,
    unzipped,
)
from cdinfra.cloudinit.user_data import render_user_data

CONFIG = Part(
    content_type=ContentType.CLOUD_CONFIG, file_name="a.yaml", text="#cloud-config\nhostname: ü\n"
)
SCRIPT = Part(content_type=ContentType.SHELL_SCRIPT, file_name="b.sh", text="#!/bin/sh\nexit 0\n")


def test_what_is_rendered_is_read_back() -> None:
    parts = read_parts(render_user_data((CONFIG, SCRIPT)).text())
    assert [(each.content_type, each.file_name) for each in parts] == [
        ("text/cloud-config", "a.yaml"),
        ("text/x-shellscript", "b.sh"),
    ]
    assert [(each.text or "").strip() for each in parts] == [
        CONFIG.text.strip(),
        "#!/bin/sh\nexit 0",
    ]


def test_one_document_is_one_part() -> None:
    (part,) = read_parts(render_user_data((CONFIG,)).text())
    assert (part.content_type, part.text) == ("text/cloud-config", CONFIG.text)


@pytest.mark.parametrize(
    ("text", "content_type"),
    [
        ("#!/bin/sh", "text/x-shellscript"),
        ("#cloud-config-archive\n[]", "text/cloud-config-archive"),
        ("#include\nhttps://example.com", "text/x-include-url"),
        ("#include-once\nhttps://example.com", "text/x-include-once-url"),
        ("## template: jinja\n#cloud-config", "text/jinja2"),
        ("yum update", ""),
        ("", ""),
    ],
)
def test_the_first_line_says_what_a_document_is(text: str, content_type: str) -> None:
    assert type_of(text) == content_type


def test_a_part_that_is_no_text_is_told_by_its_size() -> None:
    mime = 'Content-Type: multipart/mixed; boundary="="\n\n--=\nContent-Type: text/x-x\n'
    encoded = base64.b64encode(b"\xff\xfe\x00").decode()
    (part,) = read_parts(f"{mime}Content-Transfer-Encoding: base64\n\n{encoded}\n--=--\n")
    assert (part.text, part.size) == (None, 3)


def test_what_unpacks_to_far_more_than_user_data_can_hold_is_left_alone() -> None:
    assert unzipped(gzip.compress(b"0" * (UNPACKED_MAX_BYTES + 1))) is None
    assert unzipped(b"\x1f\x8bbroken") is None
    assert unzipped(b"plain") == b"plain"


@given(st.binary(min_size=1))
def test_bytes_survive_base64(content: bytes) -> None:
    assert from_base64(base64.b64encode(content).decode()) == content


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    assert read_parts(text)
    from_base64(text)
