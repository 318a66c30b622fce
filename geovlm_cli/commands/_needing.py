"""What a command says where a package that it runs on is missing or broken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from traceback import walk_tb

from geovlm_cli.errors import ModelError, clean


@contextmanager
def needing(purpose: str, extra: str, *packages: str) -> Iterator[None]:
    """Import `packages`, then run the body; an import that fails in either becomes a ModelError in one sentence.

    purpose: what the sentence begins with, such as "Training". extra: the extra of geovlm-cli that installs what is needed.
    """
    try:
        for package in packages:
            import_module(package)
        yield
    except ModuleNotFoundError as error:
        raise ModelError(
            f"{purpose} needs {error.name}, which is not installed; run pip install 'geovlm-cli[{extra}]'."
        ) from error
    except (
        ImportError,
        OSError,
    ) as error:  # it is there and does not load: a shared library is missing, or versions do not fit
        if not isinstance(error, ImportError) and not _while_importing(error):
            raise
        raise ModelError(
            f"{purpose} needs {_failed(error)}, whose import fails ({clean(str(error))}); "
            f"install it anew: pip install --force-reinstall 'geovlm-cli[{extra}]'."
        ) from error


def _while_importing(error: OSError) -> bool:
    """Was a module being run when this was raised? `ctypes` raises OSError for a library that does not load."""
    return any(frame.f_code.co_name == "<module>" for frame, _ in walk_tb(error.__traceback__))


def _failed(error: ImportError | OSError) -> str:
    """Return the package whose code raised: a broken package seldom names itself."""
    names = [str(frame.f_globals.get("__name__", "")).partition(".")[0] for frame, _ in walk_tb(error.__traceback__)]
    foreign = [name for name in names if name not in ("importlib", "geovlm_cli", "")]
    return foreign[-1] if foreign else getattr(error, "name", None) or "a package"
