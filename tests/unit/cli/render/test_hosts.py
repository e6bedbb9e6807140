from dataclasses import replace
from datetime import UTC, datetime

import click
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.aws.hosts import Host
from cdinfra.aws.target_groups import TargetHealth
from cdinfra.cli.render.hosts import seen_host_lines, seen_host_object, short_release, tag_lines
from cdinfra.deploy.host_answers import Answer, Asked
from cdinfra.deploy.host_report import HostHealth, HostReport
from cdinfra.deploy.host_survey import SeenHost

REPOSITORY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/web"
WEB = f"{REPOSITORY}@sha256:{'ab' * 32}"
OLD = f"{REPOSITORY}@sha256:{'cd' * 32}"


def host(instance_id: str, release: str = WEB) -> Host:
    return Host(
        instance_id=instance_id,
        state="running",
        instance_type="t3.micro",
        private_address="10.0.0.7",
        public_address="",
        zone="eu-central-1a",
        deploy_group="web",
        release=release,
        stack_name="shop-dev-web",
        launched_at=datetime(2026, 1, 31, tzinfo=UTC),
        tags={"DeployGroup": "web"},
    )


def answered(running: tuple[str, ...] = (WEB,), **changes: object) -> Answer:
    values: dict[str, object] = {
        "running": running,
        "health": HostHealth.HEALTHY,
        "uptime_seconds": 4210.0,
        "agent": "0a1b2c3d4e5f",
    }
    return Answer(asked=Asked.ANSWERED, report=HostReport(**(values | changes)))  # type: ignore[arg-type]


def seen(answer: Answer, *targets: TargetHealth, instance_id: str = "i-1") -> SeenHost:
    return SeenHost(host=host(instance_id), answer=answer, targets=targets)


def target(state: str, reason: str = "", description: str = "") -> TargetHealth:
    return TargetHealth(
        target_id="i-1",
        target_group="arn:web",
        port=80,
        state=state,
        reason=reason,
        description=description,
    )


def shown(*hosts: SeenHost) -> list[str]:
    return [click.unstyle(each) for each in seen_host_lines(hosts)]


def cells(line: str) -> list[str]:
    return [each for each in line.split("  ") if each]


def test_a_host_has_what_it_shall_run_beside_what_it_runs() -> None:
    heading, row = shown(seen(answered()))
    assert heading.split() == [
        *("GROUP", "HOST", "STATE", "ZONE", "PRIVATE"),
        *("DESIRED", "RUNNING", "HEALTH", "UPTIME", "AGENT"),
    ]
    assert [each.strip() for each in cells(row)] == [
        *("web", "i-1", "running", "eu-central-1a", "10.0.0.7"),
        *("web@abababababab", "abababababab", "healthy", "1 h 10 min", "0a1b2c3d4e5f"),
    ]


def test_what_runs_and_should_not_stands_out() -> None:
    (_, fine), (_, old), (_, both) = (
        list(seen_host_lines([seen(answered(running))])) for running in ((WEB,), (OLD,), (OLD, WEB))
    )
    assert click.style("cdcdcdcdcdcd", fg="red", bold=True) in old
    assert "cdcdcdcdcdcd, abababababab" in both
    assert "\x1b[31m" not in fine


def test_a_host_that_did_not_answer_says_why_in_the_place_of_its_agent() -> None:
    _, row = shown(seen(Answer(asked=Asked.NO_AGENT)))
    assert [each.strip() for each in cells(row)][-4:] == ["?", "?", "?", "no agent"]
    _, row = shown(seen(Answer(asked=Asked.NOT_ASKED)))
    assert [each.strip() for each in cells(row)][-4:] == ["?", "?", "?", "?"]


def test_the_load_balancers_have_a_column_where_they_have_an_opinion() -> None:
    both = (target("healthy"), target("draining", "Target.DeregistrationInProgress"))
    heading, first, second, *_ = shown(seen(answered(), *both), seen(answered(), instance_id="i-2"))
    assert heading.split()[-3:] == ["TARGET", "UPTIME", "AGENT"]
    assert "  healthy, draining  1 h 10 min" in first
    assert "draining" not in second


def test_every_problem_stands_below_once_with_the_hosts_that_have_it() -> None:
    failed = answered(health=HostHealth.UNHEALTHY, problem="HTTP 500")
    silent = Answer(asked=Asked.FAILED, problem="no engine")
    codes = target("unhealthy", "Target.ResponseCodeMismatch", "these codes: [500]")
    hosts = [seen(failed, instance_id=f"i-{number}") for number in range(5)]
    lines = shown(*hosts, seen(silent, codes, instance_id="i-9"))
    assert lines[7:] == [
        "",
        "i-0, i-1, i-2 and 2 more: HTTP 500",
        "i-9: no engine",
        "i-9: target unhealthy: these codes: [500]",
    ]


def test_wrong_tags_are_told_beside_what_the_gate_found() -> None:
    wrong = "the tag cdinfra:generation is 'x', no number"
    both = answered(problem="HTTP 500", tags_problem=wrong)
    lines = shown(seen(both), seen(answered(tags_problem=wrong), instance_id="i-2"))
    assert lines[3:] == ["", f"i-1, i-2: {wrong}", "i-1: HTTP 500"]


def test_a_tag_is_listed_once_with_the_hosts_that_have_it() -> None:
    many = [replace(host(f"i-{number}"), tags={"Name": "web"}) for number in range(5)]
    other = replace(host("i-9"), tags={"Name": "web", "cdinfra:release": WEB})
    old = [replace(each, tags={**each.tags, "cdinfra:release": OLD}) for each in many]
    lines = [click.unstyle(each) for each in tag_lines([*old, other])]
    assert lines == [
        "TAG              HOSTS                     VALUE",
        "Name             all                       web",
        f"cdinfra:release  i-9                       {WEB}",
        f"cdinfra:release  i-0, i-1, i-2 and 2 more  {OLD}",
    ]


def test_a_release_in_short_is_the_repositorys_own_name_and_the_beginning_of_the_digest() -> None:
    assert short_release(WEB) == "web@abababababab"
    assert short_release("127.0.0.1:5000/shop@sha256:0123456789abcdef") == "shop@0123456789ab"
    assert short_release("no release at all") == "no release at all"


@given(st.text())
def test_nothing_that_a_host_says_can_fake_a_line(text: str) -> None:
    report = answered((text,), agent=text, problem=text)
    other = SeenHost(host=host("i-2", release=text), answer=report, targets=(target(text, text),))
    lines = shown(other, seen(Answer(asked=Asked.FAILED, problem=text)))
    lines += map(click.unstyle, tag_lines([replace(host("i-3"), tags={text: text})]))
    assert all(each.isprintable() for each in lines)


def test_the_object_has_the_instances_own_fields_and_everything_else() -> None:
    found = seen_host_object(seen(answered(), target("healthy")))
    assert (found["instance_id"], found["release"], found["tags"]) == (
        "i-1",
        WEB,
        {"DeployGroup": "web"},
    )
    assert (found["asked"], found["report"]["running"]) == ("answered", [WEB])
    assert found["targets"][0]["state"] == "healthy"
    assert seen_host_object(seen(Answer(asked=Asked.OFFLINE)))["report"] is None
