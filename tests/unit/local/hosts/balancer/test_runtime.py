from cdinfra.local.hosts.balancer.runtime import (
    LINE_BYTES,
    Server,
    ServerState,
    Traffic,
    build_commands,
    command_lines,
    read_observation,
    server_settings,
)

SERVER = Server(backend="web", name="i-1:80", address="10.0.0.1", port=80)
PLAIN = "check inter 30s rise 5 fall 2"
ANSWER = """Name: HAProxy
Pid: 42

1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight
3 web 1 i-1:80 10.0.0.1 2 0 1
3 web 2 i-2:80 10.0.0.2 0 8 1
3 web 3 i-3:80 10.0.0.3 0 1 1

# pxname,svname,scur,status,check_status,check_code,
web,i-1:80,3,UP,L7OK,200,
web,i-2:80,0,DOWN 1/2,* L7STS,500,
web,i-3:80,,MAINT,L4CON,,

"""


def test_what_haproxy_says_is_read() -> None:
    seen = read_observation(ANSWER)
    assert seen is not None
    assert seen.worker == 42
    assert seen.servers == {
        "web/i-1:80": ServerState(
            backend="web", name="i-1:80", sessions=3, check="L7OK", check_status=200
        ),
        "web/i-2:80": ServerState(
            backend="web",
            name="i-2:80",
            status="DOWN 1/2",
            admin=8,
            check="L7STS",
            check_status=500,
        ),
        "web/i-3:80": ServerState(
            backend="web", name="i-3:80", status="MAINT", admin=1, check="L4CON"
        ),
    }
    one, two, three = seen.servers.values()
    assert [each.is_up for each in (one, two, three)] == [True, False, False]
    assert [each.is_drained for each in (one, two, three)] == [False, True, True]
    assert [each.passed for each in (one, two, three)] == [True, False, False]


def test_what_is_no_answer_is_none() -> None:
    assert read_observation("") is None
    assert read_observation("Pid: 1\n") is None


def test_a_new_server_is_never_trusted_before_it_was_told_to_be() -> None:
    add = f"add server web/i-1:80 10.0.0.1:80 {PLAIN}"
    begin = [add, "enable health web/i-1:80", "set server web/i-1:80 state drain"]
    first = Server(backend="web", name="i-1:80", address="10.0.0.1", port=80, traffic=Traffic.NONE)
    assert [*build_commands([first], {})] == begin
    assert [*build_commands([SERVER], {})] == [
        *begin,
        "set server web/i-1:80 health up",
        "set server web/i-1:80 state ready",
    ]
    bad = Server(backend="web", name="i-1:80", address="10.0.0.1", port=80, sound=False)
    assert "set server web/i-1:80 health down" in [*build_commands([bad], {})]


def test_a_server_that_is_as_it_shall_be_is_left_alone() -> None:
    state = ServerState(backend="web", name="i-1:80", status="DOWN")
    assert [*build_commands([SERVER], {state.path: state})] == []


def test_a_server_that_shall_rest_is_drained_and_comes_back() -> None:
    up = ServerState(backend="web", name="i-1:80")
    rests = Server(backend="web", name="i-1:80", address="10.0.0.1", port=80, traffic=Traffic.NONE)
    drain = "set server web/i-1:80 state drain"
    assert [*build_commands([rests], {up.path: up})] == [drain]
    resting = ServerState(backend="web", name="i-1:80", status="DOWN", admin=8)
    assert [*build_commands([rests], {up.path: resting})] == []
    assert [*build_commands([SERVER], {up.path: resting})][-1] == (
        "set server web/i-1:80 state ready"
    )


def test_a_server_that_nobody_wants_is_removed() -> None:
    state = ServerState(backend="web", name="i-9:80", sessions=1)
    assert [*build_commands([], {state.path: state})] == [
        "set server web/i-9:80 state maint",
        "shutdown sessions server web/i-9:80",
        "disable health web/i-9:80",
        "del server web/i-9:80",
    ]


def test_settings_of_a_server_name_the_check_and_tls() -> None:
    assert server_settings(SERVER) == PLAIN
    other = Server(
        backend="b", name="s", address="10.0.0.1", port=443, check_port=81, check_tls=True
    )
    assert server_settings(other) == f"{PLAIN} port 81 check-ssl verify none"
    tls = Server(backend="b", name="s", address="10.0.0.1", port=443, tls=True, check_tls=True)
    assert server_settings(tls) == f"{PLAIN} ssl verify none"


def test_commands_are_joined_to_lines_that_can_be_read() -> None:
    commands = [f"del server web/i-{number}:80" for number in range(1000)]
    lines = [*command_lines(commands)]
    assert len(lines) > 1
    assert max(map(len, lines)) <= LINE_BYTES
    assert ";".join(lines).split(";") == commands
