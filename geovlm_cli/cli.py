"""The command `geovlm`: a click group that imports a command only when it is run."""

from __future__ import annotations

import errno
import os
import sys
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

import click
from click.shell_completion import shell_complete

from geovlm_cli.commands import COMMANDS
from geovlm_cli.errors import GeovlmError, OutputError, PluginError, clean, nearest

if TYPE_CHECKING:
    from geovlm_cli.plugins import PluginInfo, Plugins

_SIGINT_EXIT = 130
_COMPLETE = "_GEOVLM_COMPLETE"  # set by the completion script of a shell
_UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)


@dataclass
class State:
    """What `ctx.obj` holds: the global options and, at first use, the plugins."""

    debug: bool = False

    @cached_property
    def plugins(self) -> Plugins:
        """The installed plugins; each broken one is reported in one line on stderr."""
        from geovlm_cli import plugins

        loaded = plugins.load()
        loaded.watch(_warn)
        return loaded


def _warn(info: PluginInfo) -> None:
    click.echo(f"warning: plugin {info.distribution} {info.version}: {info.error}", err=True)


class LazyGroup(click.Group):
    """A group whose commands are modules, imported when asked for; its own help needs only their one-line texts."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = import_module(f"geovlm_cli.commands.{COMMANDS[cmd_name][0]}").command
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; an unknown one is answered with the nearest name."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(f"No such command `{clean(args[0])}`.{nearest(args[0], COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"geovlm {version('geovlm-cli')}")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version and exit."
)
@click.pass_context
def cli(ctx: click.Context, debug: bool) -> None:
    """Post-train, measure and use remote-sensing vision-language models.

    Data goes to stdout, everything else to stderr. Exit codes: 0 done, 1 bug, 2 usage, 3 data, 4 model, 5 plugin, 6 output, 7 run folder in use, 8 device memory.
    """
    ctx.obj = State(debug=debug)


def main(args: list[str] | None = None) -> NoReturn:
    """Run the command line and exit with the code of its outcome (architecture page, "Conventions")."""
    arguments = sys.argv[1:] if args is None else args
    debug = "--debug" in arguments[:1]
    try:
        sys.exit(_run(arguments))
    except GeovlmError as error:
        if debug:
            raise
        _fail(str(error), error.exit_code)
    except Exception as error:
        if debug:
            raise
        _fail(
            f"This is a bug in geovlm ({type(error).__name__}: {clean(str(error))}); run `geovlm --debug …` for the traceback and report it.",
            1,
        )


def _run(arguments: list[str]) -> Any:
    if sys.stdout is None:  # the interpreter found descriptor 1 closed
        raise OutputError("The standard output is closed; send it to a file or to /dev/null.")
    try:
        code = _invoked(arguments) or 0
        sys.stdout.flush()
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nerror: Interrupted.", err=True)  # below the ^C of the terminal
        return _SIGINT_EXIT
    except click.ClickException as error:
        return _usage(error, arguments)
    except BrokenPipeError:
        return _closed_pipe()
    except SystemExit as error:
        raise PluginError(
            f"Code that geovlm called ended the process with sys.exit({clean(repr(error.code), 40)}), which no command does; "
            "run `geovlm --debug …` for the traceback and mend or uninstall the plugin in it."
        ) from error
    except OSError as error:
        if error.errno not in _UNWRITABLE:
            raise
        _drop_stdout()
        raise OutputError(
            f"An output cannot be written: {error.strerror}; free space or name another place."
        ) from error
    else:
        return code


def _invoked(arguments: list[str]) -> Any:
    """Run the command line; click's own `main` would make a SystemExit of a broken pipe, as foreign code may raise one."""
    wish = os.environ.get(_COMPLETE)
    if wish:
        return shell_complete(cli, {}, "geovlm", _COMPLETE, wish)
    with cli.make_context("geovlm", list(arguments)) as context:
        return cli.invoke(context)


def _usage(error: click.ClickException, arguments: list[str]) -> int:
    """Print what click refuses as one line, with where to read on; a group without a command is answered with its help."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return error.exit_code
    said = clean(" ".join(error.format_message().split()), 400)
    context = error.ctx if isinstance(error, click.UsageError) else None
    command = (
        context.command_path if context else " ".join(["geovlm", *[word for word in arguments[:1] if word in COMMANDS]])
    )
    see = f"ee `{command} --help`."
    click.echo(f"error: {said} S{see}" if said.endswith("?") else f"error: {said.removesuffix('.')}; s{see}", err=True)
    return error.exit_code


def _closed_pipe() -> int:
    """End quietly when the reader of stdout has gone (`geovlm … | head`)."""
    _drop_stdout()
    return 141


def _drop_stdout() -> None:
    """Send what is still buffered for stdout nowhere, so that the interpreter's last flush does not fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(sentence: str, code: int) -> NoReturn:
    click.echo(f"error: {sentence}", err=True)
    sys.exit(code)
