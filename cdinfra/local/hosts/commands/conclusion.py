"""What an exit code makes of an invocation, as the SSM agent reads it.

Source: amazon-ssm-agent, ``agent/plugins/pluginutil/pluginutil_unix.go`` (``GetStatus``),
``agent/plugins/runscript/runscript.go``, ``agent/framework/runpluginutil/runpluginutil.go``.
"""

from dataclasses import dataclass

from cdinfra.local.hosts.commands.statuses import State

STOPPED = 137
"""Exit code of what was killed, for whatever reason: to the agent it ran out of time."""

REBOOT = 194
"""Exit code that asks the agent to reboot the host, and to run the script again."""

SUCCESS_AND_EXIT = 168
"""Exit code of a success after which no further step runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """How an invocation ended.

    Attributes:
        state: Its state.
        response_code: Its response code.
        added_to_stdout: What stands after what the script wrote to stdout.
        added_to_stderr: What stands after what it wrote to stderr.
    """

    state: State
    response_code: int
    added_to_stdout: bytes = b""
    added_to_stderr: bytes = b""


def conclude(exit_code: int) -> Conclusion:
    """Return how an invocation ended whose script ended by itself.

    Args:
        exit_code: Exit code of the script.
    """
    match exit_code:
        case 0:
            return Conclusion(state=State.SUCCESS, response_code=0)
        case 168:
            return Conclusion(
                state=State.SUCCESS,
                response_code=SUCCESS_AND_EXIT,
                added_to_stdout=b"\nStep exited with code 168. Therefore, marking step as "
                b"Succeeded. Further document steps will be skipped.",
            )
        case 137:
            return Conclusion(state=State.EXECUTION_TIMED_OUT, response_code=STOPPED)
        case 194:
            return Conclusion(
                state=State.FAILED,
                response_code=REBOOT,
                added_to_stderr=b"exit status 194 asks for a reboot, which the local cloud "
                b"does not do",
            )
        case _:
            return Conclusion(
                state=State.FAILED,
                response_code=exit_code,
                added_to_stderr=f"failed to run commands: exit status {exit_code}".encode(),
            )
