"""Every known cause with a reason as people have got it from AWS, and where that is told."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.deploy.known_cause import CauseKind, names_in
from cdinfra.deploy.known_causes import KNOWN_CAUSES, find_cause

HANDLER = "Resource handler returned message: "

REASONS = {
    "Received 1 FAILURE signal(s) out of 2. Unable to satisfy 100% "
    "MinSuccessfulInstancesPercent requirement": CauseKind.HOST_FAILED,
    # github.com/aws-samples/well-architected-iac-analyzer/issues/108
    "Received FAILURE signal with UniqueId i-11111aaaa": CauseKind.HOST_FAILED,
    "WaitCondition received failed message: 'no' for uniqueId: i-1": CauseKind.HOST_FAILED,
    # github.com/aws/aws-parallelcluster/issues/2105
    "Failed to receive 1 resource signal(s) within the specified duration": CauseKind.HOST_SILENT,
    "WaitCondition timed out. Received 0 conditions when expecting 1": CauseKind.HOST_SILENT,
    # github.com/serverless/serverless/issues/7593
    "Embedded stack arn:aws:cloudformation:us-east-1:123456789012:stack/a-4NestedStack-XB/5413 "
    "was not successfully created: The following resource(s) failed to create: "
    "[Vpc].": CauseKind.NESTED_STACK,
    "the local cloud does not carry AWS::SQS::Queue": CauseKind.NOT_CARRIED,
    # github.com/aws/aws-cdk/issues/21674
    "The following hook(s) failed: [Acme::Buckets::Hook]": CauseKind.HOOK_FAILED,
    # github.com/aws/aws-cdk-cli/pull/1198
    "Hook failed with message: Template failed validation, the following rule(s) failed: "
    "AWS_S3_Bucket_AccessControl. Full output was written to s3://logs": CauseKind.HOOK_FAILED,
    # CloudFormation user guide, "Prevent updates to stack resources"
    "Action denied by stack policy: Statement [#1] does not allow [Update:Replace] for resource "
    "[LogicalResourceId/Vpc];": CauseKind.STACK_POLICY,
    # github.com/convox/rack/issues/2941
    "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
    "Rename prod-db and update the stack again.": CauseKind.CUSTOM_NAME,
    "The security token included in the request is expired": CauseKind.SESSION_EXPIRED,
    # github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/818
    "Invalid request provided: CreateCluster Invalid Request: Unable to assume the service linked "
    "role. Please verify that the ECS service linked role exists.": CauseKind.SERVICE_ROLE_MISSING,
    # github.com/aws-samples/amazon-cloudwatch-auto-alarms/issues/47
    "User: arn:aws:sts::1:assumed-role/deploy/me is not authorized to perform: "
    "iam:CreateServiceLinkedRole on resource: arn:aws:iam::1:role/aws-service-role/"
    "autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling": CauseKind.SERVICE_ROLE_MISSING,
    # AWS re:Post, "How do I resolve the 'role is invalid or cannot be assumed' error?"
    "Role arn:aws:iam::1:role/deploy is invalid or cannot be assumed": CauseKind.ROLE_NOT_ASSUMED,
    # github.com/serverless/serverless/issues/4384
    "The role defined for the function cannot be assumed by Lambda.": CauseKind.ROLE_NOT_ASSUMED,
    # github.com/1Strategy/fargate-cloudformation-example/issues/1
    "unable to assume IAM role: arn:aws:iam::1:role/x (Service: AWSApplicationAutoScaling; "
    "Status Code: 400; Error Code: ValidationException)": CauseKind.ROLE_NOT_ASSUMED,
    "You are not authorized to perform this operation. Encoded authorization failure "
    "message: aB-3_x": CauseKind.ENCODED_DENIAL,
    "User: arn:aws:iam::1:user/me is not authorized to perform: ec2:CreateVpc on resource: "
    "arn:aws:ec2:x": CauseKind.ACCESS_DENIED,
    "API: iam:PutRolePolicy Access Denied": CauseKind.ACCESS_DENIED,
    # github.com/aws/serverless-application-model/issues/1873
    "API: iam:CreateRole User: arn:aws:sts::1:assumed-role/a200 is not authorized": (
        CauseKind.ACCESS_DENIED
    ),
    "Access Denied (Service: S3, Status Code: 403)": CauseKind.ACCESS_DENIED,
    "Rate exceeded (Service: Iam, Status Code: 400)": CauseKind.THROTTLED,
    # github.com/cloudfoundry/bosh-aws-cpi-release/issues/61
    "Request limit exceeded. (Service: AmazonEC2; Status Code: 503; Error Code: "
    "RequestLimitExceeded; Request ID: 7fd6)": CauseKind.THROTTLED,
    # github.com/aws-samples/eb-php-wordpress/issues/25
    "fsmt-1 already exists in stack arn:aws:cloudformation:us-east-1:1:stack/awseb/1": (
        CauseKind.IN_OTHER_STACK
    ),
    "/cdinfra/shop/dev/web already exists": CauseKind.ALREADY_EXISTS,
    f'{HANDLER}"Your previous request to create the named bucket succeeded and you already own it. '
    '(Service: S3, Status Code: 409)" (RequestToken: 1, HandlerErrorCode: InvalidRequest)': (
        CauseKind.ALREADY_EXISTS
    ),
    # github.com/widdix/mastodon-on-aws/issues/27
    f"{HANDLER}\"Resource of type 'AWS::SES::EmailIdentity' with identifier 'x' already exists.\" "
    "(RequestToken: b417, HandlerErrorCode: AlreadyExists)": CauseKind.ALREADY_EXISTS,
    # EC2 user guide, "Troubleshoot instance launch issues"
    "We currently do not have sufficient t3.micro capacity in the Availability Zone you requested "
    "(us-east-1a). (Error Code: InsufficientInstanceCapacity)": CauseKind.NO_CAPACITY,
    # github.com/aws-cloudformation/aws-cloudformation-resource-providers-awsutilities-
    # commandrunner/issues/37
    "Your requested instance type (t3.micro) is not supported in your requested Availability Zone "
    "(us-east-1e). Please retry your request by not specifying an Availability Zone or choosing "
    "us-east-1a. (Service: AmazonEC2; Status Code: 400; Error Code: Unsupported)": (
        CauseKind.NOT_IN_ZONE
    ),
    # github.com/trailofbits/algo/issues/1285
    "The requested configuration is currently not supported. Please check the documentation for "
    "supported configurations. (Service: AmazonEC2; Status Code: 400; Error Code: Unsupported)": (
        CauseKind.NOT_IN_ZONE
    ),
    "Template error: Fn::Select  cannot select nonexistent value at index 2": (
        CauseKind.TOO_FEW_ZONES
    ),
    "At least two subnets in two different Availability Zones must be specified (Service: "
    "ElasticLoadBalancingV2, Status Code: 400)": CauseKind.TOO_FEW_ZONES,
    "Value (us-east-1f) for parameter availabilityZone is invalid. Subnets can currently only be "
    "created in the following availability zones: us-east-1a.": CauseKind.TOO_FEW_ZONES,
    # github.com/aws-quickstart/quickstart-drupal/issues/6
    "The maximum number of addresses has been reached. (Service: AmazonEC2; Status Code: 400; "
    "Error Code: AddressLimitExceeded)": CauseKind.ADDRESS_LIMIT,
    # github.com/widdix/aws-s3-virusscan/issues/55
    "You have requested more instances (1) than your current instance limit of 0 allows for the "
    "specified instance type. Launching EC2 instance failed.": CauseKind.VCPU_LIMIT,
    "You have requested more vCPU capacity than your current vCPU limit of 32 allows for the "
    "instance bucket that the specified instance type belongs to.": CauseKind.VCPU_LIMIT,
    # ELB user guide, "Troubleshoot your Application Load Balancers"
    "Not enough IP space available in subnet-0abc. ELB requires at least 8 free IP addresses in "
    "each subnet. (Error Code: InvalidSubnet)": CauseKind.ADDRESSES_USED_UP,
    "The CIDR '10.0.0.0/24' conflicts with another subnet (Service: Ec2, Status Code: 400)": (
        CauseKind.ADDRESSES_OVERLAP
    ),
    # github.com/awslabs/aws-saas-boost/issues/178
    "The maximum number of VPCs has been reached.": CauseKind.LIMIT_EXCEEDED,
    "Cannot exceed quota for RolesPerAccount: 1000": CauseKind.LIMIT_EXCEEDED,
    # github.com/F5Networks/f5-aws-cloudformation-v2/issues/58
    f"{HANDLER}\"The image id '[ami-00543d76373f96fe7]' does not exist (Service: Ec2, Status Code: "
    '400) (SDK Attempt Count: 1)" (RequestToken: 89d7, HandlerErrorCode: InvalidRequest)': (
        CauseKind.IMAGE_MISSING
    ),
    # github.com/doccano/doccano/issues/190
    "The image id '[ami-0ac019f4fcb7cb7e6]' does not exist (Service: AmazonEC2; Status Code: 400; "
    "Error Code: InvalidAMIID.NotFound)": CauseKind.IMAGE_MISSING,
    # github.com/awslabs/aws-deployment-framework/issues/339
    "Unable to fetch parameters [kms_arn] from parameter store for this account.": (
        CauseKind.PARAMETER_MISSING
    ),
    # github.com/aws-samples/data-mesh-datazone-cdk-cloudformation/issues/19
    "Parameters: [ssm:/shop/blueprintId] cannot be found.": CauseKind.PARAMETER_MISSING,
    "Secrets Manager can't find the specified secret.": CauseKind.SECRET_MISSING,
    # github.com/hashicorp/terraform-provider-aws/issues/41789
    "The certificate 'arn:aws:acm:us-east-2:1:certificate/1' must have a fully-qualified domain "
    "name, a supported signature, and a supported key size.": CauseKind.CERTIFICATE,
    "Instance failed to launch. Client.InternalError: Client error on launch": CauseKind.KMS_KEY,
    "Load balancer 'x' cannot be deleted because deletion protection is "
    "enabled": CauseKind.PROTECTED,
    "The instance 'i-1' may not be terminated. Modify its 'disableApiTermination' instance "
    "attribute and try again.": CauseKind.PROTECTED,
    "The bucket you tried to delete is not empty": CauseKind.NOT_EMPTY,
    "The repository cannot be deleted because it still contains images": CauseKind.NOT_EMPTY,
    "Export net-Vpc cannot be deleted as it is in use by web": CauseKind.EXPORT_USED,
    "resource sg-1 has a dependent object (Error Code: DependencyViolation)": CauseKind.STILL_USED,
    "The subnet 'subnet-1' has dependencies and cannot be deleted.": CauseKind.STILL_USED,
    "Cannot delete entity, must detach all policies first.": CauseKind.STILL_USED,
    "Exceeded attempts to wait": CauseKind.TIMED_OUT,
    "Resource timed out waiting for completion": CauseKind.TIMED_OUT,
    "Stack creation time exceeded the specified timeout. Rollback requested by user.": (
        CauseKind.TIMED_OUT
    ),
    "Topic did not stabilize. (HandlerErrorCode: NotStabilized)": CauseKind.TIMED_OUT,
    "Properties validation failed for resource Role with message:\n#/Path: expected type: String": (
        CauseKind.INVALID_PROPERTY
    ),
    f'{HANDLER}"Invalid request provided: no such attribute" (RequestToken: 1, HandlerErrorCode: '
    "InvalidRequest)": CauseKind.INVALID_PROPERTY,
    "Internal Failure": CauseKind.INTERNAL,
    f'{HANDLER}"null" (RequestToken: 1, HandlerErrorCode: ServiceInternalError)': (
        CauseKind.INTERNAL
    ),
}


@pytest.mark.parametrize(("reason", "kind"), REASONS.items())
def test_a_reason_is_known_by_its_words(reason: str, kind: CauseKind) -> None:
    found = find_cause(reason)
    assert found is not None
    assert found[0].kind is kind


@pytest.mark.parametrize("reason", REASONS)
def test_every_hint_can_be_told(reason: str) -> None:
    found = find_cause(reason)
    assert found is not None
    row, values = found
    assert row.describe_hint(values)


def test_every_kind_has_a_reason_that_is_tested() -> None:
    assert set(REASONS.values()) == set(CauseKind) == {row.kind for row in KNOWN_CAUSES}


@pytest.mark.parametrize(
    "reason",
    [
        "",
        "Property CidrBlock cannot be empty.",
        "Invalid launch template version: the image 'ami-1' is not usable because it is a test",
    ],
)
def test_other_reasons_are_not_known(reason: str) -> None:
    assert find_cause(reason) is None


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("me is not authorized to perform: ec2:CreateVpc on x", "whoever deploys lacks the "),
        ("API: iam:PutRolePolicy Access Denied", "lacks the permission iam:PutRolePolicy:"),
        ("API: ec2:RunInstances You are not authorized to", "lacks the permission ec2:RunInst"),
        (
            "User: arn:aws:sts::1:assumed-role/ci/1 is not authorized to perform: ec2:CreateVpc",
            "arn:aws:sts::1:assumed-role/ci/1 lacks the permission ec2:CreateVpc:",
        ),
        (
            "API: iam:CreateRole User: arn:aws:sts::1:assumed-role/ci/1 is not authorized",
            "arn:aws:sts::1:assumed-role/ci/1 lacks the permission iam:CreateRole:",
        ),
    ],
)
def test_the_permission_that_is_missing_is_named_and_to_whom(reason: str, told: str) -> None:
    found = find_cause(reason)
    assert found is not None
    row, values = found
    assert told in row.describe_hint(values)


@pytest.mark.parametrize(
    ("kind", "command"),
    [
        (
            CauseKind.SERVICE_ROLE_MISSING,
            "aws iam create-service-linked-role --aws-service-name autoscaling.amazonaws.com",
        ),
        (CauseKind.ROLE_NOT_ASSUMED, "aws iam get-role --role-name deploy"),
        (CauseKind.IMAGE_MISSING, "aws ec2 describe-images --image-ids ami-00543d76373f96fe7"),
        (CauseKind.PARAMETER_MISSING, "aws ssm get-parameter --name /shop/blueprintId"),
        (CauseKind.ADDRESSES_USED_UP, "--subnet-ids subnet-0abc"),
        (CauseKind.NOT_IN_ZONE, "--filters Name=instance-type,Values=t3.micro"),
        (
            CauseKind.CERTIFICATE,
            "aws acm describe-certificate --certificate-arn arn:aws:acm:us-east-2:1:certificate/1",
        ),
        (CauseKind.EXPORT_USED, "aws cloudformation list-imports --export-name net-Vpc"),
    ],
)
def test_what_a_reason_names_goes_into_the_command(kind: CauseKind, command: str) -> None:
    reasons = [reason for reason, each in REASONS.items() if each is kind]
    found = [row for row in map(find_cause, reasons) if row is not None]
    assert any(row.choose_command(values).endswith(command) for row, values in found)


def test_the_first_command_whose_values_are_known_counts() -> None:
    row = next(each for each in KNOWN_CAUSES if each.kind is CauseKind.HOST_FAILED)
    both = {"log_group": "/shop/web", "host": "i-1"}
    assert "--log-stream-name i-1/cdinfra-host" in row.choose_command(both)
    assert row.choose_command({"log_group": "", "host": "i-1"}).endswith("--instance-id i-1")
    assert row.choose_command({"log_group": "/shop/web"}) == "aws logs tail /shop/web --since 1d"
    assert row.choose_command({}) == ""


@given(st.text(min_size=1))
def test_no_name_can_smuggle_a_second_command_in(name: str) -> None:
    for row in KNOWN_CAUSES:
        for command in row.commands:
            values = dict.fromkeys(names_in(command), name)
            told = row.choose_command(values)
            plain = row.choose_command(dict.fromkeys(values, "x"))
            assert len(shlex.split(told)) == len(shlex.split(plain))
