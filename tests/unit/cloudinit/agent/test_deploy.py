"""What a host does when a deployer asks it: deploy, status, drain, prune."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cdinfra.cloudinit.agent.main import main
from cdinfra.cloudinit.agent.system import Answer, Ran

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import FakeHost

    Run = Callable[..., tuple[int, dict[str, Any]]]


def test_an_older_generation_is_refused_and_changes_nothing(
    host: FakeHost, run: Run, release: str, next_release: str
) -> None:
    run("deploy", release, "--generation", "7")
    before = list(host.engine.history)
    code, result = run("deploy", next_release, "--generation", "6")
    assert (code, result["outcome"]) == (3, "refused")
    assert result["message"] == "generation 6 is older than 7, which was here"
    assert host.engine.history == before


def test_a_failed_deploy_keeps_the_old_release_and_the_new_generation(
    host: FakeHost, run: Run, release: str, next_release: str
) -> None:
    run("converge")
    rules = host.rules
    host.engine.dies.add(next_release)
    code, result = run("deploy", next_release, "--generation", "7")
    assert (code, result["outcome"]) == (1, "failed")
    assert result["message"] == "the container ended with exit code 1"
    assert result["log"] == ["boom: no database"]
    (old,) = host.engine.containers.values()
    assert (old["body"]["Image"], old["running"], host.rules) == (release, True, rules)
    assert run("deploy", next_release, "--generation", "6")[1]["outcome"] == "refused"
    assert run("converge")[1] == {
        "verb": "converge",
        "outcome": "unchanged",
        "release": release,
        "previous": release,
        "seconds": 0.0,
    }


def test_a_deploy_outlives_a_reboot_of_a_host_whose_tags_are_stale(
    host: FakeHost, run: Run, next_release: str
) -> None:
    run("deploy", next_release, "--generation", "7")
    host.rules = ""
    code, result = run("converge", "--signal")
    assert (code, result["outcome"], result["release"]) == (0, "unchanged", next_release)


def test_tags_of_a_newer_generation_win_over_the_last_deploy(
    host: FakeHost, run: Run, release: str, next_release: str
) -> None:
    run("deploy", next_release, "--generation", "7")
    host.tags = {"cdinfra:release": release, "cdinfra:generation": "8"}
    assert run("converge")[1]["release"] == release


@pytest.mark.parametrize(
    "image",
    [
        "web:latest",
        "web@sha256:abc",
        "",
        *(name + "@sha256:" + "a" * 64 for name in ("-f", "a b", "a/../../version", "a//b")),
    ],
)
def test_only_an_image_by_digest_is_deployed(host: FakeHost, run: Run, image: str) -> None:
    code, result = run("deploy", "--generation", "1", "--", image)
    assert (code, result["outcome"]) == (2, "invalid")
    assert not host.engine.history


def test_the_same_release_is_started_anew_only_when_asked(
    host: FakeHost, run: Run, release: str
) -> None:
    run("converge")
    (first,) = host.engine.containers
    assert run("deploy", release, "--generation", "1")[1]["outcome"] == "unchanged"
    assert run("deploy", release, "--generation", "1", "--again")[1]["outcome"] == "changed"
    (second,) = host.engine.containers
    assert first != second


def test_old_connections_get_their_drain_time(host: FakeHost, run: Run, next_release: str) -> None:
    """Also one in its handshake, and one whose answer is still on its way."""
    run("converge")
    lines = iter(
        ["a SYN_RECV b\na ESTABLISHED b\n", "a CLOSE_WAIT b\n", "a TIME_WAIT b\na CLOSE b\n"]
    )
    host.programs["conntrack"] = lambda argv, _stdin: Ran(
        0, next(lines) if "-L" in argv else "", ""
    )
    before = host.clock
    run("deploy", next_release, "--generation", "1")
    counts = [argv for argv, _ in host.ran if argv[:2] == ["conntrack", "-L"]]
    assert counts[0][-1] == "198.18.0.2"
    assert len(counts) == 3
    assert host.clock - before == pytest.approx(1 + 2 * 0.5)


def test_datagrams_go_to_the_new_container_before_the_old_one_stops(
    host: FakeHost, run: Run, next_release: str
) -> None:
    run("converge")
    seen: list[tuple[str, str]] = []

    def conntrack(argv: list[str], _stdin: str) -> Ran:
        if "-D" in argv:
            seen.append((" ".join(argv[2:]), host.engine.history[-1].split()[0]))
        return Ran(0, "", "")

    host.programs["conntrack"] = conntrack
    run("deploy", next_release, "--generation", "1")
    assert seen == [("-p udp --reply-src 198.18.0.2", "nft")]


def test_a_port_that_is_used_again_meets_no_ended_connection_when_a_container_ends(
    host: FakeHost, run: Run
) -> None:
    """Docker would forget the new connection together with the ended one."""
    run("converge")
    programs = [argv for argv, _ in host.ran if argv[0] in ("sysctl", "nft")]
    setting = "net.netfilter.nf_conntrack_tcp_timeout_time_wait=0"
    assert ["sysctl", "-q", "-w", setting] in programs
    assert programs.index(["sysctl", "-q", "-w", setting]) < programs.index(["nft", "-f", "-"])


def test_a_drain_ends_at_its_time_and_says_what_is_left(host: FakeHost, run: Run) -> None:
    run("converge")
    host.programs["conntrack"] = lambda _argv, _stdin: Ran(0, "tcp 1\n", "")
    code, result = run("drain", "--seconds", "10")
    assert (code, result["outcome"], result["connections"], result["seconds"]) == (
        0,
        "drained",
        1,
        10.0,
    )
    assert "dnat to" not in host.rules


def test_the_timer_leaves_a_drained_host_drained_until_the_next_deploy(
    host: FakeHost, run: Run, next_release: str
) -> None:
    run("converge")
    run("drain")
    assert run("converge", "--signal")[1]["outcome"] == "drained"
    assert "dnat to" not in host.rules
    run("deploy", next_release, "--generation", "1")
    assert "dnat to" in host.rules
    assert run("converge", "--signal")[1]["outcome"] == "unchanged"


def test_status_tells_desired_and_running(host: FakeHost, run: Run, release: str) -> None:
    code, before = run("status")
    assert (code, before["current"], before["containers"]) == (0, False, [])
    run("converge")
    status = run("status")[1]
    assert status["current"]
    assert status["desired"] == release
    assert status["instance"] == "i-0123456789abcdef0"
    assert status["deploy_group"] == "shop-web"
    (container,) = status["containers"]
    assert (container["release"], container["problem"]) == (release, "")
    assert container["started"] == "2026-11-24T07:49:57.1Z"
    assert (status["uptime_seconds"], status["sidecars"]) == (0, [])
    host.app = lambda _url: Answer(502, {}, b"bad")
    assert run("status")[1]["containers"][0]["problem"] == "GET /health answered 502: bad"


def images_of(host: FakeHost) -> list[str]:
    return [name[-1] for image in host.engine.images for name in image["RepoDigests"]]


def deploy_in_turn(run: Run, release: str, digits: str, *more: str) -> list[str]:
    names = [release[:-64] + digit * 64 for digit in digits]
    for number, name in enumerate(names, 1):
        assert run("deploy", name, "--generation", str(number), *more)[0] == 0
    return names


def test_after_a_swap_the_last_three_releases_stay(
    host: FakeHost, run: Run, release: str, next_release: str
) -> None:
    deploy_in_turn(run, release, "12345")
    assert images_of(host) == ["3", "4", "5"]
    host.engine.dies.add(next_release)
    assert run("deploy", next_release, "--generation", "9")[0] == 1
    assert images_of(host) == ["3", "4", "5", "b"]


def test_going_back_needs_no_registry(host: FakeHost, run: Run, release: str) -> None:
    names = deploy_in_turn(run, release, "123")
    host.engine.pull_error = "registry down"
    run("prune", "--keep", "0")
    assert images_of(host) == ["2", "3"]
    assert run("deploy", names[1], "--generation", "9")[1]["outcome"] == "changed"
    run("prune", "--keep", "0")
    assert images_of(host) == ["2", "3"]


def test_what_the_history_needs_stays_also_after_a_reboot(
    host: FakeHost, run: Run, release: str
) -> None:
    oldest = release[:-64] + "1" * 64
    deploy_in_turn(run, release, "12345", "--keep-image", oldest)
    assert images_of(host) == ["1", "3", "4", "5"]
    host.tags = {"cdinfra:release": release, "cdinfra:generation": "9"}
    assert run("converge", "--signal")[1]["outcome"] == "changed"
    assert images_of(host) == ["1", "4", "5", "a"]


def test_prune_removes_what_did_not_run_here_and_nothing_of_others(
    host: FakeHost, run: Run, release: str
) -> None:
    """The date of an image says nothing: reproducible builds all have the same."""
    run("converge")
    names = [release[:-64] + digit * 64 for digit in "67"]
    for name in (*names, "postgres@sha256:" + "9" * 64):
        host.engine.images.append({"Id": name, "RepoDigests": [name], "Created": 0})
    host.engine.images.append({"Id": "sha256:y", "RepoDigests": None, "Created": 0})
    used = {"Id": f"sha256:{release[-8:]}", "RepoDigests": [release[:-64] + "8" * 64], "Created": 0}
    host.engine.images.append(used)
    _, result = run("prune", "--keep-image", names[0])
    assert result["removed"] == [names[1]]


def test_an_image_that_cannot_be_removed_keeps_no_other(
    host: FakeHost, run: Run, release: str
) -> None:
    run("converge")
    names = [release[:-64] + digit * 64 for digit in "678"]
    for name in names:
        host.engine.images.append({"Id": name, "RepoDigests": [name], "Created": 0})
    answer = host.engine.answer

    def refuse(method: str, target: str, *rest: Any) -> Answer:
        if method == "DELETE" and target.endswith("7" * 64):
            return Answer(409, {}, b'{"message": "it is in use"}')
        return answer(method, target, *rest)

    host.engine.answer = refuse  # type: ignore[method-assign] # as the engine may answer
    code, result = run("prune")
    assert (code, result["removed"]) == (0, [names[0], names[2]])
    assert "Docker: it is in use" in host.said


def test_an_image_that_cannot_be_removed_does_not_fail_the_swap(
    host: FakeHost, run: Run, release: str
) -> None:
    answer = host.engine.answer

    def refuse(method: str, target: str, *rest: Any) -> Answer:
        if method == "DELETE" and target.startswith("/images"):
            return Answer(409, {}, b'{"message": "it is in use"}')
        return answer(method, target, *rest)

    host.engine.answer = refuse  # type: ignore[method-assign] # as the engine may answer
    deploy_in_turn(run, release, "12345")
    assert "Docker: it is in use" in host.said


def test_the_exit_code_of_a_wrong_command_line_is_2(
    host: FakeHost, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["explode"], host)  # type: ignore[arg-type] # has System's methods
    assert stop.value.code == 2
    assert "explode" in capsys.readouterr().err
