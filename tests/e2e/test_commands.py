"""Commands, keys and consoles on a host that has really booted."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cdinfra.aws.connection import Clients
from cdinfra.local.hosts.container import INSTANCE_LABEL
from cdinfra.local.process import LocalCloud, start, stop
from cdinfra.local.ssh import make_key

pytestmark = pytest.mark.e2e

UBUNTU = "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
DEBIAN = "/aws/service/debian/release/12/latest/amd64"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
KEY_NAME = "commands"
BOOT_SECONDS = 300.0
"""With the building of the image, where it is not there yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Booted:
    """One host, and what speaks to it."""

    cloud: LocalCloud
    clients: Clients
    instance_id: str
    private_key: Path

    @property
    def ssm(self) -> Any:
        return self.clients.client("ssm")

    @property
    def container(self) -> str:
        return docker("ps", "-aq", "--filter", f"label={INSTANCE_LABEL}={self.instance_id}")

    def ping(self) -> str:
        nodes = self.ssm.describe_instance_information()["InstanceInformationList"]
        return next((n["PingStatus"] for n in nodes if n["InstanceId"] == self.instance_id), "")

    def send(self, *commands: str, **given: Any) -> str:
        parameters = {"commands": list(commands), **given.pop("parameters", {})}
        answer = self.ssm.send_command(
            DocumentName="AWS-RunShellScript",
            InstanceIds=[self.instance_id],
            Parameters=parameters,
            **given,
        )
        return str(answer["Command"]["CommandId"])

    def result(self, command_id: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.ssm.get_command_invocation(
            CommandId=command_id, InstanceId=self.instance_id
        )
        return answer

    def ended(self, command_id: str, *, seconds: float = 60.0) -> dict[str, Any]:
        running = ("Pending", "InProgress", "Cancelling")
        wait_until(lambda: self.result(command_id)["Status"] not in running, seconds=seconds)
        return self.result(command_id)

    def run(self, *commands: str, **given: Any) -> dict[str, Any]:
        return self.ended(self.send(*commands, **given))

    def shell(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Call ``cdinfra local ssh``."""
        argv = (
            sys.executable,
            "-c",
            "from cdinfra.cli import main; main()",
            "local",
            "ssh",
            *words,
        )
        state = str(self.cloud.state_dir)
        environment = {**os.environ, "CDINFRA_HOSTS": "", "CDINFRA_STATE": state}
        return subprocess.run(
            argv, env=environment, capture_output=True, text=True, timeout=60, check=False
        )


def docker(*arguments: str) -> str:
    argv = ["docker", *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


def wait_until(condition: Callable[[], Any], *, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.1)


def launch(clients: Clients, parameter: str, **more: Any) -> str:
    image = clients.client("ssm").get_parameter(Name=parameter)["Parameter"]["Value"]
    launched = clients.client("ec2").run_instances(
        ImageId=image,
        MinCount=1,
        MaxCount=1,
        IamInstanceProfile={"Name": "commands"},
        MetadataOptions={"HttpTokens": "required"},
        **more,
    )
    return str(launched["Instances"][0]["InstanceId"])


@pytest.fixture(scope="module")
def booted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Booted]:
    """A host that has booted, of a local cloud of its own."""
    state_dir = Path(tmp_path_factory.mktemp("commands"))
    cloud = start(state_dir, environ={**os.environ, "CDINFRA_HOSTS": ""})
    try:
        clients = Clients(cloud.connection())
        iam, ec2 = clients.client("iam"), clients.client("ec2")
        iam.create_role(RoleName="commands", AssumeRolePolicyDocument=TRUST)
        iam.create_instance_profile(InstanceProfileName="commands")
        iam.add_role_to_instance_profile(InstanceProfileName="commands", RoleName="commands")
        pair = ec2.create_key_pair(KeyName=KEY_NAME, KeyType="ed25519")
        private_key = state_dir / "pair.pem"
        private_key.touch(mode=0o600)
        private_key.write_text(pair["KeyMaterial"])
        instance_id = launch(clients, UBUNTU, KeyName=KEY_NAME)
        host = Booted(
            cloud=cloud, clients=clients, instance_id=instance_id, private_key=private_key
        )
        wait_until(lambda: host.ping() == "Online", seconds=BOOT_SECONDS)
        waited = host.ended(host.send("cloud-init status --wait --long"), seconds=BOOT_SECONDS)
        assert waited["Status"] == "Success", waited["StandardOutputContent"]
        yield host
    finally:
        stop(state_dir)


def test_a_script_runs_as_root_where_and_as_the_agent_runs_it(booted: Booted) -> None:
    result = booted.run("id -un", "pwd", 'echo "${HOME-no home}"', "echo $AWS_SSM_INSTANCE_ID")
    assert result["StandardOutputContent"].splitlines() == [
        "root",
        "/usr/bin",
        "no home",
        booted.instance_id,
    ]
    assert (result["Status"], result["ResponseCode"]) == ("Success", 0)


def test_the_first_line_names_the_interpreter(booted: Booted) -> None:
    result = booted.run("#!/usr/bin/python3", "import os", "print(os.getcwd(), 6 * 7)")
    assert result["StandardOutputContent"] == "/usr/bin 42\n"


def test_no_character_of_a_script_is_lost_on_the_way(booted: Booted) -> None:
    text = "a'b\"c$HOME`id`\\n\t%s ü €"
    result = booted.run("cat <<'END'", text, "END", parameters={"workingDirectory": ["/etc"]})
    assert result["StandardOutputContent"] == f"{text}\n"


def test_exit_code_and_errors_come_back(booted: Booted) -> None:
    result = booted.run("echo fine", "echo bad >&2", "exit 7")
    assert (result["Status"], result["ResponseCode"]) == ("Failed", 7)
    assert result["StandardOutputContent"] == "fine\n"
    assert result["StandardErrorContent"] == "bad\nfailed to run commands: exit status 7"


def test_a_folder_that_is_not_there_fails(booted: Booted) -> None:
    result = booted.run("pwd", parameters={"workingDirectory": ["/no/such"]})
    assert (result["Status"], result["ResponseCode"]) == ("Failed", 1)
    assert "/no/such" in result["StandardErrorContent"]


def test_output_is_cut_at_the_services_limits_and_whole_in_the_bucket(booted: Booted) -> None:
    s3 = booted.clients.client("s3")
    location = {"LocationConstraint": "eu-central-1"}
    s3.create_bucket(Bucket="commands-output", CreateBucketConfiguration=location)
    command = booted.send(
        "yes | head -c 2000000",
        "yes error | head -c 50000 >&2",
        OutputS3BucketName="commands-output",
        OutputS3KeyPrefix="logs",
    )
    result = booted.ended(command)
    assert len(result["StandardOutputContent"]) == 24_000
    assert len(result["StandardErrorContent"]) == 8_000
    answer = booted.ssm.list_command_invocations(CommandId=command, Details=True)
    (plugin,) = answer["CommandInvocations"][0]["CommandPlugins"]
    assert len(plugin["Output"]) <= 2_500
    assert "---Output truncated---" in plugin["Output"]
    prefix = f"logs/{command}/{booted.instance_id}/awsrunShellScript/0.awsrunShellScript/"
    listed = s3.list_objects_v2(Bucket="commands-output", Prefix=prefix)["Contents"]
    assert {each["Key"].removeprefix(prefix): each["Size"] for each in listed} == {
        "stdout": 2_000_000,
        "stderr": 50_000,
    }


def test_what_runs_too_long_is_killed_with_all_that_it_started(booted: Booted) -> None:
    result = booted.run(
        "sleep 4711 &", "echo begun", "sleep 4711", parameters={"executionTimeout": ["5"]}
    )
    assert (result["Status"], result["StatusDetails"]) == ("TimedOut", "ExecutionTimedOut")
    assert (result["ResponseCode"], result["StandardOutputContent"]) == (137, "begun\n")
    assert booted.run("pgrep -f 'sleep [4]711'")["StandardOutputContent"] == ""


def test_what_is_cancelled_is_killed_with_all_that_it_started(booted: Booted) -> None:
    command = booted.send("sleep 4712 & sleep 4712")
    wait_until(lambda: booted.run("pgrep -f 'sleep [4]712'")["StandardOutputContent"])
    booted.ssm.cancel_command(CommandId=command)
    assert booted.ended(command)["Status"] == "Cancelled"
    assert booted.run("pgrep -f 'sleep [4]712'")["StandardOutputContent"] == ""


def test_ssh_reaches_the_host_with_a_key_of_instance_connect(booted: Booted) -> None:
    shell = booted.shell(booted.instance_id, "id", "-un")
    assert (shell.returncode, shell.stdout) == (0, "ubuntu\n"), shell.stderr
    as_root = booted.shell("--user", "root", booted.instance_id, "exit 7")
    assert as_root.returncode == 7, as_root.stderr
    keys = booted.cloud.state_dir / "ssh"
    assert (keys / "id_ed25519").stat().st_mode & 0o077 == 0


def test_ssh_with_a_key_that_nobody_has_sent_is_refused(booted: Booted, tmp_path: Path) -> None:
    booted.shell(booted.instance_id, "true")
    key = tmp_path / "other"
    make_key(key)
    done = ssh(booted, key, "true")
    assert done.returncode == 255
    assert "Permission denied" in done.stderr


def test_ssh_to_a_host_with_another_host_key_is_refused(booted: Booted, tmp_path: Path) -> None:
    booted.shell(booted.instance_id, "true")
    key = tmp_path / "other"
    make_key(key)
    kind, public = key.with_suffix(".pub").read_text().split()[:2]
    known_hosts = tmp_path / "known"
    known_hosts.write_text(f"{booted.instance_id} {kind} {public}\n")
    done = ssh(booted, booted.private_key, "true", known_hosts=known_hosts)
    assert done.returncode == 255
    assert "Host key verification failed" in done.stderr


def test_the_key_pair_of_the_launch_lets_in_by_cloud_init(booted: Booted) -> None:
    booted.shell(booted.instance_id, "true")
    done = ssh(booted, booted.private_key, "sudo id -un")
    assert (done.returncode, done.stdout) == (0, "root\n"), done.stderr


def ssh(
    host: Booted, key: Path, command: str, *, known_hosts: Path | None = None
) -> subprocess.CompletedProcess[str]:
    known_hosts = known_hosts or host.cloud.state_dir / "ssh" / f"known_hosts.{host.instance_id}"
    ec2 = host.clients.client("ec2")
    found = ec2.describe_instances(InstanceIds=[host.instance_id])["Reservations"][0]
    options = (
        *("-F", "none", "-i", str(key), "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes"),
        *("-o", "IdentityAgent=none", "-o", f"HostKeyAlias={host.instance_id}"),
        *("-o", f"UserKnownHostsFile={known_hosts}", "-o", "StrictHostKeyChecking=yes"),
    )
    address = f"ubuntu@{found['Instances'][0]['PrivateIpAddress']}"
    argv = ["ssh", *options, address, command]
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)


def test_a_host_of_debians_image_has_no_agent(booted: Booted) -> None:
    instance_id = launch(booted.clients, DEBIAN)
    try:
        with pytest.raises(ClientError, match="has no SSM agent") as error:
            booted.ssm.send_command(
                DocumentName="AWS-RunShellScript",
                InstanceIds=[instance_id],
                Parameters={"commands": ["true"]},
            )
        assert error.value.response["Error"]["Code"] == "InvalidInstanceId"
    finally:
        booted.clients.client("ec2").terminate_instances(InstanceIds=[instance_id])


def test_a_killed_host_loses_its_connection_and_what_it_ran_runs_again_after_a_reboot(
    booted: Booted,
) -> None:
    under_way = booted.send("echo run >> /var/runs", "sleep 3", "cat /var/runs")
    wait_until(lambda: "run" in booted.run("cat /var/runs")["StandardOutputContent"])
    docker("kill", booted.container)
    wait_until(lambda: booted.ping() == "ConnectionLost")
    waiting = booted.send("echo back")
    cancelled = booted.send("echo never")
    booted.ssm.cancel_command(CommandId=cancelled)
    assert booted.result(under_way)["Status"] == "InProgress"
    assert booted.result(waiting)["Status"] == "Pending"
    assert booted.result(cancelled)["Status"] == "Cancelled"
    booted.clients.client("ec2").reboot_instances(InstanceIds=[booted.instance_id])
    assert booted.ended(waiting)["StandardOutputContent"] == "back\n"
    assert booted.ended(under_way)["StandardOutputContent"] == "run\nrun\n"
    assert booted.result(cancelled)["Status"] == "Cancelled"


def test_the_console_is_told_also_when_the_host_is_terminated(booted: Booted) -> None:
    ec2 = booted.clients.client("ec2")

    def console() -> str:
        return str(ec2.get_console_output(InstanceId=booted.instance_id).get("Output", ""))

    assert "BEGIN SSH HOST KEY" in console()
    booted.run("for i in $(seq 3000); do echo line $i of what fills a console; done > /dev/console")
    assert 40_000 < len(console()) <= 65_536
    assert "line 3000 of what fills a console" in console()
    ec2.terminate_instances(InstanceIds=[booted.instance_id])
    wait_until(lambda: not booted.container)
    assert "line 3000 of what fills a console" in console()
    assert booted.ping() == ""
    with pytest.raises(ClientError, match="it is terminated"):
        booted.send("true")
