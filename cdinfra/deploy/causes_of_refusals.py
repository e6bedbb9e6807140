"""Known causes that lie with who acts, and with what forbids it: rows of the table of causes."""

from cdinfra.deploy.known_cause import CauseKind, known

_GROUP_ACTIVITIES = (
    "aws autoscaling describe-scaling-activities --include-deleted-groups "
    "--auto-scaling-group-name {group}"
)
_HOOK_RESULTS = (
    "aws cloudformation describe-stack-events --output text --stack-name {stack_name} "
    "--query 'StackEvents[?HookStatusReason].[LogicalResourceId,HookType,HookStatusReason]'"
)

REFUSAL_CAUSES = (
    known(
        CauseKind.HOST_FAILED,
        r"received \d+ FAILURE signal|received FAILURE signal|WaitCondition received failed",
        "a host started and could not do its work: its console says what failed, and so does "
        "the stream {{instance id}}/cdinfra-host of the stack's log group, while there is one",
        "aws logs get-log-events --output text --log-group-name {log_group} "
        "--log-stream-name {host}/cdinfra-host",
        "aws ec2 get-console-output --output text --instance-id {host}",
        "aws logs tail {log_group} --since 1d",
    ),
    known(
        CauseKind.HOST_SILENT,
        r"failed to receive \d+ resource signal|WaitCondition timed out",
        "a host was not launched, or did not get as far as saying how it went: look at the "
        "launches, then at the host's console and at the stream {{instance id}}/cdinfra-host "
        "of the stack's log group; hosts need a way to the internet",
        _GROUP_ACTIVITIES,
        "aws logs tail {log_group} --since 1d",
    ),
    known(
        CauseKind.NESTED_STACK,
        r"embedded stack \S+ was not successfully",
        "a stack within this one failed; its own events say why",
        "aws cloudformation describe-stack-events --stack-name {nested_stack}",
    ),
    known(
        CauseKind.NOT_CARRIED,
        r"the local cloud does not carry",
        "only the local cloud cannot do that: leave it out there, or try it in an account "
        "with --cloud aws",
    ),
    known(
        CauseKind.HOOK_FAILED,
        r"hook\(s\) failed|hook failed with message|failed validation, the following rule\(s\)",
        "a hook that the account runs before every change refuses it: its own message names "
        "the rule; change what breaks it, or ask whoever keeps the hook",
        _HOOK_RESULTS,
    ),
    known(
        CauseKind.STACK_POLICY,
        r"denied by stack policy",
        "the stack's own policy forbids this change: take it back, or allow it in the policy",
        "aws cloudformation get-stack-policy --output text --stack-name {stack_name}",
    ),
    known(
        CauseKind.CUSTOM_NAME,
        r"custom-named resource requires replacing",
        "it has to be made anew beside the old one, and both cannot have its name: give it "
        "another name, or none at all, for CloudFormation to make one up",
    ),
    known(
        CauseKind.SESSION_EXPIRED,
        r"security token included in the request is|ExpiredToken|HandlerErrorCode: InvalidCred",
        "the session ended while the stack was worked on: sign in again",
    ),
    known(
        CauseKind.SERVICE_ROLE_MISSING,
        r"(?s)(?:service[- ]linked role|iam:CreateServiceLinkedRole)"
        r"(?:.*?aws-service-role/(?P<service>[\w.-]+))?",
        "the account lacks the role that the service keeps for itself, which is made at its "
        "first use: try again, or let somebody make it who may do iam:CreateServiceLinkedRole",
        "aws iam create-service-linked-role --aws-service-name {service}",
    ),
    known(
        CauseKind.ROLE_NOT_ASSUMED,
        r"(?:role/(?:[\w+=,.@-]+/)*(?P<role>[\w+=,.@-]+) )?(?:is invalid or )?cannot be assumed"
        r"|unable to assume (?:the |iam )*role",
        "the service may not act as that role: the role must exist, and its trust policy must "
        "name the service, which for a stack's own role is cloudformation.amazonaws.com",
        "aws iam get-role --role-name {role}",
    ),
    known(
        CauseKind.ENCODED_DENIAL,
        r"encoded authorization failure message: (?P<message>[\w-]+)",
        "a permission is missing; the decoded message names it",
        "aws sts decode-authorization-message --output text --encoded-message {message}",
    ),
    known(
        CauseKind.ACCESS_DENIED,
        r"(?:(?P<who>arn:[\w:/+=,.@-]+) is )?not authorized to perform:? (?P<action>[\w-]+:\w+)"
        r"|API: (?P<action_2>[\w-]+:\w+) (?:you are not authorized|access denied"
        r"|user: (?P<who_2>\S+))",
        "{who} lacks the permission {action}: allow it in a policy, and look for a policy "
        "that denies it",
    ),
    known(
        CauseKind.ACCESS_DENIED,
        r"AccessDenied|access denied|not authorized|UnauthorizedOperation",
        "whoever deploys lacks a permission that this resource needs",
    ),
    known(
        CauseKind.THROTTLED,
        r"rate exceeded|throttl|RequestLimitExceeded|TooManyRequests",
        "the service was asked too often at once: try again",
    ),
)
