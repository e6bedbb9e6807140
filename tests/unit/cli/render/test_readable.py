import base64
import gzip
import json
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

from hypothesis import given
from hypothesis import strategies as st

from cdinfra.cli.render.readable import decoded, leaves

CLOUD_CONFIG = "#cloud-config\npackages:\n  - docker.io\n"


def packed(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode())).decode()


def test_user_data_is_shown_as_the_text_it_holds() -> None:
    assert decoded(base64.b64encode(CLOUD_CONFIG.encode()).decode()) == CLOUD_CONFIG
    assert decoded(packed(CLOUD_CONFIG)) == CLOUD_CONFIG


def test_each_part_of_multipart_user_data_is_shown() -> None:
    message = MIMEMultipart()
    for name, text in (("base.yaml", CLOUD_CONFIG), ("late.sh", "#!/bin/sh\ntrue\n")):
        part = MIMEText(text, "x-shellscript" if name.endswith("sh") else "cloud-config", "utf-8")
        part.add_header("Content-Disposition", "attachment", filename=name)
        message.attach(part)
    shown = decoded(packed(message.as_string()))
    assert "--- base.yaml (text/cloud-config)\n#cloud-config" in shown
    assert "--- late.sh (text/x-shellscript)\n#!/bin/sh" in shown


def test_what_only_looks_like_base64_stays_as_it_is() -> None:
    for text in ("shop-dev-network", "abcdefghijklmnopqrstuvwxyz123456", "ami-0123456789abcdef0"):
        assert decoded(text) == text


def test_a_gzip_bomb_is_not_unpacked() -> None:
    bomb = packed("\0" * 50_000_000)
    assert decoded(bomb) == bomb


@given(st.text() | st.binary().map(lambda data: base64.b64encode(data).decode()))
def test_any_text_can_be_shown(text: str) -> None:
    assert isinstance(decoded(text), str)


def test_json_is_taken_apart_into_its_leaves() -> None:
    value: dict[str, object] = {"A": [1, {"B": "x"}], "C": {}, "D": None, "E": True}
    assert leaves(json.dumps(value)) == {
        ".A[0]": "1",
        ".A[1].B": "x",
        ".C": "{}",
        ".D": "null",
        ".E": "true",
    }


def test_plain_text_is_its_own_leaf_and_nothing_has_none() -> None:
    assert leaves("t3.micro") == {"": "t3.micro"}
    assert leaves("{not json") == {"": "{not json"}
    assert leaves(None) == {}
