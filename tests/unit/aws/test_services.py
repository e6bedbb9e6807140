from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.stub import ANY

from cdinfra.aws.account import Account, Accounts
from cdinfra.aws.cloud import connect
from cdinfra.aws.connection import Clients, Connection
from cdinfra.aws.hosts import Hosts
from cdinfra.aws.ssm_parameters import SsmParameters
from cdinfra.aws.storage import Storage
from cdinfra.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.aws.conftest import Script


def instance(instance_id: str, group: str, **more: object) -> dict[str, Any]:
    return {
        "InstanceId": instance_id,
        "InstanceType": "t3.micro",
        "State": {"Code": 16, "Name": "running"},
        "LaunchTime": datetime(2026, 1, 31, tzinfo=UTC),
        "Placement": {"AvailabilityZone": "eu-central-1a"},
        "Tags": [
            {"Key": "DeployGroup", "Value": group},
            {"Key": "cdinfra:release", "Value": "shop@sha256:1"},
            {"Key": "aws:cloudformation:stack-name", "Value": "shop-dev-web"},
        ],
        **more,
    }


def test_hosts_are_found_by_tag_over_all_pages_and_sorted_by_group(
    script: Callable[..., Script],
) -> None:
    cloud = script("ec2")
    filters = [
        {"Name": "tag:cdinfra:app", "Values": ["shop"]},
        {"Name": "tag:cdinfra:env", "Values": ["dev"]},
        {"Name": "instance-state-name", "Values": ANY},
    ]
    page = {"Reservations": [{"Instances": [instance("i-2", "worker")]}], "NextToken": "2"}
    cloud.answer("describe_instances", page, {"Filters": filters})
    page = {"Reservations": [{"Instances": [instance("i-1", "web", PrivateIpAddress="10.0.0.4")]}]}
    cloud.answer("describe_instances", page, {"Filters": filters, "NextToken": "2"})
    first, second = Hosts(cloud.clients).describe_hosts("shop", "dev")
    assert (first.instance_id, second.instance_id) == ("i-1", "i-2")
    assert (first.private_address, second.private_address) == ("10.0.0.4", "")
    assert (first.deploy_group, first.release) == ("web", "shop@sha256:1")
    assert first.stack_name == "shop-dev-web"
    assert first.tags["cdinfra:release"] == "shop@sha256:1"


def test_a_host_without_tags_and_addresses_can_be_read(script: Callable[..., Script]) -> None:
    cloud = script("ec2")
    bare = instance("i-1", "web")
    del bare["Tags"], bare["Placement"]
    cloud.answer("describe_instances", {"Reservations": [{"Instances": [bare]}]})
    (host,) = Hosts(cloud.clients).describe_hosts("shop", "dev")
    assert (host.deploy_group, host.release, host.zone, host.public_address) == ("", "", "", "")


def test_a_host_says_its_architecture(script: Callable[..., Script]) -> None:
    cloud = script("ec2")
    page = {"Reservations": [{"Instances": [instance("i-1", "web", Architecture="arm64")]}]}
    cloud.answer("describe_instances", page)
    (host,) = Hosts(cloud.clients).describe_hosts("shop", "dev")
    assert host.architecture == "arm64"


def test_hosts_are_tagged_a_thousand_at_a_time(script: Callable[..., Script]) -> None:
    cloud = script("ec2")
    names = [f"i-{number:08x}" for number in range(1001)]
    tags = [{"Key": "cdinfra:release", "Value": "shop@sha256:1"}]
    for chunk in (names[:1000], names[1000:]):
        cloud.answer("create_tags", {}, {"Resources": chunk, "Tags": tags})
    Hosts(cloud.clients).create_tags(names, {"cdinfra:release": "shop@sha256:1"})
    cloud.stubber.assert_no_pending_responses()


def test_a_host_that_is_gone_is_left_out_where_others_are_tagged(
    script: Callable[..., Script],
) -> None:
    cloud = script("ec2")
    missing = "The instance IDs 'i-2, i-3' do not exist"
    cloud.refuse("create_tags", "InvalidInstanceID.NotFound", missing)
    cloud.answer("create_tags", {}, {"Resources": ["i-1"], "Tags": [{"Key": "a", "Value": "b"}]})
    Hosts(cloud.clients).create_tags(["i-1", "i-2", "i-3"], {"a": "b"})
    cloud.stubber.assert_no_pending_responses()
    cloud.refuse("create_tags", "InvalidID", "The ID 'i-1' is not valid")
    Hosts(cloud.clients).create_tags(["i-1"], {"a": "b"})
    cloud.stubber.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("code", "message"), [("UnauthorizedOperation", "i-1"), ("InvalidID", "no id in here")]
)
def test_tags_that_may_not_be_set_are_an_error(
    script: Callable[..., Script], code: str, message: str
) -> None:
    cloud = script("ec2")
    cloud.refuse("create_tags", code, message)
    with pytest.raises(CloudError, match=f"cannot tag the hosts: {message} .{code}"):
        Hosts(cloud.clients).create_tags(["i-1"], {"a": "b"})


def test_the_account_is_the_callers(script: Callable[..., Script]) -> None:
    cloud = script("sts")
    cloud.answer("get_caller_identity", {"Account": "123456789012"})
    account = Accounts(cloud.clients).describe_account()
    assert account == Account(account_id="123456789012", region="eu-central-1")


def test_ssm_parameters_are_read_ten_at_a_time_and_missing_ones_left_out(
    script: Callable[..., Script],
) -> None:
    cloud = script("ssm")
    names = [f"/p/{number}" for number in range(12)]
    first = {
        "Parameters": [{"Name": "/p/0", "Type": "String", "Value": "a"}],
        "InvalidParameters": names[1:10],
    }
    cloud.answer("get_parameters", first, {"Names": names[:10]})
    second = {"Parameters": [{"Name": "/p/11", "Type": "String", "Value": "b"}]}
    cloud.answer("get_parameters", second, {"Names": names[10:]})
    assert SsmParameters(cloud.clients).get_parameters(names) == {"/p/0": "a", "/p/11": "b"}


def test_a_stored_template_can_be_addressed(script: Callable[..., Script]) -> None:
    cloud = script("s3")
    expected = {
        "Bucket": "bucket",
        "Key": "templates/t.json",
        "Body": b"{}",
        "ContentType": "application/json",
    }
    cloud.answer("put_object", {}, expected)
    url = Storage(cloud.clients).put_template("bucket", "templates/t.json", "{}")
    assert url == "https://s3.eu-central-1.amazonaws.com/bucket/templates/t.json"


def test_the_local_cloud_may_be_asked_more_often() -> None:
    local = connect(Connection(endpoint_url="http://127.0.0.1:1"))
    assert local.calls_per_second > connect(Connection()).calls_per_second


def test_nothing_of_the_environment_reaches_the_local_cloud(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "config"
    broken.write_text("[profile\n")
    for name, value in {
        "AWS_ACCESS_KEY_ID": "real",
        "AWS_SECRET_ACCESS_KEY": "real",
        "AWS_SESSION_TOKEN": "real",
        "AWS_ENDPOINT_URL": "https://elsewhere.example",
        "AWS_PROFILE": "nobody",
        "AWS_CONFIG_FILE": str(broken),
        "AWS_DEFAULTS_MODE": "nonsense",
        "AWS_REGION": "mars-north-1",
        "HTTP_PROXY": "http://proxy.example:3128",
    }.items():
        monkeypatch.setenv(name, value)
    client = Clients(Connection(endpoint_url="http://127.0.0.1:1")).client("sts")
    credentials = client._request_signer._credentials  # noqa: SLF001 - what is sent
    assert (credentials.access_key, credentials.token) == ("local", None)
    assert client.meta.endpoint_url == "http://127.0.0.1:1"
    assert client.meta.region_name == "eu-central-1"
    assert client.meta.config.proxies == {}


def test_a_client_is_made_once() -> None:
    clients = Clients(Connection(endpoint_url="http://127.0.0.1:1"))
    assert clients.client("sts") is clients.client("sts")


def test_what_is_only_good_to_know_gives_up_sooner() -> None:
    clients = Clients(Connection(endpoint_url="http://127.0.0.1:1"))
    patient, hurried = (clients.client("ssm", hurried=each).meta.config for each in (False, True))
    assert hurried.read_timeout < patient.read_timeout
    assert hurried.connect_timeout < patient.connect_timeout
    assert hurried.retries["total_max_attempts"] < patient.retries["total_max_attempts"]
    assert clients.client("ssm", hurried=True) is clients.client("ssm", hurried=True)


@pytest.mark.parametrize(
    "name", ["cdinfra.aws.cloud", "cdinfra.aws.fake", "cdinfra.deploy.deployer"]
)
def test_nothing_heavy_is_imported_before_a_call_is_made(name: str) -> None:
    heavy = "{'boto3', 'botocore', 'troposphere', 'moto', 'cfnlint', 'rich', 'click'}"
    code = f"import sys, {name}; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_renewed_session_reads_the_credentials_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "credentials"
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    aws = connect(Connection(region="eu-central-1"))
    used = []
    for key in ("OLD", "NEW"):
        file.write_text(f"[default]\naws_access_key_id={key}\naws_secret_access_key=x\n")
        used.append(_access_key(aws.clients))
    aws.renew()
    used.append(_access_key(aws.clients))
    assert used == ["OLD", "OLD", "NEW"]


def _access_key(clients: Clients) -> str:
    address = clients.client("cloudformation").generate_presigned_url("describe_stacks")
    return parse_qs(urlsplit(address).query)["X-Amz-Credential"][0].split("/")[0]
