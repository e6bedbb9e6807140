import base64
import gzip
from typing import Any

import pytest

from cdinfra.lint.template import Template
from cdinfra.lint.user_data import FoundUserData, user_data_of

SCRIPT = "#!/bin/sh\nexit 0\n"


def found(user_data: Any) -> list[FoundUserData]:
    resources = {"Host": {"Type": "AWS::EC2::Instance", "Properties": {"UserData": user_data}}}
    return list(user_data_of(Template(name="web", document={"Resources": resources})))


@pytest.mark.parametrize(
    "content", [SCRIPT.encode(), gzip.compress(SCRIPT.encode(), mtime=0)], ids=["plain", "gzip"]
)
def test_base64_and_gzip_are_unpacked_and_the_size_is_what_ec2_counts(content: bytes) -> None:
    (user_data,) = found(base64.b64encode(content).decode())
    assert user_data.size == len(content)
    assert [(part.content_type, part.text) for part in user_data.parts] == [
        ("text/x-shellscript", SCRIPT)
    ]


def test_references_stand_in_the_text_and_leave_the_size_open() -> None:
    join = {"Fn::Join": ["\n", ["#cloud-config", {"Fn::Sub": "hostname: ${Name}"}, {"Ref": "X"}]]}
    (user_data,) = found({"Fn::Base64": join})
    assert user_data.size is None
    assert user_data.parts[0].text == "#cloud-config\nhostname: ${Name}\n${X}"
    assert user_data.cloud_configs == ()


def test_both_branches_of_a_condition_are_read() -> None:
    one, other = {"Fn::Base64": SCRIPT}, {"Fn::Base64": "#cloud-config\n{}"}
    assert len(found({"Fn::If": ["Old", one, other]})) == 2


@pytest.mark.parametrize("user_data", [None, {"Ref": "UserData"}, "", "not base64!", 3])
def test_what_cannot_be_known_is_left_out(user_data: object) -> None:
    assert found(user_data) == []
