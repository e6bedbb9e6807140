"""What moto gets wrong, and no call through boto3 could mend.

Instances that a group launches need their group's version of the launch template, its
instance profile, metadata options, volumes and tags, and must be spread over the group's
subnets; a group must keep what an update sets; of two who write an object under the same
condition one must be refused. All of that happens inside moto, also when somebody scales a
group by hand, so it is put right there, in the local cloud's own process.
"""


def correct_moto() -> None:
    """Put moto right for this process; calling it again changes nothing."""
    # moto takes half a second to import, and only the local cloud's process needs it.
    from cdinfra.local.resources.corrections import (  # noqa: PLC0415
        bucket_policies,
        capacity,
        conditional_writes,
        group_settings,
        launches,
        rule_descriptions,
        tagged_resources,
        target_registration,
    )

    bucket_policies.install()
    launches.install()
    capacity.install()
    conditional_writes.install()
    group_settings.install()
    rule_descriptions.install()
    tagged_resources.install()
    target_registration.install()
