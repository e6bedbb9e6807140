from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cdinfra.aws.fake import FakeAws
from cdinfra.deploy.outside_values import with_outside_values
from cdinfra.deploy.processes import Machine
from cdinfra.errors import InvalidInputError
from cdinfra.model import (
    HOME,
    FromEnvironment,
    FromFile,
    FromSsm,
    Literal,
    OutsideSource,
    Place,
    Retained,
    StackOutput,
    StackTemplate,
)

if TYPE_CHECKING:
    from tests.unit.deploy.conftest import Make, Run

US = Place(region="us-east-1")


def template(name: str, place: Place = HOME, **sources: OutsideSource) -> StackTemplate:
    return StackTemplate(
        name=name,
        stack_name=f"shop-dev-{name}",
        document={
            "Parameters": {key: {"Type": "String"} for key in sources},
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        },
        parameters=sources,
        place=place,
    )


def values(
    aws: FakeAws, *templates: StackTemplate, only: tuple[str, ...] = (), **environ: str
) -> dict[str, Any]:
    around = Machine(folder=Path(), environ=environ)
    read = with_outside_values(templates, only=only, aws=aws, machine=around)
    return {each.name: dict(each.parameters) for each in read}


def dns(outputs: str) -> StackTemplate:
    document = {"Resources": {}, "Outputs": {"ZoneId": {"Value": outputs}}}
    return StackTemplate(name="dns", stack_name="dns", document=document)


def test_every_kind_of_source_becomes_the_value_that_it_has_now(tmp_path: Path) -> None:
    (tmp_path / "version").write_text("1.4.0\n", encoding="utf-8")
    aws = FakeAws()
    aws.ssm_parameters.values["/shop/size"] = "large"
    aws.stacks.add(dns("Z1"))
    web = template(
        "web",
        A=FromEnvironment("A"),
        B=FromEnvironment("B", default="b"),
        C=FromFile("version"),
        D=FromSsm("/shop/size"),
        E=StackOutput("dns", "ZoneId"),
    )
    around = Machine(folder=tmp_path, environ={"A": ""})
    (read,) = with_outside_values((web,), only=(), aws=aws, machine=around)
    assert read.parameters == {
        "A": Literal(value=""),
        "B": Literal(value="b"),
        "C": Literal(value="1.4.0"),
        "D": Literal(value="large"),
        "E": Literal(value="Z1"),
    }


def test_ssm_and_outputs_are_read_in_the_place_of_the_stack() -> None:
    aws = FakeAws()
    for place, text in ((HOME, "home"), (US, "us"), (Place(region="eu-west-1"), "west")):
        aws.at(place).ssm_parameters.values["/name"] = text
        aws.at(place).stacks.add(dns(text))
    sources = {"A": FromSsm("/name"), "B": StackOutput("dns", "ZoneId")}
    west = StackOutput("dns", "ZoneId", region="eu-west-1")
    read = values(aws, template("a", **sources), template("b", US, **sources, C=west))
    assert read["a"] == {"A": Literal(value="home"), "B": Literal(value="home")}
    assert read["b"] == {
        "A": Literal(value="us"),
        "B": Literal(value="us"),
        "C": Literal(value="west"),
    }


def test_a_stack_is_asked_for_its_outputs_once() -> None:
    aws = FakeAws()
    aws.stacks.add(dns("Z1"))
    both = {"A": StackOutput("dns", "ZoneId"), "B": StackOutput("dns", "ZoneId")}
    values(aws, template("web", **both), template("api", **both))
    assert aws.stacks.calls == ["describe_stack dns"]


def test_everything_that_is_missing_is_told_at_once() -> None:
    aws = FakeAws()
    aws.ssm_parameters.values["/password"] = "ciphertext"
    aws.ssm_parameters.secret.add("/password")
    aws.stacks.add(dns("Z1"))
    web = template(
        "web",
        US,
        A=FromEnvironment("SHOP_DOMIAN"),
        B=FromSsm("/nothing"),
        C=StackOutput("mail", "Host"),
    )
    api = template(
        "api",
        A=FromSsm("/password"),
        B=StackOutput("dns", "ZoneID"),
        C=FromFile("missing"),
    )
    with pytest.raises(InvalidInputError) as caught:
        values(aws, web, api, SHOP_DOMAIN="example.com")
    assert [str(each) for each in caught.value.problems] == [
        (
            "stacks/web/parameters/A: the environment variable SHOP_DOMIAN is not set "
            "(set it, or give it a default)"
        ),
        "stacks/web/parameters/B: there is no SSM parameter /nothing in us-east-1",
        "stacks/web/parameters/C: there is no stack mail in us-east-1",
        (
            "stacks/api/parameters/A: the SSM parameter /password is a SecureString "
            "(hand it on as secure_ssm_reference() or let the host fetch it)"
        ),
        ("stacks/api/parameters/B: the stack dns has no output ZoneID (did you mean 'ZoneId'?)"),
        "stacks/api/parameters/C: there is no file missing",
    ]
    assert "example.com" not in caught.value.message


def test_only_the_chosen_stacks_need_their_values() -> None:
    web, api = template("web", A=FromEnvironment("A")), template("api", B=FromEnvironment("B"))
    read = values(FakeAws(), web, api, only=("web",), A="1")
    assert read == {"web": {"A": Literal(value="1")}, "api": {"B": FromEnvironment("B")}}


def test_other_sources_stay_as_they_are() -> None:
    web = replace(template("web"), parameters={"Release": Retained(initial="")})
    assert values(FakeAws(), web) == {"web": {"Release": Retained(initial="")}}


def test_a_value_from_the_environment_reaches_the_stack_and_down_needs_none(
    run: Run, make: Make
) -> None:
    stack = make.plain(
        name="web",
        document={
            "Parameters": {"Domain": {"Type": "String"}},
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        },
        parameters={"Domain": FromEnvironment("DOMAIN")},
    )
    with run.deployer(
        stack, machine=Machine(folder=Path(), environ={"DOMAIN": "a.example"})
    ) as deployer:
        deployer.execute(deployer.preview(deployer.plan_up()))
    described = run.aws.stacks.describe_stack("shop-dev-web")
    assert described is not None
    assert described.parameters == {"Domain": "a.example"}
    with run.deployer(stack) as deployer:
        assert deployer.status()
        result = deployer.execute(deployer.preview(deployer.plan_down()))
    assert [str(each.outcome) for each in result.stacks] == ["deleted"]


def test_a_value_longer_than_cloudformation_takes_is_refused(run: Run, make: Make) -> None:
    stack = make.plain(
        name="web",
        document={
            "Parameters": {"Text": {"Type": "String"}},
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        },
        parameters={"Text": FromEnvironment("TEXT")},
    )
    around = Machine(folder=Path(), environ={"TEXT": "ä" * 2049})
    with (
        run.deployer(stack, machine=around) as deployer,
        pytest.raises(InvalidInputError) as caught,
    ):
        deployer.plan_up()
    expected = "stacks/web/parameters/Text: its value has 4,098 bytes (at most 4,096)"
    assert caught.value.message == expected


def test_a_hidden_value_is_in_no_plan_and_no_event(run: Run, make: Make) -> None:
    def up(secret: str) -> str:
        stack = make.plain(
            name="web",
            document={
                "Parameters": {"Password": {"Type": "String", "NoEcho": True}},
                "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
            },
            parameters={"Password": FromEnvironment("PASSWORD")},
        )
        around = Machine(folder=Path(), environ={"PASSWORD": secret})
        with run.deployer(stack, machine=around) as deployer:
            plan = deployer.preview(deployer.plan_up())
            result = deployer.execute(plan)
        (action,) = plan.actions
        shown = (action.values, action.resources, action.reason, result, run.events)
        return repr(shown)

    assert "hunter2" not in up("hunter2")
    changed = up("correct horse")
    assert "hunter2" not in changed
    assert "correct horse" not in changed
    assert "Parameters.Password" in changed
