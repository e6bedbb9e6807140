"""Rules about IAM policies: who may do more than anybody can mean.

That actions exist and that documents are well-formed is cfn-lint's part; parliament, the linter
for IAM policies on PyPI, is not used: its list of actions is older than cfn-lint's, and it
imports ``pkg_resources``, which setuptools has taken out.
"""

from collections.abc import Iterator
from typing import Final

from cdinfra.lint.finding import Severity
from cdinfra.lint.policy_documents import AllowStatement, PolicyKind, allow_statements
from cdinfra.lint.rule import Hit, Rule
from cdinfra.lint.template import Template
from cdinfra.lint.values import listed, rendered

ADMINISTRATOR: Final = ":policy/AdministratorAccess"

ACTS_FOR_OTHERS: Final = frozenset(
    {
        "cloudtrail.amazonaws.com",
        "config.amazonaws.com",
        "delivery.logs.amazonaws.com",
        "events.amazonaws.com",
        "s3.amazonaws.com",
        "ses.amazonaws.com",
        "sns.amazonaws.com",
        "vpc-flow-logs.amazonaws.com",
    }
)
"""Services that anybody's account can send to anybody's resource, unless a condition says whose.

Source: IAM user guide, "The confused deputy problem", and its links to each service.
"""


def _hit(statement: AllowStatement, message: str, *path: str) -> Hit:
    return statement.resource.hit(message, *statement.path, *path)


def _everything(template: Template) -> Iterator[Hit]:
    for statement in allow_statements(template, PolicyKind.IDENTITY):
        if statement.actions & {"*", "*:*"}:
            yield _hit(statement, "may do everything", "Action")
    for resource in template.resources("AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group"):
        for index, arn in listed(resource.properties.get("ManagedPolicyArns")):
            if (rendered(arn) or "").endswith(ADMINISTRATOR):
                path = ("Properties", "ManagedPolicyArns", index)
                yield resource.hit("may do everything: AdministratorAccess", *path)


def _whole_services(template: Template) -> Iterator[Hit]:
    for statement in allow_statements(template, PolicyKind.IDENTITY):
        services = sorted(each for each in statement.actions if each.endswith(":*"))
        services = [each for each in services if each != "*:*"]
        if services and statement.is_everywhere and not statement.is_conditional:
            message = f"may do {', '.join(services)} with every resource"
            yield _hit(statement, message, "Action")


def _pass_any_role(template: Template) -> Iterator[Hit]:
    for statement in allow_statements(template, PolicyKind.IDENTITY):
        if statement.actions & {"*", "*:*"}:
            continue
        passes = statement.covers("iam:PassRole")
        if passes and statement.is_everywhere and not statement.is_conditional:
            yield _hit(
                statement, "may hand any role to any service (iam:PassRole on *)", "Resource"
            )


def _all_but(template: Template) -> Iterator[Hit]:
    for statement in allow_statements(template, *PolicyKind):
        for key in sorted({"NotAction", "NotPrincipal"} & statement.body.keys()):
            if key == "NotPrincipal" or not statement.is_conditional:
                yield _hit(statement, f"allows all but a few ({key} with Allow)", key)


def _everybody(template: Template) -> Iterator[Hit]:
    for statement in allow_statements(template, PolicyKind.TRUST, PolicyKind.RESOURCE):
        if "*" in statement.principals and not statement.is_conditional:
            is_trust = statement.kind is PolicyKind.TRUST
            words = "can be assumed by everybody" if is_trust else "is open to everybody"
            yield _hit(statement, words, "Principal")


def _confused_deputies(template: Template) -> Iterator[Hit]:
    for statement in allow_statements(template, PolicyKind.TRUST, PolicyKind.RESOURCE):
        for service in sorted(statement.principals & ACTS_FOR_OTHERS):
            if not statement.is_conditional:
                yield _hit(statement, _trusts(service), "Principal")
    for permission in template.resources("AWS::Lambda::Permission"):
        given = permission.properties
        service = str(given.get("Principal"))
        if service in ACTS_FOR_OTHERS and not given.keys() & {"SourceArn", "SourceAccount"}:
            yield permission.hit(_trusts(service), "Properties", "Principal")


def _trusts(service: str) -> str:
    return f"trusts {service} for whatever account it acts"


def _access_keys(template: Template) -> Iterator[Hit]:
    for key in template.resources("AWS::IAM::AccessKey"):
        yield key.hit("is a key that never expires")


RULES: Final = (
    Rule(
        id="CD501",
        severity=Severity.ERROR,
        title="A policy allows everything.",
        reason="Whoever gets hold of these credentials owns the account.",
        source="Security Hub user guide, control IAM.1",
        check=_everything,
    ),
    Rule(
        id="CD502",
        severity=Severity.WARNING,
        title="A policy allows a whole service on every resource.",
        reason="It includes actions that nobody thought of, and those that AWS will add.",
        source="Security Hub user guide, control IAM.21",
        check=_whole_services,
    ),
    Rule(
        id="CD503",
        severity=Severity.ERROR,
        title="A policy allows to pass any role.",
        reason="Whoever may start a host or a function with any role may do what the mightiest "
        "role of the account may. Name the role, or state iam:PassedToService.",
        source="IAM user guide, Grant a user permissions to pass a role to an AWS service",
        check=_pass_any_role,
    ),
    Rule(
        id="CD504",
        severity=Severity.ERROR,
        title="A policy allows all but a few things.",
        reason="NotAction and NotPrincipal with Allow grow with every action and account there is.",
        source="IAM user guide, IAM JSON policy elements: NotAction and NotPrincipal",
        check=_all_but,
    ),
    Rule(
        id="CD505",
        severity=Severity.ERROR,
        title="A role or a resource is open to everybody.",
        reason="A principal * without a condition is every account of AWS, and for some services "
        "everybody without one.",
        source="IAM user guide, AWS JSON policy elements: Principal, All principals",
        check=_everybody,
    ),
    Rule(
        id="CD506",
        severity=Severity.WARNING,
        title="A service is trusted whoever it acts for.",
        reason="The service also works for other accounts, which can make it use this role or "
        "resource. State aws:SourceAccount or aws:SourceArn.",
        source="IAM user guide, The confused deputy problem",
        check=_confused_deputies,
    ),
    Rule(
        id="CD507",
        severity=Severity.WARNING,
        title="A template makes an access key.",
        reason="It never expires, and whoever may read the stack can read its secret. Use a role.",
        source="IAM user guide, Security best practices in IAM",
        check=_access_keys,
    ),
)
