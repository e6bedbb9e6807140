"""Takes a snapshot of a resource before it is deleted, where its deletion policy says so."""

from cdinfra.local.resources.contract import Request, ResourceError

VOLUME_TYPE = "AWS::EC2::Volume"


def take_snapshot(request: Request, resource_type: str, physical_id: str) -> None:
    """Take a snapshot of a resource.

    Args:
        request: The resource.
        resource_type: Its type; only volumes have snapshots here.
        physical_id: Its id.

    Raises:
        ResourceError: The local cloud takes none of this type, or the service refuses.
    """
    if resource_type != VOLUME_TYPE:
        raise ResourceError(f"the local cloud takes no snapshots of {resource_type}")
    client = request.clients.client("ec2")
    try:
        client.create_snapshot(
            VolumeId=physical_id,
            Description=f"{request.logical_id} of the deleted stack {request.stack_name}",
        )
    except client.exceptions.ClientError as error:
        raise ResourceError(f"no snapshot could be taken: {error}") from error
