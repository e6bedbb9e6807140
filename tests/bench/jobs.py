"""What every program is given to do: the same job, the same template, the same local cloud."""

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from peers import Peer
from timing import Command, JobFailedError, Timing, time_command

from cdinfra.deploy.load import load_app

PROJECTS = Path(__file__).parent / "projects"
TWENTY = {"BENCH_STACKS": "20"}

Words = Callable[[str], list[str]]
"""Returns a command line for a stack of a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One run of the benchmark.

    Attributes:
        folder: A copy of the projects, free to be written into.
        environ: The environment that leads every program to the local cloud.
        cdinfra: The program under test.
        python: The Python beside it, which has click and troposphere.
        peers: The others, by name.
        runs: How often each figure is taken.
    """

    folder: Path
    environ: Mapping[str, str]
    cdinfra: Path
    python: Path
    peers: Mapping[str, Peer]
    runs: int

    def version(self) -> Mapping[str, Timing | str]:
        """Time who prints its version."""
        bare = PROJECTS / "troposphere" / "bare_click.py"
        return {
            "cdinfra": self._time("cdinfra", [str(self.cdinfra), "--version"]),
            "bare": self._time("troposphere", [str(self.python), str(bare), "--version"]),
            **self._peers(lambda program: [program, "--version"]),
        }

    def generate(self) -> Mapping[str, Timing | str]:
        """Time who writes the templates of twenty stacks."""
        return {
            "cdinfra": self._time(
                "cdinfra", [str(self.cdinfra), "template", "--to", "out"], TWENTY
            ),
            "bare": self._time("troposphere", [str(self.python), "twenty.py", "out"]),
            "sceptre": self._peer("sceptre", ["generate", "twenty"]),
            "cdk": self._peer("cdk", ["synth", "--quiet", "--no-version-reporting"], TWENTY),
        }

    def lint(self, templates: int) -> Mapping[str, Timing | str]:
        """Time who lints so many of the example's templates."""
        files = sorted((self.folder / "linted").glob("*.json"))[:templates]
        names = [str(each) for each in files]
        cfn_lint = str(self.python.with_name("cfn-lint"))
        return {
            "cdinfra": self._time("linted", [str(self.cdinfra), "lint", *names]),
            "cfn-lint": self._time("linted", [cfn_lint, *names]),
        }

    def create(self) -> Mapping[str, Timing | str]:
        """Time who creates one stack, a new one each time."""
        return self._deployed(lambda number: f"new-{number}")

    def unchanged(self) -> Mapping[str, Timing | str]:
        """Time who finds out that nothing changes; the run that is not counted creates it."""
        return self._deployed(lambda _: "same")

    def _deployed(self, suffix: Callable[[int], str]) -> Mapping[str, Timing | str]:
        numbers = count()

        def name_of(program: str) -> str:
            return f"bench-{program}-{suffix(next(numbers))}"

        return {
            "cdinfra": self._time(
                "cdinfra", [str(self.cdinfra), "up"], name=lambda: name_of("cdinfra")
            ),
            "aws": self._peer("aws", [*_AWS], name=lambda: name_of("aws")),
            "sam": self._peer("sam", [*_SAM], name=lambda: name_of("sam")),
            "sceptre": self._peer(
                "sceptre", ["launch", "--yes", "one.yaml"], name=lambda: name_of("sceptre")
            ),
            "cdk": self._peer("cdk", [*_CDK], name=lambda: name_of("cdk")),
        }

    def _peers(self, words: Callable[[str], list[str]]) -> Mapping[str, Timing | str]:
        return {name: self._peer(name, words("")[1:]) for name in self.peers}

    def _peer(
        self,
        peer: str,
        arguments: list[str],
        extra: Mapping[str, str] | None = None,
        *,
        name: Callable[[], str] = lambda: "bench",
    ) -> Timing | str:
        program = self.peers[peer].program
        if program is None:
            return "not installed"
        return self._time(peer, [str(program), *arguments], extra, name=name)

    def _time(
        self,
        project: str,
        words: list[str],
        extra: Mapping[str, str] | None = None,
        *,
        name: Callable[[], str] = lambda: "bench",
    ) -> Timing | str:
        folder = self.folder / project

        def command(_: int) -> Command:
            stack = name()
            environ = {**self.environ, "BENCH_NAME": stack, **(extra or {})}
            named = [stack if word == "NAME" else word for word in words]
            return Command(words=named, folder=folder, environ=environ)

        try:
            # aws names its change sets by the second, and leaves empty ones behind.
            return time_command(command, self.runs, pause=1.1 if project == "aws" else 0.0)
        except JobFailedError as error:
            return f"failed: {error}"[:200]


_AWS = (
    "cloudformation",
    "deploy",
    "--template-file",
    "template.json",
    "--stack-name",
    "NAME",
    "--no-fail-on-empty-changeset",
)
_SAM = (
    "deploy",
    "--template-file",
    "template.json",
    "--stack-name",
    "NAME",
    "--no-confirm-changeset",
    "--no-fail-on-empty-changeset",
    "--region",
    "eu-central-1",
)
_CDK = ("deploy", "--require-approval", "never", "--no-version-reporting", "--ci", "--quiet")


def copy_projects(folder: Path, peers: Mapping[str, Peer]) -> None:
    """Copy the projects into a folder, and complete them with what is generated.

    Args:
        folder: The folder.
        peers: The other programs.
    """
    shutil.copytree(PROJECTS, folder, dirs_exist_ok=True)
    template = folder / "template.json"
    for project in ("aws", "sam", "sceptre/templates"):
        (folder / project).mkdir(parents=True, exist_ok=True)
        shutil.copy(template, folder / project / "template.json")
    twenty = folder / "sceptre" / "config" / "twenty"
    twenty.mkdir(parents=True)
    for number in range(20):
        config = "template:\n  path: small.py\n  type: file\n"
        (twenty / f"stack-{number}.yaml").write_text(config, encoding="utf-8")
    example = PROJECTS.parents[2] / "examples" / "shop" / "infra.py"
    app = load_app(example, "dev")
    (folder / "linted").mkdir()
    for template in app.build():
        (folder / "linted" / f"{template.name}.json").write_text(template.body, encoding="utf-8")
    cdk = peers["cdk"].program
    if cdk is not None:
        (folder / "cdk" / "node_modules").symlink_to(cdk.parents[1])


def cloud_environ(endpoint_url: str, state_dir: Path) -> dict[str, str]:
    """Return an environment in which every program reaches the local cloud and nothing else."""
    kept = ("PATH", "HOME", "LANG")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_REGION": "eu-central-1",
        "AWS_PAGER": "",
        "CDINFRA_STATE": str(state_dir),
        "SAM_CLI_TELEMETRY": "0",
        "CDK_DISABLE_CLI_TELEMETRY": "1",
        "NO_COLOR": "1",
    }
