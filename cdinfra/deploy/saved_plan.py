"""A plan as it is saved: what will be done, and what was there when that was worked out.

``up --plan`` makes the plan anew and compares the two. So a saved plan needs nothing in the
cloud, no change set stays behind for it, and no secret has to stand in it: a hidden value is
there as a hash alone, and comes from ``infra.py`` again when the plan is carried out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cdinfra.aws.operation_settings import OperationSettings
from cdinfra.deploy.plan import Plan, StackAction


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudPlace:
    """Where the stacks of a plan are.

    Attributes:
        cloud: ``local`` or ``aws``.
        account: Twelve digits.
        region: For example ``eu-central-1``.
    """

    cloud: str
    account: str
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedStack:
    """A stack as it was when the plan was made: by this it is seen whether it has moved.

    Attributes:
        stack_id: ARN.
        status: Status.
        created_at: When it was made, ISO 8601.
        updated_at: When its last update began, ISO 8601; empty where there was none.
        template_sha256: Hash of the deployed template; empty where it was not read.
        parameters: Its parameters; a hidden one shows as ``****``.
        resolved: What the SSM parameters held that it names.
        tags: Its tags.
        protected: Whether termination protection is on.
        settings: What CloudFormation goes by in every operation.
    """

    stack_id: str
    status: str
    created_at: str
    updated_at: str = ""
    template_sha256: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    resolved: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    protected: bool = False
    settings: OperationSettings = field(default_factory=OperationSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedStack:
    """What is done with one stack.

    Attributes:
        action: The action, without its template; hidden values are sealed.
        template: The template, to be read: its user data is unpacked, and the defaults of
            hidden parameters are left out.
        template_sha256: Hash of the template with its user data unpacked; empty for a deletion.
        deployed: The stack as it was; None where there was none.
    """

    action: StackAction
    template: Mapping[str, Any]
    template_sha256: str
    deployed: DeployedStack | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPlan:
    """A plan that was saved.

    Attributes:
        app: Name of the app.
        env: Name of the environment.
        place: Where the stacks are.
        only: Names of the stacks that it was narrowed to; none for all.
        stacks: What is done with each.
    """

    app: str
    env: str
    place: CloudPlace
    only: tuple[str, ...]
    stacks: tuple[SavedStack, ...]

    @property
    def plan(self) -> Plan:
        """The plan, to be shown; it cannot be carried out, since secrets are not in it."""
        actions = tuple(each.action for each in self.stacks)
        return Plan(app=self.app, env=self.env, actions=actions)
