"""Loads ``infra.py``: runs it, calls its ``build_app``, and says where it is broken.

The file is a person's code, so anything can be raised in it. Whatever it is becomes
one error with file and line: somebody who edits ``infra.py`` never reads a traceback
through cdinfra.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType

from cdinfra.deploy.load_failures import describe_failure
from cdinfra.errors import CdinfraError, InvalidInputError, Problem
from cdinfra.model import App

FACTORY = "build_app"
"""Name of the function that an app file defines."""

MODULE_NAME = "cdinfra_app_file"
"""What the file is called while it runs, so that it shadows nobody's ``infra``."""


def load_app(path: Path, env: str) -> App:
    """Run an app file and return its app in one environment.

    The templates are built too: a hook of the person's own that fails is told with its
    line. The file's folder is importable while that runs, and only then; what it prints
    goes to stderr, since stdout is for results.

    Args:
        path: The file, for example ``infra.py``.
        env: What ``build_app`` is called with.

    Raises:
        InvalidInputError: There is no such file, or it is broken; says where.
    """
    with running(path) as module:
        factory = getattr(module, FACTORY, None)
        if not callable(factory):
            raise InvalidInputError(_no_factory(path, module))
        app = _checked(path, factory(env), factory)
        app.build()
        return app


@contextmanager
def running(path: Path) -> Iterator[ModuleType]:
    """Run a person's Python file; what fails in it, and inside ``with``, is told with its line.

    Raises:
        InvalidInputError: There is no such file, or it is broken; says where.
    """
    source = _read(path)
    with _importable(path.resolve().parent), _failures_in(path), redirect_stdout(sys.stderr):
        module = ModuleType(MODULE_NAME)
        module.__file__ = str(path)
        # Dataclasses and pickles in the file look their module up.
        sys.modules[MODULE_NAME] = module
        exec(compile(source, str(path), "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - the user's own file
        yield module


def _checked(path: Path, app: object, factory: Callable[..., object]) -> App:
    if isinstance(app, App):
        return app
    code = getattr(factory, "__code__", None)
    where = f"{path}:{code.co_firstlineno}" if code else str(path)
    message = f"{FACTORY} returns {_article(type(app).__name__)}, not an App"
    raise InvalidInputError(
        Problem(path=where, message=message, hint="end it with: return app" if app is None else "")
    )


def _article(type_name: str) -> str:
    return "None" if type_name == "NoneType" else f"a {type_name}"


def _no_factory(path: Path, module: ModuleType) -> Problem:
    functions = [name for name, value in vars(module).items() if callable(value)]
    close = get_close_matches(FACTORY, functions, n=1)
    hint = f"rename {close[0]!r}" if close else f"write: def {FACTORY}(env: str) -> App"
    return Problem(path=str(path), message=f"defines no function {FACTORY}", hint=hint)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        problem = Problem(path=str(path), message="there is no such file")
        raise InvalidInputError(problem, hint=_other_file(path)) from None
    except IsADirectoryError:
        hint = f"name the file in it: --file {path / 'infra.py'}"
        raise InvalidInputError(Problem(path=str(path), message="is a folder"), hint=hint) from None
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        raise InvalidInputError(Problem(path=str(path), message=message)) from None


def _other_file(path: Path) -> str:
    folder = path.parent
    names = [each.name for each in folder.glob("*.py")] if folder.is_dir() else []
    if close := get_close_matches(path.name, names, n=1):
        return f"did you mean --file {folder / close[0]}?"
    return "name the app file with --file, for example --file examples/shop/infra.py"


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Make a folder's modules importable, and forget them afterwards."""
    known = set(sys.modules)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        if str(folder) in sys.path:
            sys.path.remove(str(folder))
        for name in set(sys.modules) - known:
            if name == MODULE_NAME or _is_below(sys.modules[name], folder):
                del sys.modules[name]


def _is_below(module: ModuleType, folder: Path) -> bool:
    file = getattr(module, "__file__", None)
    # Installed packages stay: a second copy of a class is not the class.
    return (
        bool(file)
        and Path(str(file)).is_relative_to(folder)
        and "site-packages" not in Path(str(file)).parts
        and not module.__name__.startswith("cdinfra")
    )


@contextmanager
def _failures_in(path: Path) -> Iterator[None]:
    try:
        yield
    except InvalidInputError as error:
        # The model says what is wrong; only the file knows where.
        where = describe_failure(error, path).path
        hint = error.hint or (f"see {where}" if where != str(path) else "")
        raise InvalidInputError(error.problems, hint=hint) from error
    except (CdinfraError, KeyboardInterrupt):
        raise
    except SystemExit as error:
        message = f"ends the program: sys.exit({error.code!r})"
        problem = Problem(path=describe_failure(error, path).path, message=message)
        raise InvalidInputError(problem) from error
    except BaseException as error:  # a person's code may raise anything
        raise InvalidInputError(describe_failure(error, path)) from error
