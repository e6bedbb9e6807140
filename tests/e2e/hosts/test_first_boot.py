"""Hosts of a stack after their first boot, as `cdinfra up` leaves them."""

import base64
import json
from typing import Any

import boto3
import pytest

METADATA = "http://169.254.169.254/latest"
TOKEN = "X-aws-ec2-metadata-token"
TTL = f"{TOKEN}-ttl-seconds"
BOTH = pytest.mark.parametrize("stack", ["web", "bare"])


def curl(host: Any, path: str, *options: str) -> str:
    """Ask the metadata service on a host; return body and status."""
    words = ("curl", "--silent", "--max-time", "5", "--write-out", "\n%{http_code}", *options)
    return str(host.attempt(*words, f"{METADATA}/{path}").text)


def token_of(host: Any) -> str:
    """Return a session token of a host's metadata service."""
    return curl(host, "api/token", "-X", "PUT", "-H", f"{TTL}: 60").splitlines()[0]


def metadata(host: Any, path: str) -> str:
    """Return what a host's metadata service says at a path."""
    *lines, status = curl(host, path, "-H", f"{TOKEN}: {token_of(host)}").splitlines()
    assert status == "200", path
    return "\n".join(lines)


@pytest.fixture
def host(stack: str, request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(stack)


def test_the_hosts_serve_the_release_that_they_began_with(web: Any, bare: Any) -> None:
    assert web.get("/version") == (200, "v1")
    assert bare.get("/version") == (200, "v1")


@BOTH
def test_cloud_init_ends_without_an_error_or_a_warning(host: Any) -> None:
    status = json.loads(host.run("cloud-init", "status", "--wait", "--format", "json"))
    assert status["status"] == "done"
    assert status["errors"] == []
    assert status["datasource"].startswith("ec2")
    log = host.run("cat", "/var/log/cloud-init.log")
    bad = ("WARNING", "ERROR", "CRITICAL", "Traceback")
    assert [line for line in log.splitlines() if any(f"[{each}]" in line for each in bad)] == []
    assert "Traceback" not in log


@BOTH
def test_systemd_has_no_failed_unit(host: Any) -> None:
    assert host.attempt("systemctl", "is-system-running", "--wait").text == "running"


@BOTH
def test_the_user_data_is_that_of_the_launch_template_byte_for_byte(
    host: Any, stack: str, booted: Any
) -> None:
    ec2 = booted.checkout.client("ec2")
    found = ec2.describe_launch_templates()["LaunchTemplates"]
    (template,) = (each["LaunchTemplateId"] for each in found if f"e2e-dev-{stack}" in str(each))
    (version,) = ec2.describe_launch_template_versions(
        LaunchTemplateId=template, Versions=["$Latest"]
    )["LaunchTemplateVersions"]
    user_data = base64.b64decode(version["LaunchTemplateData"]["UserData"])

    kept = host.run("base64", "--wrap=0", "/var/lib/cloud/instance/user-data.txt")
    assert base64.b64decode(kept) == user_data
    token = f"{TOKEN}: {token_of(host)}"
    script = 'curl --silent --fail -H "$0" "$1" | base64 --wrap=0'
    served = host.run("sh", "-c", script, token, f"{METADATA}/user-data")
    assert base64.b64decode(served) == user_data


def test_the_bare_host_installed_what_its_image_lacked(web: Any, bare: Any) -> None:
    ready, missing = (each.inspect("{{.Config.Image}}") for each in (web, bare))
    assert "/ready:" in ready
    assert "/bare:" in missing
    history = bare.run("cat", "/var/log/apt/history.log")
    assert "docker.io" in history.split("Start-Date")[-1]


class TestTheMetadataService:
    def test_it_needs_a_session_token(self, web: Any) -> None:
        assert curl(web, "meta-data/instance-id").endswith("401")
        assert curl(web, "meta-data/instance-id", "-H", f"{TOKEN}: wrong").endswith("401")
        assert metadata(web, "meta-data/instance-id") == web.instance_id

    def test_it_says_who_the_instance_is(self, web: Any, booted: Any) -> None:
        identity = json.loads(metadata(web, "dynamic/instance-identity/document"))
        (group,) = booted.checkout.client("ec2").describe_instances(InstanceIds=[web.instance_id])[
            "Reservations"
        ]
        (instance,) = group["Instances"]
        assert identity["instanceId"] == web.instance_id
        assert identity["imageId"] == instance["ImageId"]
        assert identity["availabilityZone"] == instance["Placement"]["AvailabilityZone"]
        assert identity["privateIp"] == instance["PrivateIpAddress"] == web.address
        assert web.address in web.run("hostname", "-I").split()

    def test_it_shows_the_tags_of_the_instance(self, web: Any, booted: Any) -> None:
        tags = booted.checkout.client("ec2").describe_tags(
            Filters=[{"Name": "resource-id", "Values": [web.instance_id]}]
        )["Tags"]
        shown = metadata(web, "meta-data/tags/instance").split()
        assert sorted(shown) == sorted(each["Key"] for each in tags)
        assert metadata(web, "meta-data/tags/instance/cdinfra:release") == booted.releases["v1"]

    def test_its_credentials_are_those_of_the_role_and_work(self, web: Any) -> None:
        role = metadata(web, "meta-data/iam/security-credentials/")
        given = json.loads(metadata(web, f"meta-data/iam/security-credentials/{role}"))
        session = boto3.Session(
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["Token"],
            region_name=metadata(web, "meta-data/placement/region"),
        )
        endpoint = web.run("cat", "/etc/cdinfra/endpoint")
        arn = session.client("sts", endpoint_url=endpoint).get_caller_identity()["Arn"]
        assert arn.endswith(f":assumed-role/{role}/{web.instance_id}")

    def test_a_container_on_the_host_gets_no_answer(self, web: Any) -> None:
        ask = (
            "import urllib.request as r; "
            f"r.urlopen(r.Request('{METADATA}/api/token', method='PUT', "
            f"headers={{'{TTL}': '60'}}), timeout=4)"
        )
        (container,) = web.run("docker", "ps", "--quiet").split()
        asked = web.attempt("docker", "exec", container, "python3", "-c", ask)
        assert asked.code != 0
        assert "timed out" in asked.reason or "Errno 111" in asked.reason
        assert web.attempt("python3", "-c", ask).code == 0


@BOTH
def test_the_agent_says_what_runs(host: Any, booted: Any) -> None:
    said = json.loads(host.run("cdinfra-host", "status").splitlines()[-1])
    assert said["current"] is True
    assert said["desired"] == booted.releases["v1"]
    assert [each["release"] for each in said["containers"]] == [booted.releases["v1"]]
    assert [each["problem"] for each in said["containers"]] == [""]


@BOTH
def test_the_instance_passes_its_status_check(host: Any, booted: Any) -> None:
    (status,) = booted.checkout.client("ec2").describe_instance_status(
        InstanceIds=[host.instance_id]
    )["InstanceStatuses"]
    assert status["InstanceStatus"]["Status"] == "ok"


@BOTH
def test_the_stack_got_the_signal_of_the_host(host: Any, stack: str, booted: Any) -> None:
    events = booted.checkout.client("cloudformation").describe_stack_events(
        StackName=f"e2e-dev-{stack}"
    )["StackEvents"]
    said = [each.get("ResourceStatusReason", "") for each in events]
    assert f"Received SUCCESS signal with UniqueId {host.instance_id}" in said
