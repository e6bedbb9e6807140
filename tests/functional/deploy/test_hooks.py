from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from cdinfra.events import HookOutput, Outcome
from cdinfra.model import Hook, StackSettings, When

if TYPE_CHECKING:
    from pathlib import Path

    from tests.functional.deploy.conftest import Make, Shop

LOOK = """
import json, os, boto3
name = os.environ["CDINFRA_STACK_NAME"]
found = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
outputs = json.load(open(os.environ["CDINFRA_OUTPUTS"]))
print(json.dumps([found["StackStatus"], sorted(outputs), os.environ["CDINFRA_REGION"]]))
"""


def python(program: str, when: When) -> Hook:
    return Hook(command=(sys.executable, "-c", program), when=when)


def lines(shop: Shop) -> list[str]:
    return [each.line for each in shop.events if isinstance(each, HookOutput)]


def test_a_hook_reaches_the_same_cloud_with_the_outputs_in_hand(shop: Shop, make: Make) -> None:
    network = make.network()
    settings = StackSettings(hooks=(python(LOOK, When.AFTER),))
    shop.up(network, make.logs(settings=settings))
    (line,) = lines(shop)
    assert json.loads(line) in (
        ["CREATE_COMPLETE", ["logs"], "eu-central-1"],
        ["CREATE_COMPLETE", ["logs", "network"], "eu-central-1"],
    )


def test_a_hook_that_fails_before_leaves_no_trace_and_one_after_an_honest_one(
    shop: Shop, make: Make, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    fails = f"open({str(mark)!r}, 'w').close(); raise SystemExit(3)"
    before = make.logs(settings=StackSettings(hooks=(python(fails, When.BEFORE),)))
    (failed,) = shop.up(before).stacks
    assert (failed.outcome, failed.status) == (Outcome.FAILED, "")
    assert mark.exists()
    assert [each.verb for each in shop.diff(make.logs()).actions] == ["create"]
    after = make.logs(settings=StackSettings(hooks=(python(fails, When.AFTER),)))
    (failed,) = shop.up(after).stacks
    assert (failed.outcome, failed.status) == (Outcome.FAILED, "CREATE_COMPLETE")
    assert failed.cause.endswith("ended with exit code 3")
    assert [each.verb for each in shop.diff(after).actions] == ["unchanged"]
