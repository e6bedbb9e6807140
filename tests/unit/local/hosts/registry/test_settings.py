import json

from cdinfra.local.hosts.registry.place import Registry
from cdinfra.local.hosts.registry.settings import RegistrySettings

REGISTRY = Registry(account="123456789012", region="eu-central-1", port=5432)
SETTINGS = RegistrySettings(
    registry=REGISTRY,
    certificate="-----BEGIN CERTIFICATE-----",
    secret="only-ours",
    cloud_port=4566,
    endpoint="172.20.0.1:39001",
)


def test_the_registry_sends_its_clients_to_the_local_cloud_for_tokens() -> None:
    auth = json.loads(SETTINGS.environment()["REGISTRY_SETTINGS"])["auth"]["token"]

    assert auth == {
        "realm": "http://127.0.0.1:4566/_cdinfra/registry/token",
        "service": "123456789012.dkr.ecr.eu-central-1.amazonaws.com",
        "issuer": "cdinfra",
        "rootcertbundle": "/run/registry/certificate.pem",
    }


def test_behind_the_gate_only_the_gate_reaches_the_registry() -> None:
    settings = json.loads(SETTINGS.environment()["REGISTRY_SETTINGS"])

    assert settings["http"]["addr"] == "127.0.0.1:5001"


def test_the_gate_leads_manifests_to_the_local_cloud_unless_they_come_from_there() -> None:
    gate = SETTINGS.environment()["GATE_SETTINGS"]

    assert "use_backend cloud if is_recorded !is_passed" in gate
    assert "acl is_passed req.hdr(X-Cdinfra-Registry-Pass) -m str only-ours" in gate
    assert "set-path /_cdinfra/registry/123456789012/eu-central-1%[path]" in gate
    assert "server cloud 172.20.0.1:39001" in gate
