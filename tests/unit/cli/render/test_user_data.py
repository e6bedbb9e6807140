import click

from cdinfra.cli.render.plan import plan_lines
from cdinfra.cli.render.user_data import MEANINGS, user_data_lines
from cdinfra.deploy.plan import (
    ChangeAction,
    Plan,
    PropertyChange,
    ResourceChange,
    StackAction,
    Verb,
)
from cdinfra.deploy.user_data_change import (
    SettingChange,
    UserDataChange,
    UserDataEffect,
    UserDataTarget,
)

LEVEL = SettingChange(name="host container.create.Env.LOG_LEVEL", before="info", after="debug")
MOTD = SettingChange(name="file /etc/motd", before="one\ntwo\n", after="one\n2\n")
BOOT = SettingChange(name="bootcmd", before=None, after="true", every_boot=True)


def change(*settings: SettingChange, **effects: UserDataEffect) -> UserDataChange:
    targets = tuple(UserDataTarget(logical_id=name, effect=each) for name, each in effects.items())
    return UserDataChange(logical_id="LaunchTemplate", settings=settings, targets=targets)


def shown(*settings: SettingChange, **effects: UserDataEffect) -> list[str]:
    return [click.unstyle(line) for line in user_data_lines(change(*settings, **effects))]


def test_every_effect_has_its_words() -> None:
    assert set(MEANINGS) == set(UserDataEffect)


def test_settings_stand_below_what_they_mean() -> None:
    assert shown(LEVEL, MOTD, Group=UserDataEffect.HOSTS_REPLACED) == [
        "~ user data  Group: its hosts are replaced in turn",
        "    ~ host container.create.Env.LOG_LEVEL  info → debug",
        "    ~ file /etc/motd",
        "        @@ -1,2 +1,2 @@",
        "         one",
        "        -two",
        "        +2",
    ]


def test_each_group_is_told_and_so_is_none() -> None:
    (first, *_) = shown(LEVEL, Web=UserDataEffect.HOSTS_REPLACED, Old=UserDataEffect.NEXT_LAUNCH)
    assert first == (
        "~ user data  Web: its hosts are replaced in turn; "
        "Old: nothing now; hosts launched from now on have it"
    )
    assert shown(LEVEL)[0] == "~ user data  nothing in this stack uses it"


def test_what_a_restart_does_not_do_again_is_told() -> None:
    _, once, always = shown(LEVEL, BOOT, Host=UserDataEffect.RESTARTED)
    assert once.endswith("info → debug  (no effect: done at the first boot alone)")
    assert always == "    + bootcmd  true"


def test_the_bytes_of_user_data_are_not_shown_a_second_time() -> None:
    properties = (
        PropertyChange(path="Properties.LaunchTemplateData.UserData", before="YQ==", after="Yg=="),
        PropertyChange(
            path="Properties.LaunchTemplateData",
            before='{"UserData": "YQ==", "ImageId": "ami-1"}',
            after='{"UserData": "Yg==", "ImageId": "ami-2"}',
        ),
    )
    launch = ResourceChange(
        logical_id="LaunchTemplate",
        resource_type="AWS::EC2::LaunchTemplate",
        action=ChangeAction.MODIFY,
        properties=properties,
    )
    action = StackAction(
        stack="web",
        stack_name="shop-dev-web",
        verb=Verb.UPDATE,
        resources=(launch,),
        user_data=(change(LEVEL, Group=UserDataEffect.NOTHING),),
    )
    lines = map(click.unstyle, plan_lines(Plan(app="shop", env="dev", actions=(action,))))
    assert [line.strip() for line in lines][1:5] == [
        "~ LaunchTemplate  AWS::EC2::LaunchTemplate",
        "~ LaunchTemplateData.ImageId  ami-1 → ami-2",
        "~ user data  Group: nothing, it stays with another version of the launch template",
        "~ host container.create.Env.LOG_LEVEL  info → debug",
    ]
