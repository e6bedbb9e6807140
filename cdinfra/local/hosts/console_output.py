"""``ec2:GetConsoleOutput`` tells what the hosts' consoles said, not what moto makes up."""

from collections.abc import Callable, Mapping
from typing import Any

ConsoleOf = Callable[[str], bytes]
"""``(instance id)``: the end of what its console said; nothing where it was never booted."""


def install(console: ConsoleOf) -> None:
    """Replace moto's answer for this process.

    Args:
        console: Tells what a console said.
    """
    # moto takes half a second to import, and only the local cloud's process needs it.
    from moto.core.responses import ActionResult  # noqa: PLC0415
    from moto.core.types import Base64EncodedString  # noqa: PLC0415
    from moto.core.utils import utcnow  # noqa: PLC0415
    from moto.ec2.responses.general import General  # noqa: PLC0415

    def get_console_output(self: Any) -> Any:  # noqa: ANN401 - moto's own types
        instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
        said = console(instance.id)
        result: Mapping[str, Any] = {"InstanceId": instance.id, "Timestamp": utcnow()}
        if said:
            text = said.decode(errors="replace")
            result = {**result, "Output": Base64EncodedString.from_raw_string(text)}
        return ActionResult(result)

    General.get_console_output = get_console_output
