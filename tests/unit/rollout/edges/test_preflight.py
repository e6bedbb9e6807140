from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from cdinfra.aws.stack_status import StackStatus
from cdinfra.cloudinit import Container, HostConfig, OperatingSystem, host_user_data
from cdinfra.deploy.host_report import HostHealth, HostReport
from cdinfra.rollout.disk_floor import disk_floor
from cdinfra.rollout.image import Image
from cdinfra.rollout.observed import Observed, ObservedHost
from cdinfra.rollout.preflight import AwsPreflight, StackFacts, examine, named

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdinfra.aws.fake import FakeAws
    from cdinfra.rollout.group import DeployGroup
    from tests.unit.rollout.edges.conftest import Make

NOW = datetime(2026, 1, 31, tzinfo=UTC)


def report(release: str, **changes: Any) -> HostReport:
    values: dict[str, Any] = {
        "running": (release,),
        "desired": release,
        "is_current": True,
        "health": HostHealth.HEALTHY,
        "agent": "0123456789ab",
        "details": {"free_mebibytes": 9000, "problem": ""},
    }
    return HostReport(**(values | changes))


@pytest.fixture
def image(make: Make) -> Image:
    return Image(release=make.new, architectures=("x86_64",))


@pytest.fixture
def check(
    aws: FakeAws, make: Make, deployed: Callable[..., Any], image: Image
) -> Callable[..., tuple[list[str], list[str]]]:
    """Examine hosts: ``check(hosts…, others=…, image=…, status=…)``; problems and notes."""

    def run(*hosts: ObservedHost, **changes: Any) -> tuple[list[str], list[str]]:
        stack = deployed(make.app(make.hosts_stack()))
        stack.status = changes.get("status", StackStatus.UPDATE_COMPLETE)
        found = aws.stacks.describe_stack("shop-dev-web")
        assert found is not None
        facts = StackFacts(
            stack="web",
            description=found,
            disk_floor=changes.get("floor", 1024),
            moved=changes.get("moved", {}),
        )
        observed = Observed(hosts=hosts, others=changes.get("others", ()), seen_at=NOW)
        result = examine(changes.get("image", image), observed, facts)
        return [str(each) for each in result.problems], list(result.notes)

    return run


def test_sound_hosts_give_neither_problems_nor_notes(check: Any, make: Make) -> None:
    hosts = [ObservedHost(host=make.host(name), report=report(make.old)) for name in ("i-1", "i-2")]
    assert check(*hosts) == ([], [])


def test_every_problem_is_told_and_not_the_first_alone(check: Any, make: Make) -> None:
    details = {"free_mebibytes": 100, "problem": "the tag cdinfra:generation is 'x', no number"}
    problems, _ = check(
        ObservedHost(host=make.host("i-silent"), problem="the SSM agent is offline"),
        ObservedHost(
            host=make.host("i-bad", architecture="arm64"), report=report(make.old, details=details)
        ),
        status=StackStatus.UPDATE_IN_PROGRESS,
    )
    assert problems == [
        "stacks/web: is being worked on: UPDATE_IN_PROGRESS (cdinfra attach web)",
        (
            "hosts/i-silent: cannot be asked: the SSM agent is offline (see `cdinfra hosts`; one "
            "that is broken may be terminated, and comes back new)"
        ),
        "hosts/i-bad: the tag cdinfra:generation is 'x', no number (mend the tag)",
        (
            "hosts/i-bad: are arm64, and the image is built for x86_64 (build it for both: docker "
            "buildx build --platform linux/amd64,linux/arm64)"
        ),
        (
            "hosts/i-bad: 100 MiB are free, and an image is pulled only with 1,024 (remove what is "
            "not needed there, such as old images: cdinfra-host prune)"
        ),
    ]


def test_hosts_with_the_same_problem_are_named_together(check: Any, make: Make) -> None:
    hosts = [
        ObservedHost(host=make.host(f"i-{number}"), problem="no agent") for number in range(200)
    ]
    (problem,), _ = check(*hosts)
    assert problem.startswith("hosts/i-0, i-1, i-2 and 197 more: cannot be asked: no agent")
    assert named(["i-1"]) == "i-1"


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (StackStatus.UPDATE_ROLLBACK_FAILED, "cdinfra up web --continue-rollback"),
        (StackStatus.DELETE_FAILED, "somebody wanted it deleted"),
        (StackStatus.ROLLBACK_COMPLETE, "a creation that failed left it behind"),
        (StackStatus.DELETE_IN_PROGRESS, "is being worked on"),
    ],
)
def test_a_stack_that_cannot_take_the_release_forbids_it(
    check: Any, make: Make, status: StackStatus, message: str
) -> None:
    (problem,), _ = check(
        ObservedHost(host=make.host("i-1"), report=report(make.old)), status=status
    )
    assert message in problem


@pytest.mark.parametrize(
    "status", [StackStatus.UPDATE_ROLLBACK_COMPLETE, StackStatus.UPDATE_FAILED]
)
def test_a_stack_that_can_be_updated_forbids_nothing(
    check: Any, make: Make, status: StackStatus
) -> None:
    assert (
        check(ObservedHost(host=make.host("i-1"), report=report(make.old)), status=status)[0] == []
    )


def test_a_host_that_runs_the_image_needs_no_room_for_it(check: Any, make: Make) -> None:
    full = {"free_mebibytes": 1}
    host = ObservedHost(host=make.host("i-1"), report=report(make.new, details=full))
    assert check(host) == ([], [])


@pytest.mark.parametrize("said", [None, "much", True])
def test_a_host_that_does_not_say_its_free_space_forbids_nothing(
    check: Any, make: Make, said: object
) -> None:
    host = ObservedHost(
        host=make.host("i-1"), report=report(make.old, details={"free_mebibytes": said})
    )
    assert check(host)[0] == []


def test_where_nobody_knows_how_much_room_is_needed_nothing_is_forbidden(
    check: Any, make: Make
) -> None:
    host = ObservedHost(
        host=make.host("i-1"), report=report(make.old, details={"free_mebibytes": 1})
    )
    assert check(host, floor=None)[0] == []


def test_an_architecture_that_nobody_knows_forbids_nothing_and_is_told(
    check: Any, make: Make
) -> None:
    unknown = Image(release=make.new, notes=("what the image is built for is not known",))
    host = ObservedHost(host=make.host("i-1", architecture="arm64"), report=report(make.old))
    assert check(host, image=unknown) == ([], ["what the image is built for is not known"])
    host = ObservedHost(host=make.host("i-1", architecture=""), report=report(make.old))
    assert check(host)[0] == []


def test_what_a_person_should_know_is_told_without_forbidding(check: Any, make: Make) -> None:
    sick = report(make.old, health=HostHealth.UNHEALTHY, problem="it answers 503")
    problems, notes = check(
        ObservedHost(host=make.host("i-1"), report=report(make.old, agent="aaa")),
        ObservedHost(host=make.host("i-2"), report=report(make.old, agent="")),
        ObservedHost(
            host=make.host("i-3"),
            report=report(make.old, agent="bbb", health=HostHealth.DRAINED),
        ),
        ObservedHost(host=make.host("i-4"), report=sick),
        others=(
            make.host("i-5", state="stopped"),
            make.host("i-6", state="pending"),
            make.host("i-7", state="stopped"),
        ),
        moved={"ImageId": ("ami-1", "ami-2")},
    )
    assert problems == []
    assert notes == [
        (
            "ImageId of web has moved from ami-1 to ami-2: this rollout leaves the hosts on ami-1, "
            "and the next `cdinfra up web` takes the new one"
        ),
        "i-5, i-7: stopped, and left out",
        "i-6: pending, and taken along when it has booted",
        "i-2: the agent does not say which version it is",
        (
            "the hosts have different versions of the agent: aaa on i-1; bbb on i-3; 0123456789ab "
            "on i-4"
        ),
        "i-3: drained by hand; with the release it serves again",
        "i-4: what runs there now is not well: it answers 503",
    ]


def test_a_group_without_a_running_host_may_be_given_a_release(check: Any) -> None:
    assert check() == (
        [],
        ["no host runs: the release is set for those to come, and nothing is tried with it"],
    )


def test_the_stack_is_read_before_it_is_judged(
    aws: FakeAws, group: DeployGroup, make: Make, deployed: Callable[..., Any], image: Image
) -> None:
    declared = {"ImageId": {"Type": "String"}}
    stack = deployed(make.app(make.hosts_stack(**declared)), ImageId="/ami", Release=make.old)
    stack.resolved = {"ImageId": "ami-1"}
    aws.ssm_parameters.values["/ami"] = "ami-2"
    text = user_data(disk=300)
    template = {"Type": "AWS::EC2::LaunchTemplate"}
    template["Properties"] = {"LaunchTemplateData": {"UserData": text}}  # type: ignore[assignment]
    stack.document = {**stack.document, "Resources": {"Template": template}}
    host = ObservedHost(
        host=make.host("i-1"), report=report(make.old, details={"free_mebibytes": 299})
    )
    found = AwsPreflight(aws, group).check(image, Observed(hosts=(host,), seen_at=NOW))
    (problem,) = found.problems
    assert problem.message == "299 MiB are free, and an image is pulled only with 300"
    assert found.notes[0].startswith("ImageId of web has moved from ami-1 to ami-2")


def user_data(*, disk: int) -> str:
    config = HostConfig(
        app="shop",
        env="dev",
        stack="web",
        deploy_group="shop-dev-web",
        operating_system=OperatingSystem.DEBIAN_12,
        container=Container(disk_free_mebibytes=disk),
        secrets_path="/shop/dev/web/",
    )
    return host_user_data(config).base64()


@pytest.mark.parametrize(
    "text",
    ["", "#!/bin/sh\n", base64.b64encode(b"#cloud-config\nruncmd: [[x]]\n").decode(), 7],
)
def test_user_data_that_is_not_ours_says_nothing_of_the_disk(text: object) -> None:
    template = {
        "Type": "AWS::EC2::LaunchTemplate",
        "Properties": {"LaunchTemplateData": {"UserData": text}},
    }
    assert disk_floor({"Resources": {"Template": template}}) is None
    assert disk_floor(None) is None
