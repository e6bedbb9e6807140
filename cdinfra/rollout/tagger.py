"""The tags that say which release a group is to run: those of its hosts, and the stack's.

The stack gives its release to the hosts to come. It is updated by its parameter alone, with
the deployed template; what would change besides is a machine image behind an SSM parameter,
which CloudFormation looks up at every update and whose change replaces all hosts. A release
replaces none: where such a parameter has moved, the value that the stack was deployed with
goes into the template, until the next ``up`` takes the new one.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from cdinfra.aws.cloud import Aws
from cdinfra.aws.failures import is_passing
from cdinfra.aws.hosts import GENERATION_TAG, RELEASE_TAG
from cdinfra.aws.stack_arguments import ParameterUpdate
from cdinfra.aws.stack_status import StackStatus
from cdinfra.aws.stacks import StackDescription, StackEvent
from cdinfra.deploy.statuses import RULES, Move
from cdinfra.deploy.template_body import INLINE_LIMIT
from cdinfra.deploy.tokens import new_token
from cdinfra.errors import CloudError, StackFailedError
from cdinfra.model.release import RELEASE_PARAMETER
from cdinfra.rollout.group import DeployGroup
from cdinfra.rollout.group_stack import describe_group_stack, moved_parameters
from cdinfra.rollout.ports import Pause

LOOK_SECONDS = 2.0
"""Pause between two looks at a stack."""

PATIENCE_SECONDS = 900.0
"""How long another operation on the stack is waited for, and a cloud that is out of reach."""

RUNNING = "_IN_PROGRESS"
"""How the status of a stack ends on which an operation is under way."""

UPDATABLE = frozenset({Move.UPDATE, Move.RETRY})
"""What ``up`` does with a stack that can be updated."""

_SSM_TYPE = re.compile(r"AWS::SSM::Parameter::Value<(?P<inner>.+)>")


class AwsTagger:
    """Tags of one deploy group.

    Args:
        aws: The group's place.
        group: The deploy group.
    """

    def __init__(self, aws: Aws, group: DeployGroup) -> None:
        self._aws = aws
        self._group = group

    def read_release(self) -> str:
        """Return the release that the stack gives to hosts to come; empty where none.

        Raises:
            CloudError: The stack is gone, or the cloud cannot be asked.
        """
        stack = describe_group_stack(self._aws, self._group)
        return stack.parameters.get(RELEASE_PARAMETER, "")

    def tag_hosts(self, instance_ids: Sequence[str], release: str, generation: int) -> None:
        """Tag hosts; one that is terminated by now is left out.

        Raises:
            CloudError: EC2 refuses, or cannot be asked.
        """
        tags = {RELEASE_TAG: release, GENERATION_TAG: str(generation)}
        self._aws.hosts.create_tags(instance_ids, tags)

    def set_release(self, release: str, pause: Pause) -> None:
        """Give the stack the release and wait for the end; nothing to change is no error.

        Args:
            release: The release.
            pause: Waits so many seconds.

        Raises:
            StackFailedError: The stack cannot be updated, or the update failed.
            CloudError: The cloud refuses, or cannot be asked.
        """
        stack = self._settled(pause)
        if stack.parameters.get(RELEASE_PARAMETER) == release:
            return
        token = new_token()
        if self._aws.stacks.update_parameters(self._update(stack, release), token):
            self._follow(stack, token, pause)

    def _settled(self, pause: Pause) -> StackDescription:
        """Return the stack once nothing is under way on it."""
        waited = 0.0
        while True:
            stack = describe_group_stack(self._aws, self._group)
            move = RULES[stack.status].up
            if move in UPDATABLE:
                return stack
            if not stack.status.is_running or waited >= PATIENCE_SECONDS:
                raise StackFailedError(
                    f"{stack.name} cannot be given the release: it is in {stack.status}",
                    hint=RULES[stack.status].hint_for(self._group.stack, ())
                    or f"cdinfra explain {self._group.stack}",
                )
            pause(LOOK_SECONDS)
            waited += LOOK_SECONDS

    def _update(self, stack: StackDescription, release: str) -> ParameterUpdate:
        moved = moved_parameters(self._aws, stack)
        values = {RELEASE_PARAMETER: release, **{name: then for name, (then, _) in moved.items()}}
        retained = tuple(name for name in stack.parameters if name not in values)
        body = self._pinned(stack, moved) if moved else ""
        url = ""
        if len(body.encode()) > INLINE_LIMIT:
            key = f"templates/{stack.name}/release.json"
            url, body = self._aws.storage.put_template(self._group.bucket, key, body), ""
        return ParameterUpdate(
            stack_id=stack.stack_id,
            parameters=values,
            retained=retained,
            body=body,
            template_url=url,
        )

    def _pinned(self, stack: StackDescription, moved: Mapping[str, tuple[str, str]]) -> str:
        document = self._aws.stacks.get_template(stack.stack_id)
        if document is None:
            raise StackFailedError(
                f"{stack.name} cannot be given the release: the images behind its SSM parameters "
                "have moved, and its template is not ours",
                hint=f"cdinfra up {self._group.stack}",
            )
        return json.dumps(pinned_template(document, moved), separators=(",", ":"))

    def _follow(self, stack: StackDescription, token: str, pause: Pause) -> None:
        """Wait for the end of the update; a cloud out of reach is borne for a while."""
        silent = 0.0
        while True:
            pause(LOOK_SECONDS)
            try:
                events = self._events(stack.stack_id, token)
            except CloudError as error:
                silent += LOOK_SECONDS
                if not is_passing(error) or silent >= PATIENCE_SECONDS:
                    raise
                continue
            silent = 0.0
            last = next((each for each in events if each.is_of_stack), None)
            if last is None or last.status.endswith(RUNNING):
                continue
            if last.status == StackStatus.UPDATE_COMPLETE:
                return
            raise StackFailedError(
                f"{stack.name} did not take the release, and is in {last.status}: "
                f"{_first_reason(events)}",
                hint=f"cdinfra explain {self._group.stack}",
            )

    def _events(self, stack_id: str, token: str) -> tuple[StackEvent, ...]:
        """Return the events of the operation, newest first."""
        found = []
        for each in self._aws.stacks.describe_events(stack_id):
            if each.token != token:
                break
            found.append(each)
        return tuple(found)


def pinned_template(document: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    """Return a template in which SSM parameters take plain values.

    Args:
        document: The template.
        names: The parameters.
    """
    parameters = {
        name: _plain(definition) if name in names else definition
        for name, definition in document.get("Parameters", {}).items()
    }
    return {**document, "Parameters": parameters}


def _plain(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definition of a parameter that takes the value itself."""
    found = _SSM_TYPE.fullmatch(str(definition.get("Type", "")))
    kept = {key: value for key, value in definition.items() if key != "Default"}
    return {**kept, "Type": found["inner"] if found else "String"}


def _first_reason(events: Sequence[StackEvent]) -> str:
    """Return why an operation failed, its events being newest first."""
    failed = [each for each in events if each.status.endswith("_FAILED") and each.reason]
    if failed:
        return f"{failed[-1].logical_id}: {failed[-1].reason}"
    return next((each.reason for each in events if each.reason), "it does not say why")
