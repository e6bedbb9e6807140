"""How the container of a registry is set up: the gate before, ``docker-registry`` behind it."""

import json
from dataclasses import dataclass

from cdinfra.local.control_client import CONTROL_PATH
from cdinfra.local.hosts.registry.place import LOOPBACK, Registry
from cdinfra.local.hosts.registry.tokens import ISSUER

GATE_PORT, REGISTRY_PORT = 5000, 5001
"""Inside of the container."""

REGISTRY_PATH = f"{CONTROL_PATH}/registry"
TOKEN_PATH = f"{REGISTRY_PATH}/token"
LAYER_PATH = f"{REGISTRY_PATH}/layer"
PASS_HEADER = "X-Cdinfra-Registry-Pass"  # noqa: S105 - the header's name
"""Whoever sends the pass with it is let through to the registry for manifests, too."""

START = """
set -eu
umask 077
mkdir -p /run/registry
printf '%s' "$REGISTRY_CERTIFICATE" > /run/registry/certificate.pem
printf '%s' "$REGISTRY_SETTINGS" > /run/registry/registry.json
printf '%s' "$GATE_SETTINGS" > /run/registry/gate.cfg
unset REGISTRY_CERTIFICATE REGISTRY_SETTINGS GATE_SETTINGS
docker-registry serve /run/registry/registry.json &
haproxy -db -f /run/registry/gate.cfg &
trap 'kill $(jobs -p); exit 0' TERM
wait -n
exit 1
"""
"""What the container runs: when one of the two ends, both end, and the engine starts it anew."""

GATE = """
global
    maxconn 512
defaults
    mode http
    timeout connect 5s
    timeout client 10m
    timeout server 10m
frontend gate
    bind :{gate_port}
    acl is_passed req.hdr({header}) -m str {secret}
    acl is_recorded path_reg ^/v2/.+/(manifests/[^/]+|tags/list)$
    use_backend cloud if is_recorded !is_passed
    default_backend registry
backend cloud
    http-request set-path {path}%[path]
    server cloud {cloud}
backend registry
    http-request del-header {header}
    server registry 127.0.0.1:{registry_port}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrySettings:
    """What a registry's container has to know.

    Attributes:
        registry: The registry.
        certificate: Certificate, in PEM, of what signs tokens.
        secret: The pass of who may reach manifests past the local cloud.
        cloud_port: Port of the local cloud on loopback.
        endpoint: ``address:port`` at which it answers in the hosts' network.
    """

    registry: Registry
    certificate: str
    secret: str
    cloud_port: int
    endpoint: str

    def environment(self) -> dict[str, str]:
        """Return the container's environment variables."""
        return {
            "REGISTRY_CERTIFICATE": self.certificate,
            "REGISTRY_SETTINGS": self._registry_settings(),
            "GATE_SETTINGS": self._gate_settings(),
        }

    def _registry_settings(self) -> str:
        """Return the registry's settings.

        Source: docker/distribution 2.8, "Configuring a registry"; JSON is YAML, too.
        """
        settings = {
            "version": 0.1,
            "log": {"level": "error", "accesslog": {"disabled": True}},
            "storage": {
                "filesystem": {"rootdirectory": "/var/lib/docker-registry"},
                "cache": {"blobdescriptor": "inmemory"},
                "delete": {"enabled": True},
            },
            "http": {"addr": f"{LOOPBACK}:{REGISTRY_PORT}", "secret": self.secret},
            "auth": {
                "token": {
                    "realm": f"http://{LOOPBACK}:{self.cloud_port}{TOKEN_PATH}",
                    "service": self.registry.service,
                    "issuer": ISSUER,
                    "rootcertbundle": "/run/registry/certificate.pem",
                }
            },
        }
        return json.dumps(settings)

    def _gate_settings(self) -> str:
        registry = self.registry
        return GATE.format(
            gate_port=GATE_PORT,
            registry_port=REGISTRY_PORT,
            header=PASS_HEADER,
            secret=self.secret,
            path=f"{REGISTRY_PATH}/{registry.account}/{registry.region}",
            cloud=self.endpoint,
        )
