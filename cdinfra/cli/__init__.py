"""The ``cdinfra`` command: asks the layers below, and renders what they answer.

Nothing is decided here and nothing here is meant to be imported by others; what a
program wants it finds in :mod:`cdinfra.deploy`, or reads from ``--output json``.
"""


def main() -> None:
    """Run the ``cdinfra`` command and end the process with its exit code."""
    from cdinfra.cli.root import root  # noqa: PLC0415 - whoever imports the package pays nothing

    root.main(prog_name="cdinfra")
