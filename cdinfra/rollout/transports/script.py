"""The shell script that runs a program on a host, the same for every transport; pure."""

import shlex
from collections.abc import Sequence

SSH_FAILED = 255
"""What ssh itself ends with where it fails. Source: ssh(1), EXIT STATUS."""

REBOOT = 194
"""What makes the SSM agent reboot the host.

Source: Systems Manager user guide, "Rebooting your managed node from scripts".
"""


def build_script(words: Sequence[str], *, last_line: bool) -> str:
    """Return a script for ``sh`` that ends with the exit code of a program.

    Two exit codes mean something else to those who carry the script: a program that ends with
    one of them is told to have ended with the number below it.

    Args:
        words: The program and its arguments, which arrive exactly so.
        last_line: Whether only the last line of its stdout is wanted; else stdout and stderr
            come as they were written.
    """
    program = shlex.join(words)
    if last_line:
        run = f"said=$({program} 2>/dev/null)\ncode=$?\nprintf '%s\\n' \"$said\" | tail -n 1"
    else:
        run = f"{program} 2>&1\ncode=$?"
    return f'{run}\ncase $code in {SSH_FAILED}|{REBOOT}) code=$((code - 1));; esac\nexit "$code"\n'
