"""Reads what exists of an app in the cloud, in few calls.

One paged DescribeStacks finds the app's stacks, also those that are no longer in
``infra.py``; each stack that is still wanted costs one GetTemplate more, and one for which
a stack policy is wanted one GetStackPolicy more.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from cdinfra.aws.account import Account
from cdinfra.aws.cloud import Aws, StackApi
from cdinfra.aws.failures import is_access_denied
from cdinfra.aws.hosts import APP_TAG, ENV_TAG
from cdinfra.aws.stack_status import StackStatus
from cdinfra.aws.stacks import StackDescription, StackResource
from cdinfra.deploy.blocking import describe_blocking
from cdinfra.deploy.locations import stack_key
from cdinfra.errors import CloudError
from cdinfra.model import Place, StackTemplate

PARALLEL_READS = 8
"""Templates fetched at once: as fast as eight, and still polite to an account."""

SSM_TYPE_PREFIX = "AWS::SSM::Parameter::Value<"
"""Parameters that name an SSM parameter, whose value CloudFormation looks up.

Source: CloudFormation user guide, "CloudFormation-supplied parameter types".
"""


STUCK = frozenset(
    {
        StackStatus.DELETE_FAILED,
        StackStatus.IMPORT_ROLLBACK_FAILED,
        StackStatus.ROLLBACK_FAILED,
        StackStatus.UPDATE_ROLLBACK_FAILED,
    }
)
"""Statuses in which some resource keeps CloudFormation from going on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedStack:
    """One stack that exists.

    Attributes:
        stack: Name within the app.
        description: What DescribeStacks says.
        document: The deployed template; None where it was not read or is YAML.
        blocked_by: The resources that failed, where the stack is stuck because of them.
        policy: Its stack policy as JSON; empty where it has none, or none is wanted.
        location: Its region and account; None where the app is in one place.
    """

    stack: str
    description: StackDescription
    document: Mapping[str, Any] | None = None
    blocked_by: tuple[StackResource, ...] = ()
    policy: str = ""
    location: Account | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Everything that exists of an app in one environment.

    Attributes:
        app: Name of the app.
        env: Name of the environment.
        stacks: The stacks, by their name within the app.
        ssm_values: What the SSM parameters that its stacks name hold now, by the stack.
        locations: Where ``infra.py`` has each stack; none where all are in one place.
    """

    app: str
    env: str
    stacks: Mapping[str, ObservedStack] = field(default_factory=dict)
    ssm_values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    locations: Mapping[str, Account] = field(default_factory=dict)

    def outputs(self, stack: str) -> Mapping[str, str]:
        """Return the outputs of a stack; none where it does not exist."""
        observed = self.stacks.get(stack)
        return observed.description.outputs if observed else {}

    def all_outputs(self) -> dict[str, Mapping[str, str]]:
        """Return the outputs of every stack, by its name within the app."""
        return {name: each.description.outputs for name, each in self.stacks.items()}

    def document(self, stack: str) -> Mapping[str, Any]:
        """Return the deployed template of a stack; an empty one where it was not read."""
        observed = self.stacks.get(stack)
        return (observed.document if observed else None) or {}


def observe(
    aws: Aws,
    *,
    app: str,
    env: str,
    templates: tuple[StackTemplate, ...],
    documents: bool = True,
    locations: Mapping[str, Account] | None = None,
) -> Observed:
    """Read what exists.

    Args:
        aws: The cloud.
        app: Name of the app.
        env: Name of the environment.
        templates: What is wanted.
        documents: Whether the deployed templates are read too.
        locations: Where each stack is; None or empty where all are in one place.

    Raises:
        CloudError: The cloud cannot be asked.
    """
    wanted = {template.stack_name: template.name for template in templates}
    found = _find(aws.stacks, (app, env), wanted, locations or {})
    stacks = {
        name: ObservedStack(
            stack=name,
            description=each,
            location=Account.of_arn(each.stack_id) if locations else None,
        )
        for name, each in found.items()
    }
    if documents:
        stacks = _with_documents(aws.stacks, stacks, templates)
    return Observed(
        app=app,
        env=env,
        stacks=stacks,
        ssm_values=_ssm_values(aws, stacks, {each.name: each.place for each in templates}),
        locations=locations or {},
    )


def _find(
    stacks: StackApi,
    owner: tuple[str, str],
    wanted: Mapping[str, str],
    locations: Mapping[str, Account],
) -> Mapping[str, StackDescription]:
    """Return the stacks of an app in one environment, by their name within the app."""
    prefix = "-".join((*owner, ""))
    found: dict[str, StackDescription] = {}
    for each in _describe(stacks, wanted):
        ours = (each.tags.get(APP_TAG), each.tags.get(ENV_TAG)) == owner
        # A nested stack has its parent's tags, and comes and goes with it.
        if not each.parent_id and (ours or each.name in wanted):
            name = wanted.get(each.name) or each.name.removeprefix(prefix)
            found[stack_key(name, each.stack_id, locations, found)] = each
    return found


def _with_documents(
    api: StackApi, stacks: Mapping[str, ObservedStack], templates: Iterable[StackTemplate]
) -> dict[str, ObservedStack]:
    """Add what a plan is made from: templates, policies, and what keeps a stack stuck."""
    wanted = {template.name: template for template in templates if template.name in stacks}
    guarded = [name for name, template in wanted.items() if template.settings.stack_policy]
    deployed = _documents(api, (stacks[name].description for name in wanted))
    policies = _policies(api, (stacks[name].description for name in guarded))
    return {
        name: replace(
            each,
            document=deployed.get(each.description.stack_id),
            policy=policies.get(each.description.stack_id, ""),
            blocked_by=_blocked_by(api, each.description),
        )
        for name, each in stacks.items()
    }


def _blocked_by(stacks: StackApi, description: StackDescription) -> tuple[StackResource, ...]:
    stuck = description.status in STUCK
    return describe_blocking(stacks, description.stack_id) if stuck else ()


def _describe(stacks: StackApi, names: Iterable[str]) -> tuple[StackDescription, ...]:
    everything = stacks.describe_stacks()
    if everything is not None:
        return everything
    # A caller who may see only the app's own stacks asks for each by name.
    described = (stacks.describe_stack(name) for name in names)
    return tuple(each for each in described if each is not None)


def _documents(
    stacks: StackApi, descriptions: Iterable[StackDescription]
) -> dict[str, Mapping[str, Any] | None]:
    ids = [
        each.stack_id for each in descriptions if each.status is not StackStatus.REVIEW_IN_PROGRESS
    ]
    with ThreadPoolExecutor(max_workers=PARALLEL_READS) as pool:
        return dict(zip(ids, pool.map(stacks.get_template, ids), strict=True))


def _policies(stacks: StackApi, descriptions: Iterable[StackDescription]) -> dict[str, str]:
    ids = tuple(each.stack_id for each in descriptions)
    with ThreadPoolExecutor(max_workers=PARALLEL_READS) as pool:
        return dict(zip(ids, pool.map(stacks.get_stack_policy, ids), strict=True))


def _ssm_values(
    aws: Aws, stacks: Mapping[str, ObservedStack], places: Mapping[str, Place]
) -> Mapping[str, Mapping[str, str]]:
    names = {
        name: {stack.description.parameters[each] for each in stack.description.resolved}
        for name, stack in stacks.items()
        if stack.document is not None and stack.description.resolved
    }
    values = {
        place: _read_ssm(aws.at(place), sorted(set().union(*(names[each] for each in inside))))
        for place, inside in _by_place(names, places).items()
    }
    return {
        name: {each: values[places[name]][each] for each in asked & values[places[name]].keys()}
        for name, asked in names.items()
    }


def _by_place(names: Iterable[str], places: Mapping[str, Place]) -> dict[Place, list[str]]:
    grouped: dict[Place, list[str]] = {}
    for name in names:
        grouped.setdefault(places[name], []).append(name)
    return grouped


def _read_ssm(aws: Aws, names: list[str]) -> Mapping[str, str]:
    try:
        return aws.ssm_parameters.get_parameters(names)
    except CloudError as error:
        # Whether an image has moved is then not seen; everything else still works.
        if is_access_denied(error):
            return {}
        raise
