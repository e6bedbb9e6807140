import subprocess
import zipfile
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def test_the_wheel_ships_one_top_level_name(wheel: Path) -> None:
    names = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in names if not name.endswith(".dist-info")} == {"cdinfra"}


def test_the_wheel_ships_every_module_of_the_repository(wheel: Path) -> None:
    shipped = set(zipfile.ZipFile(wheel).namelist())
    folders = {"cdinfra": "cdinfra", "stacks": "cdinfra/stacks", "cloudinit": "cdinfra/cloudinit"}
    expected = {
        f"{target}/{path.relative_to(REPOSITORY / folder).as_posix()}"
        for folder, target in folders.items()
        for path in (REPOSITORY / folder).rglob("*.py")
    }
    assert expected
    assert expected <= shipped


def test_an_installed_wheel_offers_the_stack_classes_and_the_user_data(fresh_python: Path) -> None:
    script = (
        "import cdinfra.stacks, cdinfra.cloudinit, importlib.util as u;"
        "assert cdinfra.stacks.DockerHosts and cdinfra.cloudinit.host_user_data;"
        "assert u.find_spec('stacks') is None and u.find_spec('cloudinit') is None;"
        "print(cdinfra.stacks.__name__, cdinfra.__file__)"
    )
    output = _run(str(fresh_python), "-I", "-c", script)
    assert "cdinfra.stacks" in output
    assert str(fresh_python.parents[1]) in output


def test_an_installed_wheel_builds_the_example_app(fresh_python: Path, tmp_path: Path) -> None:
    source = REPOSITORY / "examples" / "shop" / "infra.py"
    (tmp_path / "infra.py").write_text(source.read_text())
    command = str(fresh_python.with_name("cdinfra"))
    output = _run(command, "template", "web", "--file", str(tmp_path / "infra.py"))
    assert "AWS::AutoScaling::AutoScalingGroup" in output


def _run(*command: str) -> str:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout
