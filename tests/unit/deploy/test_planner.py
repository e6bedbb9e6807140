from __future__ import annotations

import base64
import gzip
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.aws.fake import FakeAws
from cdinfra.aws.stack_status import StackStatus
from cdinfra.deploy.observe import Observed, ObservedStack, observe
from cdinfra.deploy.plan import Plan, ValueChange, Verb
from cdinfra.deploy.planner import plan
from cdinfra.errors import InvalidInputError, StackFailedError
from cdinfra.model import (
    App,
    BuildContext,
    Literal,
    OutputReference,
    Retained,
    StackTemplate,
)

if TYPE_CHECKING:
    from tests.unit.deploy.conftest import Make, PlainStack, Run

WITH_SIZE = {
    "Parameters": {"Size": {"Type": "String", "Default": "small"}},
    "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
}


def planned(run: Run, app: App, only: tuple[str, ...] = ()) -> Plan:
    templates = app.build()
    observed = observe(run.aws, app=app.name, env=app.env, templates=templates)
    return plan(templates, observed, only=only)


def verbs(planned: Plan) -> dict[str, str]:
    return {each.stack: str(each.verb) for each in planned.actions}


def one_stack(make: Make, *, source: object = None, **document: object) -> PlainStack:
    parameters = {} if source is None else {"Size": source}
    return make.plain(name="one", document={**WITH_SIZE, **document}, parameters=parameters)


def test_an_empty_cloud_needs_every_stack(run: Run, make: Make) -> None:
    result = planned(run, make.shop(make.network(), make.consumer("web")))
    assert verbs(result) == {"network": "create", "web": "create"}
    assert not result.is_empty


def test_an_app_that_is_all_there_needs_nothing(run: Run, make: Make) -> None:
    run.up(make.network(), make.consumer("web"))
    result = planned(run, make.shop(make.network(), make.consumer("web")))
    assert verbs(result) == {"network": "unchanged", "web": "unchanged"}
    assert result.is_empty


def test_values_from_a_stack_that_is_created_are_pending(run: Run, make: Make) -> None:
    result = planned(run, make.shop(make.network(), make.consumer("web")))
    assert result.actions[1].pending == {"VpcId": "network.VpcId"}
    assert result.actions[1].parameters == {}


def test_values_from_a_stack_that_stays_are_known(run: Run, make: Make) -> None:
    run.up(make.network())
    result = planned(run, make.shop(make.network(), make.consumer("web")))
    assert result.actions[1].parameters == {"VpcId": "shop-dev-network-vpc"}
    assert result.actions[1].pending == {}


def test_a_stack_behind_an_updated_one_is_looked_at_again(run: Run, make: Make) -> None:
    run.up(make.network(), make.consumer("web"))
    result = planned(run, make.shop(make.network(subnets=2), make.consumer("web")))
    assert verbs(result) == {"network": "update", "web": "unchanged"}
    assert result.actions[1].pending == {"VpcId": "network.VpcId"}
    assert result.actions[1].reason == "changes if the outputs of network change"


def test_a_template_that_is_only_written_otherwise_is_unchanged(run: Run, make: Make) -> None:
    run.up(one_stack(make))
    reordered = dict(reversed(WITH_SIZE.items()))
    result = planned(run, make.shop(make.plain(name="one", document=reordered)))
    assert result.is_empty


def test_user_data_from_another_build_of_zlib_is_unchanged(run: Run, make: Make) -> None:
    def launching(level: int) -> PlainStack:
        content = gzip.compress(b"#cloud-config\n{}\n" * 99, level, mtime=0)
        user_data = {"UserData": base64.b64encode(content).decode()}
        resource = {
            "Type": "AWS::EC2::LaunchTemplate",
            "Properties": {"LaunchTemplateData": user_data},
        }
        return make.plain(name="one", document={"Resources": {"LaunchTemplate": resource}})

    run.up(launching(9))
    deployed, wanted = (make.shop(launching(level)).build()[0].body for level in (9, 1))
    assert deployed != wanted
    assert planned(run, make.shop(launching(1))).is_empty


def test_a_changed_parameter_is_shown_before_and_after(run: Run, make: Make) -> None:
    run.up(one_stack(make, source=Literal(value="small")))
    result = planned(run, make.shop(one_stack(make, source=Literal(value="large"))))
    assert result.actions[0].values == (
        ValueChange(name="Parameters.Size", before="small", after="large"),
    )


def test_a_parameter_without_a_source_has_its_default(run: Run, make: Make) -> None:
    run.up(one_stack(make, source=Literal(value="large")))
    result = planned(run, make.shop(one_stack(make)))
    assert result.actions[0].values == (
        ValueChange(name="Parameters.Size", before="large", after="small"),
    )


def test_a_retained_parameter_keeps_what_the_stack_has(run: Run, make: Make) -> None:
    run.up(one_stack(make, source=Literal(value="large")))
    stack = one_stack(make, source=Retained(initial="small"))
    result = planned(run, make.shop(stack))
    assert result.is_empty
    assert result.actions[0].retained == ("Size",)


def test_a_retained_parameter_of_a_new_stack_has_its_initial_value(run: Run, make: Make) -> None:
    result = planned(run, make.shop(one_stack(make, source=Retained(initial="tiny"))))
    assert result.actions[0].parameters == {"Size": "tiny"}
    assert result.actions[0].retained == ()


def test_a_retained_value_survives_another_change(run: Run, make: Make) -> None:
    run.up(one_stack(make, source=Literal(value="large")))
    changed = one_stack(make, source=Retained(initial="small"), Description="new")
    assert run.up(changed) == {"one": "updated"}
    assert run.aws.stacks.describe_stack("shop-dev-one").parameters == {"Size": "large"}


def test_a_hidden_parameter_is_never_shown(run: Run, make: Make) -> None:
    parameters = {"Parameters": {"Size": {"Type": "String", "NoEcho": True}}}
    run.up(one_stack(make, source=Literal(value="old-secret"), **parameters))
    stack = one_stack(make, source=Literal(value="new-secret"), **parameters)
    result = planned(run, make.shop(stack))
    assert result.actions[0].values == (
        ValueChange(name="Parameters.Size", before="****", after="****"),
    )


def test_a_changed_tag_is_a_change(run: Run, make: Make) -> None:
    run.up(make.network())
    result = planned(run, make.shop(make.network(), owner="another team"))
    assert result.actions[0].values == (
        ValueChange(name="Tags.cdinfra:owner", before="team", after="another team"),
    )


def test_a_change_of_outputs_only_is_seen(run: Run, make: Make) -> None:
    run.up(make.network())
    network = make.network()
    outputs = {**network.document["Outputs"], "More": {"Value": "text"}}
    changed = make.plain(name="network", document={**network.document, "Outputs": outputs})
    result = planned(run, make.shop(changed))
    assert verbs(result) == {"network": "update"}
    assert result.actions[0].values == (
        ValueChange(name="Outputs.More", before=None, after="text"),
    )


def test_a_machine_image_that_has_moved_is_a_change_and_says_so(run: Run, make: Make) -> None:
    path = "/aws/service/ami"
    parameter = {"Type": "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>", "Default": path}
    stack = make.plain(
        name="one",
        document={
            "Parameters": {"Image": parameter},
            "Resources": {"Host": {"Type": "AWS::EC2::Instance"}},
        },
    )
    run.aws.ssm_parameters.values[path] = "ami-old"
    run.up(stack)
    assert planned(run, make.shop(stack)).is_empty
    run.aws.ssm_parameters.values[path] = "ami-new"
    result = planned(run, make.shop(stack))
    assert verbs(result) == {"one": "update"}
    assert result.actions[0].reason == "/aws/service/ami is now ami-new"


def test_only_narrows_the_plan_and_deletes_nothing_else(run: Run, make: Make) -> None:
    run.up(make.single("old"), make.single("one"))
    app = make.shop(make.single("one", DeletionPolicy="Retain"), make.single("two"))
    assert verbs(planned(run, app)) == {"one": "update", "two": "create", "old": "delete"}
    assert verbs(planned(run, app, only=("two",))) == {"two": "create"}
    assert verbs(planned(run, app, only=("old",))) == {"old": "delete"}


def test_only_says_when_a_stack_that_is_needed_is_missing(run: Run, make: Make) -> None:
    app = make.shop(make.network(), make.consumer("web"))
    with pytest.raises(InvalidInputError) as caught:
        planned(run, app, only=("web",))
    assert caught.value.message == (
        "stacks/web: needs the stack 'network', which does not exist yet (name it too: network web)"
    )


def test_only_says_when_an_output_that_is_needed_is_not_deployed_yet(run: Run, make: Make) -> None:
    run.up(make.plain(name="network", document={"Resources": {}}))
    with pytest.raises(InvalidInputError, match="needs the output 'VpcId'"):
        planned(run, make.shop(make.network(), make.consumer("web")), only=("web",))


def test_only_takes_outputs_of_stacks_that_it_leaves_alone(run: Run, make: Make) -> None:
    run.up(make.network())
    app = make.shop(make.network(subnets=5), make.consumer("web"))
    result = planned(run, app, only=("web",))
    assert result.actions[0].parameters == {"VpcId": "shop-dev-network-vpc"}
    assert result.actions[0].after == ()


def test_an_unknown_name_is_refused_with_the_nearest(run: Run, make: Make) -> None:
    with pytest.raises(InvalidInputError) as caught:
        planned(run, make.shop(make.network()), only=("netwrok",))
    assert caught.value.message == "netwrok: is no stack of this app (did you mean 'network'?)"


def test_a_reference_to_an_output_that_nobody_has_is_refused(run: Run, make: Make) -> None:
    web = make.consumer("web")
    web = replace(web, parameters={"VpcId": OutputReference(stack="network", output="VpcID")})
    with pytest.raises(InvalidInputError) as caught:
        planned(run, make.shop(make.network(), web))
    assert caught.value.message == (
        "stacks/web/parameters/VpcId: the stack 'network' has no output 'VpcID' "
        "(did you mean 'VpcId'?)"
    )


def test_parameters_that_do_not_fit_the_template_are_refused_all_at_once(
    run: Run, make: Make
) -> None:
    document = {"Parameters": {"Size": {"Type": "String"}}, "Resources": {}}
    stack = make.plain(name="one", document=document, parameters={"Sise": Literal(value="x")})
    with pytest.raises(InvalidInputError) as caught:
        planned(run, make.shop(stack))
    assert [str(each) for each in caught.value.problems] == [
        "stacks/one/parameters/Sise: is no such parameter (did you mean 'Size'?)",
        "stacks/one/parameters/Size: has no value and no default",
    ]


def test_the_stacks_of_another_app_and_environment_are_left_alone(run: Run, make: Make) -> None:
    run.up(make.network())
    context = BuildContext(app="shop", env="staging", owner="team")
    run.aws.stacks.add(make.single("other").build(context))
    context = BuildContext(app="bakery", env="dev", owner="team")
    run.aws.stacks.add(make.single("other").build(context))
    assert verbs(planned(run, make.shop(make.network()))) == {"network": "unchanged"}


def test_stuck_stacks_are_refused_all_at_once_with_what_to_do(run: Run, make: Make) -> None:
    context = make.shop().context
    for name, status in (
        ("one", StackStatus.UPDATE_ROLLBACK_FAILED),
        ("two", StackStatus.DELETE_FAILED),
    ):
        run.aws.stacks.add(make.single(name).build(context), status=status)
    with pytest.raises(StackFailedError) as caught:
        planned(run, make.shop(make.single("one"), make.single("two")))
    assert "shop-dev-one is UPDATE_ROLLBACK_FAILED" in caught.value.message
    assert "shop-dev-two is DELETE_FAILED" in caught.value.message
    assert "cdinfra up one --continue-rollback" in caught.value.hint
    assert "cdinfra down two" in caught.value.hint
    assert "cdinfra down" in caught.value.hint


def test_a_protected_stack_that_is_no_longer_wanted_is_refused(run: Run, make: Make) -> None:
    stack = run.aws.stacks.add(make.single("old").build(make.shop().context))
    stack.protected = True
    with pytest.raises(StackFailedError, match="shop-dev-old has termination protection"):
        planned(run, make.shop(make.network()))


def test_a_stack_whose_last_operation_failed_is_tried_again_though_nothing_differs(
    run: Run, make: Make
) -> None:
    template = make.single("one").build(make.shop().context)
    run.aws.stacks.add(template, status=StackStatus.UPDATE_FAILED)
    result = planned(run, make.shop(make.single("one")))
    assert verbs(result) == {"one": "update"}
    assert "last operation failed" in result.actions[0].reason


def test_a_plan_without_waiting_says_what_is_under_way(run: Run, make: Make) -> None:
    template = make.single("one").build(make.shop().context)
    run.aws.stacks.add(template, status=StackStatus.UPDATE_IN_PROGRESS)
    result = planned(run, make.shop(make.single("one")))
    assert result.actions[0].reason == "an operation is under way: UPDATE_IN_PROGRESS"


def test_without_the_right_to_list_stacks_each_is_asked_for_by_name(run: Run, make: Make) -> None:
    run.up(make.network(), make.consumer("web"))
    run.aws.stacks.may_list = False
    run.aws.stacks.calls.clear()
    assert planned(run, make.shop(make.network(), make.consumer("web"))).is_empty
    assert len(run.aws.stacks.calls) == 1 + 2 + 2


NAMES = [f"s{number}" for number in range(8)]


@given(
    edges=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=16),
    existing=st.sets(st.sampled_from(NAMES)),
)
def test_whatever_depends_on_what_a_stack_comes_after_those_that_it_needs(
    edges: list[tuple[int, int]], existing: set[str]
) -> None:
    needs: dict[str, set[str]] = {name: set() for name in NAMES}
    for left, right in edges:
        if left != right:
            needs[NAMES[max(left, right)]].add(NAMES[min(left, right)])
    templates = tuple(linked(name, needs[name]) for name in NAMES)
    deployed = {name: deploy(linked(name, needs[name])) for name in existing}
    result = plan(templates, Observed(app="shop", env="dev", stacks=deployed))
    done: set[str] = set()
    for action in result.actions:
        assert set(action.after) <= done
        fed = {reference.split(".")[0] for reference in action.pending.values()}
        assert fed <= set(action.after)
        done.add(action.stack)
    assert done == set(NAMES)
    created = {each.stack for each in result.actions if each.verb is Verb.CREATE}
    assert created == set(NAMES) - existing


def linked(name: str, needs: set[str]) -> StackTemplate:
    return StackTemplate(
        name=name,
        stack_name=f"shop-dev-{name}",
        document={
            "Parameters": {need.upper(): {"Type": "String"} for need in sorted(needs)},
            "Resources": {},
            "Outputs": {"Id": {"Value": f"id-{name}"}},
        },
        parameters={
            need.upper(): OutputReference(stack=need, output="Id") for need in sorted(needs)
        },
        dependencies=tuple(sorted(needs)),
    )


def deploy(template: StackTemplate) -> ObservedStack:
    parameters = {name: f"id-{name.lower()}" for name in template.parameters}
    stack = FakeAws().stacks.add(template, parameters=parameters)
    return ObservedStack(
        stack=template.name, description=stack.describe(), document=template.document
    )


def test_a_stack_of_another_app_that_has_the_same_name_is_refused(run: Run, make: Make) -> None:
    other = App("shop", env="dev-a", environments=("dev-a",), owner="team")
    run.aws.stacks.add(replace(make.single("b").build(other.context)))
    with pytest.raises(InvalidInputError) as caught:
        run.deployer(make.single("a-b")).plan_up()
    assert caught.value.problems[0].path == "stacks/a-b"
    assert "is a stack of the app 'shop' in 'dev-a'" in caught.value.message
    with pytest.raises(InvalidInputError, match="is a stack of the app 'shop' in 'dev-a'"):
        run.deployer(make.single("a-b")).plan_down()


def test_a_stack_made_without_cdinfra_is_taken_over_by_up_but_never_deleted_unseen(
    run: Run, make: Make
) -> None:
    template = make.single("jobs").build(make.shop().context)
    run.aws.stacks.add(replace(template, tags={}))
    with pytest.raises(InvalidInputError, match="was not made by cdinfra"):
        run.deployer(make.single("jobs")).plan_down()
    action = run.deployer(make.single("jobs")).plan_up().actions[0]
    assert (action.verb, action.reason) == (
        Verb.UPDATE,
        "was not made by cdinfra, and is taken over",
    )
    assert run.up(make.single("jobs")) == {"jobs": "updated"}
    run.deployer(make.single("jobs")).plan_down()
