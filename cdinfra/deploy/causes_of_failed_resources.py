"""Known causes that lie with a resource itself, or what it needs: rows of the table of causes."""

from cdinfra.deploy.known_cause import CauseKind, known

_QUOTAS = "aws service-quotas list-service-quotas --output table --service-code "
_INTERFACES = "aws ec2 describe-network-interfaces --filters "

_NAME_TAKEN = (
    known(
        CauseKind.IN_OTHER_STACK,
        r"already exists in stack (?P<other_stack>\S+)",
        "the stack {other_stack} has it: take it out of one of the two",
    ),
    known(
        CauseKind.ALREADY_EXISTS,
        r"already exists?\b|AlreadyExists|already own|InvalidGroup\.Duplicate",
        "something of that name exists outside the stack, perhaps kept by a stack of before: "
        "delete it, or give this one another name",
    ),
)

_NO_ROOM = (
    known(
        CauseKind.NO_CAPACITY,
        r"InsufficientInstanceCapacity|not have (?:sufficient|enough) .*capacity",
        "AWS has no such instance free there: try again, allow more zones, or take another type",
    ),
    known(
        CauseKind.NOT_IN_ZONE,
        r"requested instance type \((?P<instance_type>[\w.-]+)\) is not supported"
        r"|requested configuration is currently not supported",
        "that zone does not have this type of instance: take other zones or another type",
        "aws ec2 describe-instance-type-offerings --location-type availability-zone "
        "--filters Name=instance-type,Values={instance_type}",
    ),
    known(
        CauseKind.TOO_FEW_ZONES,
        r"cannot select nonexistent value at index|two different Availability Zones"
        r"|for parameter availabilityZone is invalid",
        "the stack wants more zones than it gets, or others than the region has for this "
        "account: set the network's number of zones",
        "aws ec2 describe-availability-zones --output table",
    ),
    known(
        CauseKind.ADDRESS_LIMIT,
        r"maximum number of addresses|AddressLimitExceeded",
        "the account has as many Elastic IPs as it may: release one that nothing uses, or ask "
        "for a higher quota",
        "aws ec2 describe-addresses --output table",
    ),
    known(
        CauseKind.VCPU_LIMIT,
        r"vCPU (?:capacity|limit)|VcpuLimitExceeded|InstanceLimitExceeded|instance limit of \d+",
        "the account may not run so many instances of that kind at once: stop some, take a "
        "smaller type, or ask for a higher quota",
        f"{_QUOTAS}ec2",
    ),
    known(
        CauseKind.ADDRESSES_USED_UP,
        r"(?s)InsufficientFreeAddressesInSubnet|not enough (?:free addresses|IP space available)"
        r"(?:.*?(?P<full_subnet>subnet-[0-9a-f]+))?",
        "the subnet has too few free addresses left: take a larger one, or remove what uses them",
        "aws ec2 describe-subnets --output table --subnet-ids {full_subnet}",
    ),
    known(
        CauseKind.ADDRESSES_OVERLAP,
        r"conflicts with another subnet|InvalidSubnet\.Conflict",
        "another subnet of the VPC has some of those addresses: give this one others",
    ),
    known(
        CauseKind.LIMIT_EXCEEDED,
        r"LimitExceeded|limit exceeded|quota|maximum number of"
        r"|(?:vCPU|\w+ limit) .*(?:allow|reach)",
        "the account has as many as it may: delete what nobody needs, or ask for a higher quota",
    ),
)

_MISSING = (
    known(
        CauseKind.IMAGE_MISSING,
        r"image id '\[?(?P<image>ami-\w+)\]?' does not exist|InvalidAMIID",
        "this account finds no such machine image in this region: each region has its own, and "
        "old ones are withdrawn; without an id, Image takes the latest one of its system",
        "aws ec2 describe-images --image-ids {image}",
    ),
    known(
        CauseKind.PARAMETER_MISSING,
        r"fetch parameters \[(?P<parameter>[^\],]+)|Parameters: \[(?:ssm(?:-secure)?:)?"
        r"(?P<parameter_2>[^\],]+)\] cannot be found|ParameterNotFound",
        "the SSM parameter that it reads is not there, in this account and region: make it, or "
        "correct its name",
        "aws ssm get-parameter --name {parameter}",
    ),
    known(
        CauseKind.SECRET_MISSING,
        r"can't find the (?:specified|resource for the) secret",
        "the secret that it reads is not there, in this account and region: make it, or "
        "correct its name",
        "aws secretsmanager list-secrets --output table",
    ),
    known(
        CauseKind.CERTIFICATE,
        r"(?:certificate '(?P<certificate>arn:[^']+)' )?must have a fully-qualified domain name"
        r"|UnsupportedCertificate|CertificateNotFound|InvalidViewerCertificate",
        "the certificate cannot be used, perhaps only not yet: it must stand in the same "
        "region and be issued, which waits for its validation records in the DNS",
        "aws acm describe-certificate --certificate-arn {certificate}",
    ),
    known(
        CauseKind.KMS_KEY,
        r"InvalidKMSKey|KMSInvalidState|Client\.InternalError: Client error on launch"
        r"|KMS key .*(?:does not exist|disabled|pending deletion|state)",
        "the KMS key cannot be used: it must be enabled, and its policy must let the account's "
        "service role for Auto Scaling use it where hosts have disks encrypted with it",
    ),
)

_IN_THE_WAY = (
    known(
        CauseKind.PROTECTED,
        r"(?:deletion|termination|API termination) ?protection|disableApiTermination",
        "it is protected against deletion: switch the protection off first",
    ),
    known(
        CauseKind.NOT_EMPTY,
        r"not empty|BucketNotEmpty|RepositoryNotEmpty|still contains",
        "it is deleted only once it is empty: empty it first",
    ),
    known(
        CauseKind.EXPORT_USED,
        r"Export (?P<export>\S+) cannot be \w+ as it is in use by (?P<users>.+)",
        "{users} imports the output: take that out first",
        "aws cloudformation list-imports --export-name {export}",
    ),
    known(
        CauseKind.STILL_USED,
        r"DependencyViolation|DeleteConflict|has (?:a )?dependen\w+|(?:in|being) use[d]?\b"
        r"|must (?:detach|delete|remove) ",
        "something that is no part of the stack still uses it: remove that first",
        f"{_INTERFACES}Name=group-id,Values={{security_group}}",
        f"{_INTERFACES}Name=subnet-id,Values={{subnet}}",
        f"{_INTERFACES}Name=vpc-id,Values={{vpc}}",
    ),
)

RESOURCE_CAUSES = (
    *_NAME_TAKEN,
    *_NO_ROOM,
    *_MISSING,
    *_IN_THE_WAY,
    known(
        CauseKind.TIMED_OUT,
        r"timed out|exceeded attempts to wait|(?:not|n't) stabilize|NotStabilized|time-?out",
        "it did not get ready in time: look at the resource itself, then try again",
    ),
    known(
        CauseKind.INVALID_PROPERTY,
        r"properties validation failed|model validation failed|unsupported property"
        r"|failed to satisfy constraint|HandlerErrorCode: InvalidRequest",
        "the service refuses the value of a property: the reason says which; correct it where "
        "the resource is made",
    ),
    known(
        CauseKind.INTERNAL,
        r"internal ?(?:failure|error)|ServiceUnavailable|GeneralServiceException"
        r"|HandlerErrorCode: (?:ServiceInternalError|NetworkFailure)|Status Code: 50\d",
        "a fault of the service, not of yours: try again; if it stays, ask AWS support",
    ),
)
