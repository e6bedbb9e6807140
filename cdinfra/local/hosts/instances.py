"""The instances of an account and region, as the services of this process know them."""

from collections.abc import Iterator
from typing import Any

from cdinfra.local.api_handlers import CallPlace
from cdinfra.local.hosts.commands.nodes import Instance
from cdinfra.local.hosts.facts import instance_states, read_facts
from cdinfra.local.hosts.metadata.tree import host_name
from cdinfra.local.hosts.platforms import platform_of


def instances_of(place: CallPlace) -> Iterator[Instance]:
    """Yield the instances of an account and region, terminated ones too.

    Args:
        place: The account and the region.
    """
    return (read_instance(found) for found in _found(place))


def instance_of(place: CallPlace, instance_id: str) -> Instance | None:
    """Return one instance of an account and region; None where there is none of that id.

    Args:
        place: The account and the region.
        instance_id: The instance.
    """
    return next((read_instance(each) for each in _found(place) if each.id == instance_id), None)


def instance_state(place: CallPlace, instance_id: str) -> str:
    """Return the state of an instance of an account and region; empty where there is none.

    Args:
        place: The account and the region.
        instance_id: The instance.
    """
    return next((str(each.state) for each in _found(place) if each.id == instance_id), "")


def _found(place: CallPlace) -> Iterator[Any]:
    for account, region, _, found in instance_states():
        if (account, region) == (place.account, place.region):
            yield found


def read_instance(found: Any) -> Instance:  # noqa: ANN401 - moto's own type
    """Read what moto knows of an instance.

    Args:
        found: moto's instance.
    """
    facts = read_facts(found)
    return Instance(
        instance_id=facts.instance_id,
        state=facts.state,
        name=f"{host_name(facts.address)}.{facts.region}.compute.internal",
        address=facts.address,
        has_profile=bool(facts.profile_arn),
        tags=facts.tags,
        platform=platform_of(facts.image_id, facts.region),
        launched_at=found.launch_time,
    )
