"""Plans the import of existing resources into one stack.

CloudFormation refuses an import that changes anything besides, outputs included. So what
is deployed with it is the template that the stack has, and the imported resources as
``infra.py`` describes them; whatever else is new there comes with the next ``up``.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

from cdinfra.aws.cloud import StackApi
from cdinfra.aws.stack_status import StackStatus
from cdinfra.deploy.identifiers import Wanted
from cdinfra.deploy.inputs import build_inputs
from cdinfra.deploy.observe import Observed, ObservedStack
from cdinfra.deploy.outputs_at_risk import references
from cdinfra.deploy.plan import Plan, ResourceToImport, StackAction, Verb
from cdinfra.deploy.refusals import refuse_foreign, refuse_unusable
from cdinfra.deploy.statuses import RULES, Move
from cdinfra.errors import InvalidInputError, Problem, nearest
from cdinfra.model import StackTemplate

Identifiers = Mapping[str, tuple[str, ...]]
"""The properties that identify a resource, for each type that can be imported."""

_EMPTY_STATUSES = frozenset({StackStatus.REVIEW_IN_PROGRESS, StackStatus.DELETE_COMPLETE})

POLICY_HINT = "give it one in infra.py: Retain leaves the resource alone whatever the stack does"
"""An import demands a deletion policy.

Source: CloudFormation user guide, "Import AWS resources into a CloudFormation stack",
considerations.
"""


def describe_import(
    stacks: StackApi, template: StackTemplate, observed: Observed, wanted: tuple[Wanted, ...]
) -> Plan:
    """Read what a plan of an import needs besides what was observed, and plan it.

    Args:
        stacks: CloudFormation.
        template: The stack as ``infra.py`` describes it.
        observed: What exists.
        wanted: The resources.

    Raises:
        InvalidInputError: As :func:`plan_import`.
        StackFailedError: As above.
        CloudError: CloudFormation cannot be asked, or does not know a type.
    """
    existing = observed.stacks.get(template.name)
    stack_id = existing.description.stack_id if existing else ""
    resources = stacks.list_resources(stack_id) if stack_id else ()
    described: Mapping[str, Any] = template.document.get("Resources", {})
    names = [each.logical_id for each in wanted if each.logical_id in described]
    types = tuple(dict.fromkeys(described[name]["Type"] for name in names))
    return plan_import(
        template,
        observed,
        wanted=wanted,
        owned={each.logical_id for each in resources if each.is_owned},
        identifiers=stacks.describe_identifiers(types) if types else {},
    )


def plan_import(
    template: StackTemplate,
    observed: Observed,
    *,
    wanted: tuple[Wanted, ...],
    owned: AbstractSet[str],
    identifiers: Identifiers,
) -> Plan:
    """Plan the import of resources into a stack, which is made where it does not exist; pure.

    Args:
        template: The stack as ``infra.py`` describes it.
        observed: What exists.
        wanted: The resources.
        owned: Logical ids of the resources that the stack has.
        identifiers: What identifies resources of their types.

    Raises:
        InvalidInputError: Something that CloudFormation would refuse; says so for all of it.
        StackFailedError: The stack is in a status in which nothing can be imported.
    """
    existing = _usable(template, observed, owned)
    checks = _Checks(template=template, owned=owned, identifiers=identifiers)
    document = _document(template, existing, [each.logical_id for each in wanted])
    problems = [problem for each in wanted for problem in checks.problems(each, document)]
    if existing is not None and existing.document is None:
        message = "the deployed template is YAML, which cannot be compared here"
        hint = f"bring the stack up from infra.py first: cdinfra up {template.name}"
        problems.insert(0, Problem(path=f"stacks/{template.name}", message=message, hint=hint))
    if problems:
        raise InvalidInputError(problems)
    imports = tuple(checks.resource(each) for each in wanted)
    action = _action(replace(template, document=document), existing, observed)
    action = replace(action, imports=imports)
    return Plan(app=observed.app, env=observed.env, actions=(action,))


def _usable(
    template: StackTemplate, observed: Observed, owned: AbstractSet[str]
) -> ObservedStack | None:
    """Return the stack that takes the resources in; None where it has to be made."""
    existing = observed.stacks.get(template.name)
    if existing is None or existing.description.status in _EMPTY_STATUSES:
        return None
    refuse_foreign(observed, [existing])
    refuse_unusable([existing], removed=())
    status = existing.description.status
    is_leftover = RULES[status].up is Move.RECREATE or not owned
    if RULES[status].up is not Move.UPDATE or is_leftover:
        why = RULES[status].why or "an import that failed left it behind, and it holds nothing"
        message = f"is {status}, and takes nothing in: {why}"
        hint = f"first: cdinfra {'down' if is_leftover else 'up'}"
        path = f"stacks/{template.name}"
        raise InvalidInputError(Problem(path=path, message=message, hint=f"{hint} {template.name}"))
    return existing


def _document(
    template: StackTemplate, existing: ObservedStack | None, names: Iterable[str]
) -> dict[str, Any]:
    resources: Mapping[str, Any] = template.document.get("Resources", {})
    imported = {name: resources[name] for name in names if name in resources}
    if existing is not None:
        deployed = existing.document or {}
        return {**deployed, "Resources": {**deployed.get("Resources", {}), **imported}}
    kept = {name: each for name, each in template.document.items() if name != "Outputs"}
    document = {**kept, "Resources": imported}
    parameters = document.pop("Parameters", {})
    # A stack that gets only a bucket need not wait for the network that its hosts will need.
    used = {name for name, _ in references(document)}
    if declared := {name: each for name, each in parameters.items() if name in used}:
        document["Parameters"] = declared
    return document


def _action(
    template: StackTemplate, existing: ObservedStack | None, observed: Observed
) -> StackAction:
    action = StackAction(
        stack=template.name,
        stack_name=template.stack_name,
        verb=Verb.IMPORT,
        body=template.body,
        tags=template.tags,
        place=template.place,
        location=observed.locations.get(template.name),
    )
    if existing is not None:
        description = existing.description
        return replace(
            action,
            status=description.status,
            stack_id=description.stack_id,
            retained=tuple(description.parameters),
            tags=description.tags,
        )
    declared = template.document.get("Parameters", {})
    sources = {name: each for name, each in template.parameters.items() if name in declared}
    fed = replace(template, parameters=sources)
    inputs = build_inputs(fed, deployed=None, observed=observed, unsettled=())
    return replace(action, parameters=inputs.parameters, reason="a new stack of these alone")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checks:
    template: StackTemplate
    owned: AbstractSet[str]
    identifiers: Identifiers

    def resource(self, wanted: Wanted) -> ResourceToImport:
        """Return a resource that passed every check, as CloudFormation wants it named."""
        resource_type = self.template.document["Resources"][wanted.logical_id]["Type"]
        (bare, *_) = self.identifiers[resource_type]
        return ResourceToImport(
            logical_id=wanted.logical_id,
            resource_type=resource_type,
            identifier={name or bare: value for name, value in wanted.values.items()},
        )

    def problems(self, wanted: Wanted, document: Mapping[str, Any]) -> Iterator[Problem]:
        """Yield what is wrong with the import of one resource.

        Args:
            wanted: The resource.
            document: The template that would be deployed.
        """
        path = f"stacks/{self.template.name}/{wanted.logical_id}"
        resources: Mapping[str, Any] = self.template.document.get("Resources", {})
        definition = resources.get(wanted.logical_id)
        if definition is None:
            hint = nearest(wanted.logical_id, resources)
            yield Problem(path=path, message="infra.py has no such resource", hint=hint)
            return
        if wanted.logical_id in self.owned:
            yield Problem(path=path, message="is part of the deployed stack already")
            return
        if "DeletionPolicy" not in definition:
            yield Problem(path=path, message="has no DeletionPolicy", hint=POLICY_HINT)
        yield from self._identifier_problems(path, wanted, definition["Type"])
        yield from self._missing(path, definition, document)

    def _identifier_problems(
        self, path: str, wanted: Wanted, resource_type: str
    ) -> Iterator[Problem]:
        keys = self.identifiers.get(resource_type, ())
        given = tuple(wanted.values)
        if not keys:
            message = f"CloudFormation imports no resource of the type {resource_type}"
            yield Problem(path=path, message=message)
        elif sorted(given) != sorted(keys) and not (given == ("",) and len(keys) == 1):
            form = " ".join(f"{wanted.logical_id}.{key}=…" for key in keys)
            message = f"{resource_type} is identified by {' and '.join(keys)}"
            yield Problem(path=path, message=message, hint=f"write {form}")

    def _missing(
        self, path: str, definition: Mapping[str, Any], document: Mapping[str, Any]
    ) -> Iterator[Problem]:
        depends_on = definition.get("DependsOn", ())
        named = [name for name, _ in references(definition)]
        named += [depends_on] if isinstance(depends_on, str) else depends_on
        there = _names(document)
        # Only what infra.py has: a name may also be a variable inside Fn::Sub.
        for name in dict.fromkeys(each for each in named if each in _names(self.template.document)):
            if name not in there:
                message = f"refers to {name!r}, which the stack does not have yet"
                yield Problem(path=path, message=message, hint=self._missing_hint(name))

    def _missing_hint(self, name: str) -> str:
        if name in self.template.document.get("Resources", {}):
            return "import both, or bring that one up before"
        return "deploy the parameter before, with an infra.py that does not have the resource yet"


def _names(document: Mapping[str, Any]) -> set[str]:
    return {*document.get("Resources", {}), *document.get("Parameters", {})}
