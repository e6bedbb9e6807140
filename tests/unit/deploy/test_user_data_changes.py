from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from cdinfra.deploy.user_data_change import SettingChange, UserDataEffect
from cdinfra.model import Literal

if TYPE_CHECKING:
    from cdinfra.deploy.user_data_change import UserDataChange
    from tests.unit.deploy.conftest import Make, PlainStack, Run

ROLLING = {"AutoScalingRollingUpdate": {"MaxBatchSize": 1}}
TEXT = "#cloud-config\nhostname: "


def hosts(
    make: Make, user_data: object, *, hidden: bool = False, name: str = "", kind: str = ""
) -> PlainStack:
    """Return a stack of one group, or of one resource of another kind."""
    version = {"Fn::GetAtt": ["Launch", "LatestVersionNumber"]}
    launch = {"LaunchTemplateId": {"Ref": "Launch"}, "Version": version}
    own = {} if user_data is None else {"UserData": user_data}
    resources: dict[str, Any] = {
        "Launch": {"Type": kind, "Properties": own}
        if kind
        else {"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": own}},
        "Group": {
            "Type": "AWS::AutoScaling::AutoScalingGroup",
            "Properties": {"LaunchTemplate": launch, "MaxSize": "4"},
            "UpdatePolicy": ROLLING,
        },
    }
    return make.plain(
        name="web",
        document={
            "Parameters": {"Name": {"Type": "String", "NoEcho": hidden, "Default": "none"}},
            "Resources": resources,
        },
        parameters={"Name": Literal(value=name)} if name else {},
    )


def changed(run: Run, before: PlainStack, after: PlainStack) -> tuple[UserDataChange, ...]:
    run.up(before)
    with run.deployer(after) as deployer:
        return deployer.preview(deployer.plan_up()).actions[0].user_data


def base64_of(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


FORMS = {
    "plain": base64_of,
    "base64": lambda text: {"Fn::Base64": text},
    "sub": lambda text: {"Fn::Base64": {"Fn::Sub": text}},
    "sub with values": lambda text: {
        "Fn::Base64": {"Fn::Sub": ["${Own}", {"Own": {"Fn::Join": ["", [text]]}}]}
    },
    "join": lambda text: {"Fn::Base64": {"Fn::Join": ["", [text[:20], text[20:]]]}},
}


@pytest.mark.parametrize("form", FORMS)
def test_changed_user_data_is_told_by_what_it_says(run: Run, make: Make, form: str) -> None:
    build = FORMS[form]
    (change,) = changed(run, hosts(make, build(TEXT + "one\n")), hosts(make, build(TEXT + "two\n")))
    assert change.logical_id == "Launch"
    assert change.settings == (
        SettingChange(name="hostname", before="one", after="two", every_boot=True),
    )
    (target,) = change.targets
    assert (target.logical_id, target.effect) == ("Group", UserDataEffect.HOSTS_REPLACED)


def test_another_form_of_the_same_user_data_is_no_change_of_it(run: Run, make: Make) -> None:
    before, after = FORMS["base64"](TEXT), FORMS["join"](TEXT)
    assert changed(run, hosts(make, before), hosts(make, after)) == ()


def test_what_is_not_known_stays_a_reference(run: Run, make: Make) -> None:
    def user_data(attribute: str) -> object:
        parts = [TEXT, {"Ref": "Group"}, "-", {"Fn::GetAtt": ["Launch", attribute]}]
        return {"Fn::Base64": {"Fn::Join": ["", [*parts, {"Fn::If": ["A", "b", "c"]}]]}}

    (change,) = changed(run, hosts(make, user_data("One")), hosts(make, user_data("Two")))
    assert change.settings[0].before == '${Group}-${Launch.One}${"Fn::If":["A","b","c"]}'
    assert change.settings[0].after == '${Group}-${Launch.Two}${"Fn::If":["A","b","c"]}'


def test_the_value_of_a_parameter_is_put_in(run: Run, make: Make) -> None:
    before = hosts(make, {"Fn::Base64": {"Fn::Sub": TEXT + "${Name}-${!Name}"}}, name="one")
    after = hosts(make, {"Fn::Base64": {"Fn::Sub": TEXT + "${Name}-${!Name}#"}}, name="two")
    (change,) = changed(run, before, after)
    assert (change.settings[0].before, change.settings[0].after) == (
        "one-${Name}",
        "two-${Name}#",
    )


def test_the_value_of_a_hidden_parameter_is_not(run: Run, make: Make) -> None:
    before = hosts(make, {"Fn::Base64": {"Fn::Sub": TEXT + "a-${Name}"}}, name="s1", hidden=True)
    after = hosts(make, {"Fn::Base64": {"Fn::Sub": TEXT + "b-${Name}"}}, name="s2", hidden=True)
    (change,) = changed(run, before, after)
    assert (change.settings[0].before, change.settings[0].after) == ("a-****", "b-****")


def test_user_data_that_comes_or_goes_is_told(run: Run, make: Make) -> None:
    (change,) = changed(run, hosts(make, None), hosts(make, base64_of(TEXT + "one")))
    assert change.settings[-1].after == "one"
    (change,) = changed(run, hosts(make, base64_of(TEXT + "one")), hosts(make, None))
    assert change.settings[0].before == "one"


def test_an_instance_with_changed_user_data_is_stopped_and_started(run: Run, make: Make) -> None:
    kind = "AWS::EC2::Instance"
    before = hosts(make, base64_of("#!/bin/sh\na\n"), kind=kind)
    after = hosts(make, base64_of("#!/bin/sh\nb\n"), kind=kind)
    (change,) = changed(run, before, after)
    assert change.settings == (
        SettingChange(name="text", before="#!/bin/sh\na\n", after="#!/bin/sh\nb\n"),
    )
    assert change.targets[0].effect is UserDataEffect.RESTARTED


def test_a_change_of_anything_else_has_nothing_to_do_with_user_data(run: Run, make: Make) -> None:
    before = make.network(vpc={"CidrBlock": "10.0.0.0/16"})
    assert changed(run, before, make.network(vpc={"CidrBlock": "10.1.0.0/16"})) == ()
