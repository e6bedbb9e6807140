"""The README's commands, as a person types them: the Makefile's stack targets."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = REPOSITORY / "examples" / "shop" / "infra.py"
VENV = Path(sys.prefix)

made_by_make = pytest.mark.skipif(
    not (VENV / ".runtime").exists(), reason="the virtual environment was not made by make"
)

Make = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shop")


@pytest.fixture(scope="module")
def make(folder: Path) -> Iterator[Make]:
    environment = {
        "PATH": os.environ["PATH"],
        "CDINFRA_HOSTS": "off",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "CDINFRA_STATE": str(folder / "state"),
    }

    def run(
        target: str, infra: Path = folder / "infra.py", /, *settings: str
    ) -> subprocess.CompletedProcess[str]:
        command = ["make", "-s", "-C", str(REPOSITORY), f"VENV={VENV}", f"FILE={infra}", target]
        return subprocess.run(
            [*command, *settings],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )

    yield run
    subprocess.run(
        [str(VENV / "bin" / "cdinfra"), "local", "down"], env=environment, check=True, cwd=folder
    )


@pytest.fixture(scope="module")
def infra(folder: Path) -> Path:
    copy = folder / "infra.py"
    copy.write_text(EXAMPLE.read_text())
    return copy


def edit(infra: Path, *replacements: tuple[str, str]) -> None:
    text = infra.read_text()
    for before, after in replacements:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    infra.write_text(text)


@made_by_make
@pytest.mark.parametrize(
    ("target", "settings", "missing"),
    [
        ("deploy", (), "GROUP= and IMAGE= are needed"),
        ("deploy", ("GROUP=web",), "GROUP= and IMAGE= are needed"),
        ("rollback", (), "GROUP= is needed"),
    ],
)
def test_what_a_rollout_needs_is_asked_for(
    make: Make, infra: Path, target: str, settings: tuple[str, ...], missing: str
) -> None:
    done = make(target, infra, *settings)
    assert done.returncode == 2
    assert missing in done.stderr


@made_by_make
def test_deploy_and_rollback_hand_on_what_they_are_given(make: Make, infra: Path) -> None:
    deploy = make("deploy", infra, "GROUP=web", "IMAGE=:1.4.2", "ARGS=--yes", "--dry-run")
    assert f"deploy --file {infra} --env dev --cloud local --yes -- 'web' ':1.4.2'" in deploy.stdout
    rollback = make("rollback", infra, "GROUP=web", "N=12", "--dry-run")
    assert f"rollback --file {infra} --env dev --cloud local  -- 'web' 12" in rollback.stdout


@made_by_make
class TestTheStackTargets:
    """One story, in the order in which the tests stand."""

    def test_stack_up_makes_every_stack_of_the_example(self, make: Make, infra: Path) -> None:
        done = make("stack-up", infra)
        assert done.returncode == 0, done.stderr
        assert "5 stacks: 5 created" in done.stdout
        assert "web.LoadBalancerUrl" in done.stdout
        hosts = [line.split() for line in done.stdout.splitlines() if " i-" in line]
        assert sorted(host[0] for host in hosts) == ["shop-dev-web"] * 2 + ["shop-dev-worker"]
        assert "Starting the local cloud" in done.stderr

    def test_a_second_stack_up_says_that_nothing_changes(self, make: Make, infra: Path) -> None:
        done = make("stack-up", infra)
        assert done.stdout.strip() == "Nothing changes: 5 stacks are up to date."

    def test_an_edit_is_shown_property_by_property_and_then_done(
        self, make: Make, infra: Path
    ) -> None:
        edit(
            infra,
            ("zones=2", "zones=3"),
            ("Capacity(minimum=2, maximum=4)", "Capacity(minimum=3, maximum=6)"),
            (
                "Capacity(minimum=1, maximum=2)",
                'Capacity(minimum=1), instance=Instance(type="t3.large")',
            ),
            ("Foundation, ", "Foundation, Instance, "),
        )
        shown = make("stack-diff", infra).stdout
        assert "+ PublicSubnet3" in shown
        assert "~ MinSize  2 → 3" in shown
        assert "~ LaunchTemplateData.InstanceType  t3.small → t3.large" in shown
        done = make("stack-up", infra)
        assert done.returncode == 0, done.stderr
        assert "3 updated, 2 unchanged" in done.stdout
        hosts = [line.split() for line in done.stdout.splitlines() if " i-" in line]
        assert sorted((host[0], host[3]) for host in hosts) == [
            *[("shop-dev-web", "t3.small")] * 3,
            ("shop-dev-worker", "t3.large"),
        ]
        assert "Nothing changes" in make("stack-up", infra).stdout

    def test_stack_narrows_to_one_stack(self, make: Make, infra: Path) -> None:
        edit(infra, ("/health", "/healthy"), ('command=("worker",)', 'command=("worker", "-v")'))
        done = make("stack-up", infra, "STACK=worker")
        assert "1 stack: 1 updated" in done.stdout
        assert "1 to update, 4 unchanged" in make("stack-diff", infra).stdout

    def test_env_redirects_to_stacks_of_their_own(self, make: Make, infra: Path) -> None:
        done = make("stack-up", infra, "ENV=staging")
        assert "5 stacks: 5 created" in done.stdout
        assert "shop-staging-web" in done.stdout
        assert "5 stacks: 5 deleted" in make("stack-down", infra, "ENV=staging").stdout

    def test_a_stack_less_is_deleted(self, make: Make, infra: Path) -> None:
        text = infra.read_text()
        start = text.index('    app.add(\n        DockerHosts(\n            "worker"')
        infra.write_text(text[:start] + "    return app\n")
        assert "- delete worker" in make("stack-diff", infra).stdout
        done = make("stack-up", infra)
        assert "1 updated, 1 deleted, 3 unchanged" in done.stdout

    def test_an_account_is_not_touched_without_being_asked_for(
        self, make: Make, infra: Path
    ) -> None:
        done = make("stack-up", infra, "CLOUD=aws")
        assert done.returncode == 2
        assert "--yes: is needed" in done.stderr

    def test_stack_down_removes_it_all(self, make: Make, infra: Path) -> None:
        done = make("stack-down", infra)
        assert "4 stacks: 4 deleted" in done.stdout
        assert "Nothing to do" in make("stack-down", infra).stdout
