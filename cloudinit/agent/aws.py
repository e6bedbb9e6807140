"""The AWS calls that a host makes: secrets, registry login, its log group, its signal."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from cdinfra.cloudinit.agent.signing import sign_post
from cdinfra.cloudinit.agent.system import Failure

if TYPE_CHECKING:
    from cdinfra.cloudinit.agent.metadata import Metadata
    from cdinfra.cloudinit.agent.system import Answer, System

ENDPOINT_FILE = "/etc/cdinfra/endpoint"
AWS_TRIES = 5
ECR_HOST = re.compile(
    r"[0-9]{12}\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)"
)
TARGETS = {
    "ecr": "AmazonEC2ContainerRegistry_V20150921",
    "logs": "Logs_20140328",
    "secretsmanager": "secretsmanager",
    "ssm": "AmazonSSM",
}


class Aws:
    """AWS as the instance role sees it."""

    def __init__(self, system: System, metadata: Metadata) -> None:
        self.system = system
        self.metadata = metadata

    def call(self, service: str, action: str, content: dict[str, Any], region: str = "") -> Any:  # noqa: ANN401 - JSON
        """Call an action of a service that speaks JSON."""
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"{TARGETS[service]}.{action}",
        }
        answer = self._post(service, region, headers, json.dumps(content).encode())
        if answer.status != 200:
            raise Failure(f"{service}:{action} was refused: {reason_in(answer)}")
        return json.loads(answer.body or b"{}")

    def query(self, service: str, action: str, version: str, wanted: dict[str, str]) -> Answer:
        """Call an action of a service that takes forms, and return its answer."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        form = urlencode({"Action": action, "Version": version, **wanted})
        return self._post(service, "", headers, form.encode())

    def secret(self, source: str, name: str) -> str:
        """Return the value of a secret."""
        if source == "secretsmanager":
            found = self.call("secretsmanager", "GetSecretValue", {"SecretId": name})
            if "SecretString" not in found:
                raise Failure(f"the secret {name} is binary, not text")
            return str(found["SecretString"])
        found = self.call("ssm", "GetParameter", {"Name": name, "WithDecryption": True})
        return str(found["Parameter"]["Value"])

    def registry_login(self, image: str) -> dict[str, str] | None:
        """Return a login for the image's registry, None where it is not ECR's.

        The whole name counts: a login must not go to a host whose name only begins alike.
        Where AWS is at an endpoint of its own, ECR itself says which registry is its.
        """
        registry = image.split("/", 1)[0]
        match = ECR_HOST.fullmatch(registry)
        if not match and not self.endpoint():
            return None
        found = self.call("ecr", "GetAuthorizationToken", {}, match.group(1) if match else "")
        login = found["authorizationData"][0]
        if not match and urlsplit(login["proxyEndpoint"]).netloc != registry:
            return None
        token = base64.b64decode(login["authorizationToken"]).decode()
        user, _, password = token.partition(":")
        return {"username": user, "password": password, "serveraddress": registry}

    def signal(self, stack: str, logical_id: str, *, success: bool) -> None:
        """Tell CloudFormation how the first boot went.

        The call has no field for a reason: that goes to the console and the log group.

        Source: CloudFormation API reference, SignalResource.
        """
        wanted = {
            "StackName": stack,
            "LogicalResourceId": logical_id,
            "UniqueId": self.metadata.instance_id(),
            "Status": "SUCCESS" if success else "FAILURE",
        }
        answer = self.query("cloudformation", "SignalResource", "2010-05-15", wanted)
        if answer.status != 200:
            raise Failure(f"the signal was refused: {reason_in(answer)}", outcome="refused")

    def log(self, group: str, stream: str, lines: list[str]) -> None:
        """Append lines to a stream of the log group, made where it is missing."""
        names = {"logGroupName": group, "logStreamName": stream}
        try:
            self.call("logs", "CreateLogStream", names)
        except Failure as failure:
            if "ResourceAlreadyExists" not in failure.message:
                raise
        stamp = int(self.system.now() * 1000)
        events = [{"timestamp": stamp, "message": line or " "} for line in lines]
        self.call("logs", "PutLogEvents", {**names, "logEvents": events})

    def _post(self, service: str, region: str, headers: dict[str, str], body: bytes) -> Answer:
        """Send a signed request; what may be better in a moment is tried again."""
        region = region or self.metadata.region()
        url = self.endpoint() or self._public(service, region)
        last = ""
        for attempt in range(AWS_TRIES):
            scope = (region, service, self.system.now())
            signed = sign_post(url, headers, body, self.metadata.credentials(), scope)
            try:
                answer = self.system.http("POST", url, headers=signed, body=body, timeout=20)
            except OSError as error:
                last = str(error)
            else:
                if answer.status < 429 and b"Throttl" not in answer.body:
                    return answer
                last = reason_in(answer)
            self.system.sleep(2**attempt)
        raise Failure(f"{service} in {region} cannot be reached: {last}")

    def endpoint(self) -> str:
        """Return where this host finds all of AWS, nothing where each service has its place."""
        file = self.system.path(ENDPOINT_FILE)
        return file.read_text(encoding="utf-8").strip().rstrip("/") if file.exists() else ""

    def _public(self, service: str, region: str) -> str:
        domain = self.metadata.get("services/domain") or "amazonaws.com"
        name = "api.ecr" if service == "ecr" else service
        return f"https://{name}.{region}.{domain}"


def reason_in(answer: Answer) -> str:
    """Return what an error answer says, without markup, in at most 300 characters."""
    text = answer.body.decode("utf-8", "replace")
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())[:300] or f"HTTP {answer.status}"
