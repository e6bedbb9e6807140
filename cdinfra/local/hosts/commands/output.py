"""What of a command's output is shown, cut as the SSM agent and the service cut it.

Source: amazon-ssm-agent, ``agent/framework/processor/executer/iohandler/iohandler.go`` and
``agent/plugins/pluginutil/pluginutil.go``; SSM API reference, ``GetCommandInvocation``.
"""

STDOUT_BYTES = 24_000
STDERR_BYTES = 8_000
"""``GetCommandInvocation`` shows so much of either."""

SUFFIX = b"--output truncated--"

PLUGIN_BYTES = 2_500
"""``ListCommandInvocations`` shows so much of both together."""

ERROR_TITLE = b"\n----------ERROR-------\n"
OUTPUT_CUT = b"\n---Output truncated---"
ERROR_CUT = b"\n---Error truncated----"


def shown(output: bytes, limit: int) -> str:
    """Return the beginning of an output; one that is cut ends in saying so.

    Args:
        output: What was written, or its first ``limit`` bytes.
        limit: In bytes. What is exactly as long is cut, too.
    """
    if len(output) >= limit:
        output = output[: limit - len(SUFFIX)] + SUFFIX
    return output.decode(errors="replace")


def shown_together(stdout: bytes, stderr: bytes) -> str:
    """Return stdout and stderr as one text of at most ``PLUGIN_BYTES`` bytes.

    Args:
        stdout: What was written there, or its first ``PLUGIN_BYTES`` bytes.
        stderr: What was written there, or its first ``PLUGIN_BYTES`` bytes.
    """
    title = ERROR_TITLE if stderr else b""
    space = PLUGIN_BYTES - len(title)
    if len(stdout) + len(stderr) < space:
        parts = [stdout, title, stderr]
    elif len(stdout) > space // 2 and len(stderr) > space // 2:
        half = (space - len(ERROR_CUT) - len(OUTPUT_CUT)) // 2
        parts = [stdout[:half], OUTPUT_CUT, title, stderr[:half], ERROR_CUT]
    elif len(stdout) <= space // 2:
        left = space - len(ERROR_CUT) - len(stdout)
        parts = [stdout, title, stderr[:left], ERROR_CUT]
    else:
        left = space - len(OUTPUT_CUT) - len(stderr)
        parts = [stdout[:left], OUTPUT_CUT, title, stderr]
    return b"".join(parts).decode(errors="replace")
