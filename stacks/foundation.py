"""The stack that comes first: the bucket in which the app's deployments keep their state."""

from dataclasses import dataclass, field
from typing import ClassVar

from awacs.aws import (
    Action,
    Bool,
    Condition,
    Deny,
    NumericLessThan,
    PolicyDocument,
    Principal,
    Statement,
)
from troposphere import GetAtt, Ref, Sub, s3

from cdinfra.model import OutputReference, Value
from cdinfra.stacks.builder import TemplateBuilder
from cdinfra.stacks.stack import Stack
from cdinfra.stacks.validation import arn_problems, integer_problems, raise_problems

MINIMUM_TLS_VERSION = "1.2"
"""Source: S3 user guide, "Enforcing a minimum TLS version", condition key s3:TlsVersion."""

ABORT_UPLOADS_AFTER_DAYS = 7


@dataclass(kw_only=True, eq=False)
class Foundation(Stack):
    """The app's bucket: versioned, encrypted, reachable by TLS only, never public.

    Every other stack of the app waits for this one. Releases, the deploy lock, journals
    and published templates live in the bucket. Current versions are never expired.

    S3 refuses to delete a bucket that holds anything. ``cdinfra down`` says what it holds and
    empties it; in an account only where ``--allow-data-loss foundation/Bucket`` names it. A
    bucket that has to be replaced is kept.

    Example:
        >>> app.add(Foundation())  # doctest: +SKIP

    Args:
        name: Name within the app.
        noncurrent_days: Days that an overwritten or deleted object can still be restored.
        kms_key: ARN of a KMS key to encrypt with; by default S3's own keys are used.

    Raises:
        InvalidInputError: A setting is not valid.
    """

    foundational: ClassVar[bool] = True
    description: ClassVar[str] = "State of the app's deployments"

    name: str = field(default="foundation", kw_only=False)
    noncurrent_days: int = 90
    kms_key: Value | None = None

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__init__(self.name)
        path = f"stacks/{self.name}"
        problems = list(integer_problems(f"{path}/noncurrent_days", self.noncurrent_days, 1, 3650))
        if self.kms_key is not None:
            problems += arn_problems(f"{path}/kms_key", self.kms_key, "kms")
        raise_problems(problems)

    @property
    def bucket_name(self) -> OutputReference:
        """Name of the bucket."""
        return self.output("BucketName")

    @property
    def bucket_arn(self) -> OutputReference:
        """ARN of the bucket."""
        return self.output("BucketArn")

    def add_resources(self, builder: TemplateBuilder) -> None:
        """Add the bucket, its policy and the outputs."""
        bucket = builder.add(self.build_bucket(builder))
        builder.add(self.build_bucket_policy(bucket))
        builder.output("BucketName", Ref(bucket), "Name of the app's bucket")
        builder.output("BucketArn", GetAtt(bucket, "Arn"), "ARN of the app's bucket")

    def build_bucket(self, builder: TemplateBuilder) -> s3.Bucket:
        """Build the bucket."""
        return s3.Bucket(
            "Bucket",
            BucketEncryption=self._encryption(builder),
            LifecycleConfiguration=s3.LifecycleConfiguration(Rules=self.build_lifecycle_rules()),
            OwnershipControls=s3.OwnershipControls(
                Rules=[s3.OwnershipControlsRule(ObjectOwnership="BucketOwnerEnforced")]
            ),
            PublicAccessBlockConfiguration=s3.PublicAccessBlockConfiguration(
                BlockPublicAcls=True,
                BlockPublicPolicy=True,
                IgnorePublicAcls=True,
                RestrictPublicBuckets=True,
            ),
            VersioningConfiguration=s3.VersioningConfiguration(Status="Enabled"),
            DeletionPolicy="Delete",
            UpdateReplacePolicy="Retain",
        )

    def build_lifecycle_rules(self) -> list[s3.LifecycleRule]:
        """Build the rules that remove what nobody can see any more."""
        return [
            s3.LifecycleRule(
                Id="abort-incomplete-uploads",
                Status="Enabled",
                AbortIncompleteMultipartUpload=s3.AbortIncompleteMultipartUpload(
                    DaysAfterInitiation=ABORT_UPLOADS_AFTER_DAYS
                ),
            ),
            s3.LifecycleRule(
                Id="expire-noncurrent-versions",
                Status="Enabled",
                NoncurrentVersionExpiration=s3.NoncurrentVersionExpiration(
                    NoncurrentDays=self.noncurrent_days
                ),
            ),
        ]

    def build_bucket_policy(self, bucket: s3.Bucket) -> s3.BucketPolicy:
        """Build the policy that refuses whatever does not come over modern TLS."""
        refusals = {
            "RefusePlainHttp": Bool("aws:SecureTransport", "false"),
            "RefuseOldTls": NumericLessThan("s3:TlsVersion", MINIMUM_TLS_VERSION),
        }
        everything = [GetAtt(bucket, "Arn"), Sub(f"${{{bucket.title}.Arn}}/*")]
        statements = [
            Statement(
                Sid=sid,
                Effect=Deny,
                Principal=Principal("*"),
                Action=[Action("s3", "*")],
                Resource=everything,
                Condition=Condition(condition),
            )
            for sid, condition in refusals.items()
        ]
        return s3.BucketPolicy(
            "BucketPolicy",
            Bucket=Ref(bucket),
            PolicyDocument=PolicyDocument(Version="2012-10-17", Statement=statements),
        )

    def _encryption(self, builder: TemplateBuilder) -> s3.BucketEncryption:
        default = s3.ServerSideEncryptionByDefault(SSEAlgorithm="AES256")
        if self.kms_key is not None:
            default = s3.ServerSideEncryptionByDefault(
                SSEAlgorithm="aws:kms", KMSMasterKeyID=builder.value(self.kms_key)
            )
        rule = s3.ServerSideEncryptionRule(
            ServerSideEncryptionByDefault=default, BucketKeyEnabled=self.kms_key is not None
        )
        return s3.BucketEncryption(ServerSideEncryptionConfiguration=[rule])
