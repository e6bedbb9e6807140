"""The same user data from another build of zlib replaces no host."""

import base64
import gzip
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cdinfra.deploy.user_data_spelling import same_user_data, with_deployed_user_data


def packed(content: bytes, level: int) -> str:
    return base64.b64encode(gzip.compress(content, level, mtime=0)).decode()


def template(user_data: object, **more: Any) -> dict[str, Any]:
    launch = {"ImageId": "ami-1", "UserData": user_data, **more}
    resource = {"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": launch}}
    return {"Resources": {"LaunchTemplate": resource, "Topic": {"Type": "AWS::SNS::Topic"}}}


@given(content=st.binary(max_size=300))
def test_the_same_document_is_the_same_however_it_is_compressed(content: bytes) -> None:
    assert same_user_data(packed(content, 9), packed(content, 0))
    assert same_user_data(packed(content, 9), packed(content, 1))


@given(one=st.binary(max_size=50), other=st.binary(max_size=50))
def test_another_document_is_another_one(one: bytes, other: bytes) -> None:
    assert same_user_data(packed(one, 9), packed(other, 9)) is (one == other)


@given(text=st.text(max_size=60) | st.binary(max_size=40).map(lambda b: packed(b, 9)[:-6]))
def test_what_cannot_be_decoded_is_only_itself(text: str) -> None:
    assert same_user_data(text, text)
    assert not same_user_data(text, text + "!")
    assert not same_user_data(text, {"Fn::Base64": text})


def test_a_template_keeps_the_deployed_bytes_of_the_same_user_data() -> None:
    deployed = template(packed(b"#cloud-config\n", 1))
    wanted = template(packed(b"#cloud-config\n", 9), InstanceType="t3.large")
    kept = with_deployed_user_data(wanted, deployed)
    assert kept == template(packed(b"#cloud-config\n", 1), InstanceType="t3.large")
    assert wanted == template(packed(b"#cloud-config\n", 9), InstanceType="t3.large")


def test_changed_and_new_user_data_stay() -> None:
    wanted = template(packed(b"new", 9))
    assert with_deployed_user_data(wanted, template(packed(b"old", 9))) == wanted
    assert with_deployed_user_data(wanted, {"Resources": {}}) == wanted
    assert with_deployed_user_data(wanted, {}) == wanted
    assert with_deployed_user_data(wanted, template({"Fn::Base64": "new"})) == wanted
