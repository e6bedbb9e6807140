from dataclasses import replace

from cdinfra.local.hosts.container import Surroundings, run_arguments
from cdinfra.local.hosts.facts import InstanceFacts, MetadataOptions

AROUND = Surroundings(
    cloud="4f1c",
    network="cdinfra-4f1c",
    endpoint="http://127.0.0.1:4566",
    metadata="172.18.0.1:8000",
)


def arguments(facts: InstanceFacts) -> list[str]:
    routes = "4566 172.18.0.1:4566"
    return [*run_arguments(facts, "image:1", around=AROUND, address="172.18.0.5", routes=routes)]


def test_a_host_is_run_under_its_name_at_its_address_with_its_labels(facts: InstanceFacts) -> None:
    words = " ".join(arguments(facts))
    assert words.startswith("run --detach ")
    assert "--name cdinfra-4f1c-i-0123456789abcdef0 --hostname ip-172-18-0-5" in words
    assert "--network cdinfra-4f1c --ip 172.18.0.5" in words
    assert "--label cdinfra.local=4f1c --label cdinfra.instance=i-0123456789abcdef0" in words
    assert words.endswith(" image:1")


def test_a_host_is_told_where_everything_is_and_no_secret(facts: InstanceFacts) -> None:
    given = dict(
        word.removeprefix("--env=").split("=", 1)
        for word in arguments(facts)
        if word.startswith("--env=")
    )
    assert given == {
        "CDINFRA_ENDPOINT": "http://127.0.0.1:4566",
        "CDINFRA_HOP_LIMIT": "1",
        "CDINFRA_METADATA": "172.18.0.1:8000",
        "CDINFRA_ROUTES": "4566 172.18.0.1:4566",
        "CDINFRA_USER": "admin",
        "container": "docker",
    }


def test_the_hop_limit_is_the_instances(facts: InstanceFacts) -> None:
    far = replace(facts, metadata=MetadataOptions(hop_limit=2))
    assert "--env=CDINFRA_HOP_LIMIT=2" in arguments(far)


def test_a_host_that_is_stopped_stays_so_and_one_that_ends_by_itself_starts_again(
    facts: InstanceFacts,
) -> None:
    words = arguments(facts)
    assert "--restart=on-failure" in words
    assert "--privileged" not in words
