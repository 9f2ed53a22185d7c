"""The `storeloom` command: one entry, sub-commands imported only when they run.

Importing Dagster costs more than a second and dbt more than that; `storeloom --help` once paid for
both. Failures people can mend print one line and end with code 1; a traceback is for `--debug`.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Final

import click

from connectors.errors import StoreloomError

# name -> (module, attribute, one line for --help)
_COMMANDS: Final[dict[str, tuple[str, str, str]]] = {
    "up": ("up", "up", "Start the database, the Dagster UI and the schedules."),
    "demo": ("demo", "demo", "Two sandbox stores, synced, modelled and measured."),
    "store": ("store", "store", "Connect stores: add, list, check, pause, resume, remove."),
    "sync": ("sync", "sync", "Read stores into the CRM now."),
    "reconcile": (
        "reconcile",
        "reconcile",
        "Compare a store with the CRM, and put right what differs.",
    ),
    "analytics": ("analytics", "analytics", "Build or refresh the five views."),
    "metrics": ("analytics", "metrics", "Compute lifetime value and win rate."),
    "rates": (
        "rates",
        "rates",
        "Exchange rates: load the ECB's, state your own, see what lacks one.",
    ),
    "report": ("report", "report", "An organization's report, as a page in the browser."),
    "docs": ("docs", "docs", "What every table and column means, as one page."),
    "quarantine": ("quarantine", "quarantine", "Records that could not be loaded."),
    "privacy": ("privacy", "privacy", "Forget persons and prove it; hand their data over."),
    "edits": ("edits", "edits", "What people changed in columns that a store fills."),
    "audit": ("audit", "audit", "Which run wrote a row, and from what payload."),
    "identity": ("identity", "identity", "Which customers are one client, and why."),
    "keys": ("keys", "keys", "The keys that credentials are encrypted with: list, rotate."),
    "channel": ("channel", "channel", "The chat channels' credentials."),
    "db": ("db", "db", "The CRM's database: migrate, status, url."),
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module, name, _ = _COMMANDS[cmd_name]
        found = getattr(import_module(f"orchestration.commands.{module}"), name)
        assert isinstance(found, click.Command)  # noqa: S101 - our own table, for the type checker
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry[2]) for name, entry in _COMMANDS.items()])


@click.command(
    cls=_Lazy,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Settings are STORELOOM_* variables: STORELOOM_HOME, STORELOOM_DATABASE_URL, "
    "STORELOOM_DAGSTER_DATABASE_URL, STORELOOM_ENVIRONMENT, STORELOOM_SHARD_SIZE, "
    "STORELOOM_CONCURRENCY, STORELOOM_HOST, STORELOOM_PORT, STORELOOM_RETENTION_DAYS, "
    "STORELOOM_ENCRYPTION_KEYS, STORELOOM_RATES_URL, STORELOOM_RATES_FILE. A misspelt one is an "
    "error.",
)
@click.option("--debug", is_flag=True, help="Show the traceback when a command fails.")
@click.version_option(package_name="storeloom")
@click.pass_context
def storeloom(ctx: click.Context, *, debug: bool) -> None:
    """Weave e-commerce stores into a PostgreSQL or Supabase CRM.

    New here? `storeloom demo` needs nothing but this command. Then `storeloom store add` connects
    a store of yours and `storeloom up` keeps it in step.
    """
    ctx.obj = {"debug": debug}


def main() -> None:
    """Run the command line; every expected failure becomes one line and exit code 1."""
    debug = "--debug" in sys.argv[1:]
    try:
        code = storeloom.main(standalone_mode=False, prog_name="storeloom")
        if isinstance(code, int) and code != 0:
            sys.exit(code)
    except StoreloomError as error:
        if debug:
            raise
        _fail(str(error), code=1)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _fail("stopped", code=130)
    except BrokenPipeError:
        # `storeloom … | head`: the reader had enough, which is no failure of ours.
        sys.stderr.close()
        sys.exit(141)


def _fail(text: str, *, code: int) -> None:
    # One line: a server's multi-line answer is folded, since scripts and people read the last line.
    click.echo(f"storeloom: {' '.join(text.split())}", err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
