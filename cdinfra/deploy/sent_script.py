"""A script on its way to any number of hosts by SSM Run Command, in commands of 50 hosts each.

Nothing waits in here. What may pass (throttling, a service that answers nothing) ends
nothing: what is known stays known, and the next look asks again.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from cdinfra.aws.cloud import CommandApi
from cdinfra.aws.commands import MOST_INSTANCES, CommandStatus, Invocation, SentCommand
from cdinfra.aws.failures import error_code, is_passing
from cdinfra.errors import CloudError

_NOT_BEGUN = frozenset({CommandStatus.PENDING, CommandStatus.DELAYED})

Take: TypeAlias = Callable[[SentCommand, Invocation], None]
"""Takes in what became of a command on one host."""


class SentScript:
    """A script and the hosts that it goes to.

    Args:
        commands: SSM Run Command.
        script: What each host runs.
        seconds: How long it may take there.

    Attributes:
        begun: Hosts that have begun with it, as far as that was seen.
        gone: Hosts that it did not go to since SSM knows of them no more, each with the reason.
    """

    def __init__(self, commands: CommandApi, script: str, *, seconds: int) -> None:
        self._commands = commands
        self._script = script
        self._seconds = seconds
        self._unsent: list[Sequence[str]] = []
        self._sent: list[SentCommand] = []
        self._taken: set[str] = set()
        self.begun: set[str] = set()
        self.gone: dict[str, str] = {}

    @property
    def outstanding(self) -> int:
        """Commands of which a host has not ended, or that could not be sent yet."""
        return len(self._sent) + len(self._unsent)

    def is_awaited(self, instance_id: str) -> bool:
        """Whether a host was sent the script and has not ended, as far as that is known."""
        chunks = [*(each.instance_ids for each in self._sent), *self._unsent]
        return instance_id not in self._taken and any(instance_id in each for each in chunks)

    def send(self, instance_ids: Sequence[str]) -> None:
        """Send the script to hosts whose agents are online.

        Raises:
            CloudError: SSM refuses, for good.
        """
        for start in range(0, len(instance_ids), MOST_INSTANCES):
            self._unsent.append(tuple(instance_ids[start : start + MOST_INSTANCES]))
        self._send_rest()

    def look(self, take: Take) -> None:
        """Take in what has ended by now, each host once.

        Args:
            take: Called for each; where it raises what may pass, it is called again.

        Raises:
            CloudError: SSM refuses, for good.
        """
        self._send_rest()
        for sent in tuple(self._sent):
            try:
                for each in self._commands.list_invocations(sent.command_id):
                    if each.status not in _NOT_BEGUN:
                        self.begun.add(each.instance_id)
                    if each.status.is_final and each.instance_id not in self._taken:
                        take(sent, each)
                        self._taken.add(each.instance_id)
            except CloudError as error:
                if not is_passing(error):
                    raise
        self._sent = [each for each in self._sent if not self._taken >= set(each.instance_ids)]

    def cancel(self) -> None:
        """Call it off where it has not ended; what was not sent yet never is.

        Raises:
            CloudError: SSM refuses, or cannot be asked.
        """
        unsent = [each for chunk in self._unsent for each in chunk]
        self.gone.update(dict.fromkeys(unsent, "the command was called off before it was sent"))
        self._unsent = []
        for sent in self._sent:
            self._commands.cancel_command(sent.command_id)

    def forget(self, instance_id: str) -> None:
        """Wait for a host no longer."""
        self._taken.add(instance_id)

    def _send_rest(self) -> None:
        while self._unsent:
            chunk = self._unsent[0]
            try:
                sent = self._commands.send_command(chunk, self._script, seconds=self._seconds)
            except CloudError as error:
                if is_passing(error):
                    return
                if error_code(error.__cause__) != "InvalidInstanceId":
                    raise
                self.gone.update(dict.fromkeys(chunk, error.message))
            else:
                self._sent.append(sent)
                left_out = set(chunk).difference(sent.instance_ids)
                self.gone.update(dict.fromkeys(left_out, "SSM knows of no such host any more"))
            del self._unsent[0]
