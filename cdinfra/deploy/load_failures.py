"""Says in one line what went wrong in a person's Python file, and on which line of it."""

import inspect
import re
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from cdinfra.errors import Problem, did_you_mean, nearest

_UNKNOWN_KEYWORD = re.compile(
    r"(?:(?P<owner>\w+)\.)?(?P<name>\w+)\(\) got an unexpected keyword argument '(?P<keyword>\w+)'"
)
_UNKNOWN_IMPORT = re.compile(r"cannot import name '(?P<name>\w+)' from '(?P<module>[\w.]+)'")


def describe_failure(error: BaseException, path: Path) -> Problem:
    """Return where in the file, or in a module beside it, an error arose, and what it is.

    Args:
        error: What was raised while the file ran.
        path: The file.
    """
    if isinstance(error, SyntaxError) and error.filename:
        where = f"{error.filename}:{error.lineno}"
        return Problem(path=where, message=f"is no valid Python: {error.msg}", hint=_line(error))
    frame, line = _own_frame(error, path.resolve().parent)
    where = f"{frame.f_code.co_filename}:{line}" if frame else str(path)
    message = ": ".join(filter(None, (type(error).__name__, _words(error))))
    return Problem(path=where, message=message, hint=_hint(error, frame))


def _words(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - a person's own class, whose words may be broken too
        return ""


def _line(error: SyntaxError) -> str:
    return error.text.strip() if error.text else ""


def _own_frame(error: BaseException, folder: Path) -> tuple[FrameType | None, int]:
    """Return the innermost frame that runs the person's own code."""
    found: tuple[FrameType | None, int] = (None, 0)
    for frame, line in traceback.walk_tb(error.__traceback__):
        name = frame.f_code.co_filename
        file = Path(name).resolve()
        # Generated code, such as a dataclass's __init__, has a name like <string>.
        if not name.startswith("<") and file.is_relative_to(folder) and not _is_installed(file):
            found = (frame, line)
    return found


def _is_installed(file: Path) -> bool:
    ours = Path(__file__).resolve().parents[2]
    shipped = any(file.is_relative_to(ours / part) for part in ("cdinfra", "stacks", "cloudinit"))
    return shipped or "site-packages" in file.parts


def _hint(error: BaseException, frame: FrameType | None) -> str:
    match error:
        case TypeError():
            return _keyword_hint(str(error), frame)
        case ImportError():
            return _import_hint(error)
        case NameError() if frame is not None:
            return _close(error.name, {**frame.f_globals, **frame.f_locals})
        case AttributeError():
            return _close(error.name, dir(error.obj))
    return ""


def _close(name: str | None, known: Iterator[str] | list[str] | dict[str, object]) -> str:
    # Without a near one, everything that a namespace holds is no help.
    return did_you_mean(name or "", [each for each in known if not each.startswith("_")])


def _keyword_hint(message: str, frame: FrameType | None) -> str:
    found = _UNKNOWN_KEYWORD.search(message)
    if found is None or frame is None:
        return ""
    called = {**frame.f_builtins, **frame.f_globals, **frame.f_locals}
    # A subclass passes its arguments on: then only the inner class has them.
    target = called.get(found["owner"] or found["name"])
    if target is None:
        target = next((v for v in called.values() if _defines(v, found["owner"])), None)
    if not callable(target):
        return ""
    try:
        parameters = list(inspect.signature(target).parameters)
    except (TypeError, ValueError):
        return ""
    return nearest(found["keyword"], parameters)


def _defines(value: object, class_name: str | None) -> bool:
    return isinstance(value, type) and class_name in {each.__name__ for each in value.__mro__}


def _import_hint(error: ImportError) -> str:
    if found := _UNKNOWN_IMPORT.search(str(error)):
        module = sys.modules.get(found["module"])
        return _close(found["name"], dir(module)) if module else ""
    return "is it installed in this environment?"
