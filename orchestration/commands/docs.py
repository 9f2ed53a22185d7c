"""`storeloom docs`: what every table and column means, as one page."""

from __future__ import annotations

import threading
import webbrowser
from pathlib import Path

import click

from connectors.documents.serving import page_server
from connectors.report.writing import write_report
from orchestration.commands.shared import notes, open_crm, out
from orchestration.commands.up import stop_on_signals
from orchestration.lib.documents import documentation


@click.command()
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the page to this file.",
)
@click.option("--serve/--no-serve", default=None, help="Serve it; the default without --output.")
@click.option("--port", type=click.IntRange(0, 65535), default=8580, show_default=True)
@click.option("--open/--no-open", "opened", default=True, help="Open it in a browser.")
def docs(*, output: Path | None, serve: bool | None, port: int, opened: bool) -> None:
    """Build the documentation of all models and serve it on this machine until Ctrl-C.

    Descriptions, columns, tests, owners, who reads what, and the lineage from source to report, as
    one file that works without a network: with --output, put it wherever your analysts look.
    """
    crm = open_crm()
    with notes.status("dbt docs"):
        page = documentation(crm.url, crm.settings.home)
    if output is not None:
        place = output.expanduser().resolve()
        write_report(place, page, mode=0o644)
        out.print(str(place), soft_wrap=True, markup=False)
    if serve is False or (serve is None and output is not None):
        if opened and output is not None and not webbrowser.open(place.as_uri()):
            notes.print("no browser could be opened here: open the file yourself, or --no-open")
        return
    _serve(page, port, opened=opened)


def _serve(page: str, port: int, *, opened: bool) -> None:
    stopping = stop_on_signals()
    with page_server(page, "127.0.0.1", port) as server:
        address = f"http://127.0.0.1:{server.server_port}/"
        worker = threading.Thread(target=server.serve_forever, daemon=True)
        worker.start()
        out.print(f"The documentation is at [bold]{address}[/bold]   (Ctrl-C stops it)")
        if opened:
            webbrowser.open(address)
        stopping.wait()
        server.shutdown()
        worker.join()
