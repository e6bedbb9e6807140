"""A host that is not there: the agent's view of the world, kept in memory."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from cdinfra.cloudinit import (
    Container,
    HostConfig,
    HttpHealthCheck,
    OperatingSystem,
    PortMapping,
    Secret,
    Signal,
)
from cdinfra.cloudinit.agent.main import main
from cdinfra.cloudinit.agent.system import Answer, Ran
from cdinfra.cloudinit.host import build_settings

RELEASE = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop-dev/web@sha256:" + "a" * 64
NEXT_RELEASE = RELEASE[:-64] + "b" * 64
NOT_FOUND = Answer(404, {}, b'{"message": "no such thing"}')


def as_json(value: object, status: int = 200) -> Answer:
    return Answer(status, {}, json.dumps(value).encode())


class FakeEngine:
    """Docker, as far as the agent uses it."""

    def __init__(self) -> None:
        self.containers: dict[str, dict[str, Any]] = {}
        self.images: list[dict[str, Any]] = []
        self.networks: set[str] = set()
        self.pull_error = ""
        self.logins: list[str] = []
        self.history: list[str] = []
        self.dies: set[str] = set()
        """Images whose containers end at once."""

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        words = unquote(parts.path).strip("/").split("/")
        if words[0] == "containers":
            return self._container(method, words[1:], query, body)
        if words[0] == "images":
            return self._images(method, words[1:], query, headers)
        if words[0] == "networks" and method == "POST":
            self.networks.add(json.loads(body)["Name"])
            return as_json({"Id": "net"}, 201)
        if words[0] == "networks":
            return as_json({}) if words[1] in self.networks else NOT_FOUND
        return Answer(200, {}, b"OK") if words[0] == "_ping" else NOT_FOUND

    def _images(
        self,
        method: str,
        words: Sequence[str],
        query: Mapping[str, str],
        headers: Mapping[str, str],
    ) -> Answer:
        if method == "POST":
            return self._pull(f"{query['fromImage']}@{query['tag']}", headers)
        if words == ["json"]:
            return as_json(self.images)
        name = "/".join(words).removesuffix("/json")
        found = [image for image in self.images if name in (image["RepoDigests"] or [])]
        if method == "DELETE":
            self.images = [image for image in self.images if image not in found]
        return as_json({}) if found else NOT_FOUND

    def _pull(self, image: str, headers: Mapping[str, str]) -> Answer:
        self.logins.append(headers["X-Registry-Auth"])
        self.history.append("pull")
        if self.pull_error:
            return Answer(
                200, {}, b'{"status": "x"}\n' + json.dumps({"error": self.pull_error}).encode()
            )
        self.images.append({"Id": f"sha256:{image[-8:]}", "RepoDigests": [image], "Created": 1})
        return Answer(200, {}, b'{"status": "Pulling"}\n{"status": "Done"}\n')

    def _container(
        self, method: str, words: Sequence[str], query: Mapping[str, str], body: bytes
    ) -> Answer:
        if words == ["json"]:
            label = json.loads(query["filters"])["label"][0] if "filters" in query else ""
            found = [self._row(c) for c in self.containers.values() if self._has(c, label)]
            return as_json(sorted(found, key=lambda row: -int(row["Created"])))
        if words == ["create"]:
            return self._create(query["name"], json.loads(body))
        container = self.containers.get(words[0])
        if container is None:
            return NOT_FOUND
        action = words[-1] if len(words) > 1 else method
        if action == "json":
            return as_json(self._details(container))
        self.history.append(f"{action.lower()} {words[0]}")
        return self._act(action, container)

    def _act(self, action: str, container: dict[str, Any]) -> Answer:
        if action == "logs":
            line = b"boom: no database\n"
            return Answer(200, {}, b"\1\0\0\0" + len(line).to_bytes(4, "big") + line)
        is_so = container["running"] == (action == "start") and "state" not in container
        if action in ("start", "stop") and is_so:
            return Answer(304, {}, b"")
        if action == "DELETE":
            del self.containers[container["id"]]
        container.pop("state", None)
        dies = container["body"]["Image"] in self.dies
        container["running"] = action == "start" and not dies
        return Answer(204, {}, b"")

    def _create(self, name: str, body: dict[str, Any]) -> Answer:
        identity = f"c{len(self.history)}{len(self.containers)}"
        self.containers[identity] = {
            "id": identity,
            "name": name,
            "body": body,
            "running": False,
            "created": len(self.history),
            "health": [],
        }
        self.history.append(f"create {identity}")
        return as_json({"Id": identity}, 201)

    @staticmethod
    def _has(container: dict[str, Any], label: str) -> bool:
        name, _, value = label.partition("=")
        labels = container["body"].get("Labels", {})
        return not label or (name in labels and value in ("", labels[name]))

    @staticmethod
    def _row(container: dict[str, Any]) -> dict[str, Any]:
        body = container["body"]
        image = body.get("Image", "")
        return {
            "Id": container["id"],
            "Image": image,
            "ImageID": f"sha256:{image[-8:]}",
            "Labels": body.get("Labels", {}),
            "State": container.get("state") or ("running" if container["running"] else "exited"),
            "Status": "Up 2 minutes" if container["running"] else "Exited (1)",
            "Created": container["created"],
            "NetworkSettings": {
                "Networks": body.get("NetworkingConfig", {}).get("EndpointsConfig")
            },
        }

    @staticmethod
    def _details(container: dict[str, Any]) -> dict[str, Any]:
        state: dict[str, Any] = {
            "Running": container["running"],
            "ExitCode": 1,
            "StartedAt": "2026-11-24T07:49:57.1Z",
        }
        if container["health"]:
            state["Health"] = container["health"].pop(0)
        return {"State": state, "RestartCount": container.get("restarts", 0)}


class FakeHost:
    """Has the methods of the agent's System; every path is below a temporary folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "run").mkdir(exist_ok=True)
        self.clock = 1_700_000_000.0
        self.engine = FakeEngine()
        self.tags: dict[str, str] | None = {
            "cdinfra:release": RELEASE,
            "cdinfra:stack": "shop-dev-web",
        }
        self.metadata_faults: list[object] = []
        self.aws: dict[str, Callable[[Any], Answer]] = {}
        self.requests: list[tuple[str, Any]] = []
        self.app: Callable[[str], Answer] = lambda _url: Answer(200, {}, b"ok")
        self.ran: list[tuple[list[str], str]] = []
        self.programs: dict[str, Callable[[list[str], str], Ran]] = {}
        self.said: list[str] = []
        self.free = 50 * 1024**3
        self.rules = ""

    def run(self, argv: Sequence[str], *, stdin: str = "", timeout: float = 120) -> Ran:
        del timeout
        assert all(isinstance(word, str) for word in argv)
        self.ran.append((list(argv), stdin))
        if program := self.programs.get(argv[0]):
            return program(list(argv), stdin)
        if argv[0] == "dpkg-query":
            return Ran(0, "".join(f"installed {name}\n" for name in argv[4:]), "")
        if argv[0] == "nft" and stdin:
            self.rules = stdin
            self.engine.history.append("nft")
        if argv[:2] == ["nft", "list"]:
            return Ran(0 if self.rules else 1, self.rules, "")
        return Ran(0, "", "")

    def http(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float = 10,
        limit: int = 1024,
    ) -> Answer:
        assert timeout > 0
        assert limit > 0
        parts = urlsplit(url)
        if parts.scheme == "engine":
            return self.engine.answer(
                method, url[len("engine://docker") :], headers or {}, body or b""
            )
        if parts.netloc == "169.254.169.254":
            return self._metadata(method, parts.path, headers or {})
        if parts.netloc.startswith("198.18.0."):
            return self.app(url)
        return self._aws(url, headers or {}, body or b"")

    def _metadata(self, method: str, path: str, headers: Mapping[str, str]) -> Answer:
        if self.metadata_faults:
            fault = self.metadata_faults.pop(0)
            if isinstance(fault, Exception):
                raise fault
            assert isinstance(fault, Answer)
            return fault
        if method == "PUT":
            return Answer(200, {}, b"token")
        assert headers["X-aws-ec2-metadata-token"] == "token"
        keys = {"AccessKeyId": "AKID", "SecretAccessKey": "sekrit", "Token": "session"}
        values = {
            "instance-id": "i-0123456789abcdef0",
            "placement/region": "eu-central-1",
            "services/domain": "amazonaws.com",
            "iam/security-credentials/": "web-role",
            "iam/security-credentials/web-role": json.dumps(keys),
        }
        if self.tags is not None:
            values["tags/instance"] = "\n".join(self.tags)
            values |= {f"tags/instance/{name}": value for name, value in self.tags.items()}
        found = values.get(path.removeprefix("/latest/meta-data/"))
        return NOT_FOUND if found is None else Answer(200, {}, found.encode())

    def _aws(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        assert "AWS4-HMAC-SHA256" in headers["authorization"]
        if "x-amz-target" in headers:
            action, content = headers["x-amz-target"].partition(".")[2], json.loads(body)
        else:
            content = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            action = content["Action"]
        self.requests.append((action, content))
        if handler := self.aws.get(action):
            return handler(content)
        if action == "GetParameter":
            return as_json({"Parameter": {"Value": "pass\nword's"}})
        if action == "GetAuthorizationToken":
            return as_json({"authorizationData": [{"authorizationToken": "QVdTOnBhc3M="}]})
        assert url.startswith("https://")
        return as_json({})

    def sent(self, action: str) -> list[Any]:
        return [content for name, content in self.requests if name == action]

    def path(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def free_bytes(self, path: str) -> int:
        del path
        return self.free

    def now(self) -> float:
        return self.clock

    def sleep(self, seconds: float) -> None:
        self.clock += seconds

    def say(self, message: str) -> None:
        self.said.append(message)

    def write(self, path: str, text: str) -> None:
        self.path(path).parent.mkdir(parents=True, exist_ok=True)
        self.path(path).write_text(text, encoding="utf-8")


@pytest.fixture
def fake_host(tmp_path: Path) -> FakeHost:
    return FakeHost(tmp_path)


@pytest.fixture
def release() -> str:
    return RELEASE


@pytest.fixture
def next_release() -> str:
    return NEXT_RELEASE


@pytest.fixture
def settle(fake_host: FakeHost) -> Callable[[HostConfig], FakeHost]:
    """Give the fake host the settings that its user data would write."""

    def write(config: HostConfig) -> FakeHost:
        fake_host.write("/etc/cdinfra/host.json", build_settings(config))
        return fake_host

    return write


@pytest.fixture
def host(settle: Callable[[HostConfig], FakeHost], config: HostConfig) -> FakeHost:
    """The fake host with the settings of most tests."""
    return settle(config)


@pytest.fixture
def run(
    fake_host: FakeHost, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, dict[str, Any]]]:
    """Run the agent on the fake host: its exit code and its result, ``run("status")``."""

    def call(*argv: str) -> tuple[int, dict[str, Any]]:
        code = main(argv, fake_host)  # type: ignore[arg-type] # has System's methods
        return code, json.loads(capsys.readouterr().out.splitlines()[-1])

    return call


@pytest.fixture
def config() -> HostConfig:
    """A host like the ones in most tests."""
    return HostConfig(
        app="shop",
        env="dev",
        stack="web",
        deploy_group="shop-web",
        operating_system=OperatingSystem.DEBIAN_12,
        signal=Signal(logical_id="Hosts"),
        log_group="/cdinfra/shop/dev/web",
        container=Container(
            ports=(PortMapping(host=80, container=8080),),
            environment={"MOTD": "line one\nline 'two' $(reboot)"},
            secrets=(Secret(name="DB_PASSWORD", id="/shop/dev/web/db-password"),),
            health=HttpHealthCheck(path="/health"),
        ),
    )
