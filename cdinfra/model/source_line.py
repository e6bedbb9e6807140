"""Finds the line of a person's code that makes something, so that a failure can point at it.

Nothing is read from disk: the interpreter's own frames know where they are.
"""

import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from types import CodeType, FrameType

_OURS = frozenset({"awacs", "cdinfra", "troposphere"})
"""Packages whose code is nobody's ``infra.py``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine:
    """A line of a person's code.

    Attributes:
        file: The file as it was named when it ran; a module that was imported is named from
            the folder it was found in (``team/queues.py``), so no path of a machine gets in.
            Empty where only code of cdinfra's own is known.
        line: Counted from 1; 0 where the file is empty.
        method: The function or method that made it, as Python qualifies it, for example
            ``HostGroup.build_role``; empty where none is known.
    """

    file: str
    line: int
    method: str = ""

    def __str__(self) -> str:
        """Return the line as a person reads it: ``infra.py:42 (HostGroup.build_role)``."""
        where = f"{self.file}:{self.line}" if self.file else ""
        return f"{where} ({self.method})".lstrip() if self.method else where


def line_of_caller(*, within: Collection[str] = (), outside: str = "") -> SourceLine:
    """Return the innermost line of a person's code that led here.

    Its method is the innermost public function on the way, cdinfra's own or the person's.

    Args:
        within: Modules whose functions are not named, because everything takes its way there.
        outside: Module at whose frames the search ends: who called it made nothing.
    """
    method = ""
    for frame in _frames():
        module, code = _module(frame), frame.f_code
        if module == outside:
            break
        speaks = module not in within and not code.co_name.startswith(("_", "<"))
        if not is_shipped(module):
            made_by = method or _qualified(code)
            return SourceLine(file=_file(code, module), line=frame.f_lineno, method=made_by)
        method = method or (_qualified(code) if speaks else "")
    return SourceLine(file="", line=0, method=method)


def line_of_function(function: Callable[..., object]) -> SourceLine:
    """Return where a function of a person's begins; of one of cdinfra's own only its name."""
    code: CodeType = function.__code__
    if is_shipped(function.__module__):
        return SourceLine(file="", line=0, method=_qualified(code))
    return SourceLine(
        file=_file(code, function.__module__),
        line=code.co_firstlineno,
        method=_qualified(code),
    )


def is_shipped(module: str) -> bool:
    """Whether a module is cdinfra's own, or of a library that it describes templates with."""
    return module.partition(".")[0] in _OURS


def _frames() -> Iterator[FrameType]:
    # 0 is this generator, 1 line_of_caller, 2 whoever asks for its caller.
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001 - the one way to read frames cheaply
    while frame is not None:
        yield frame
        frame = frame.f_back


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _qualified(code: CodeType) -> str:
    return code.co_qualname.rpartition("<locals>.")[2]


def _file(code: CodeType, module: str) -> str:
    path = module.replace(".", "/")
    for name in (f"{path}.py", f"{path}/__init__.py"):
        if code.co_filename.endswith(f"/{name}"):
            return name
    return code.co_filename
