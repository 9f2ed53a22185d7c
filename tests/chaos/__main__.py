"""The long run: `make chaos`, on a PostgreSQL server of its own that is gone afterwards.

Histories come in portions of fifty, each with a seed made of the run's seed and the portion's
number: a run can be broken off, taken up again (--from), and any failure repeated by itself.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path

import psutil

from connectors.crm.embedded import EmbeddedServer
from tests.chaos.portions import FAST, PORTION, Portion, make_template, play_portion


def main() -> int:
    arguments = _arguments()
    portions = iter(range(arguments.first, -(-arguments.histories // PORTION)))
    began = time.monotonic()
    played, failures, last = 0, 0, 0.0
    home = Path(tempfile.mkdtemp(prefix="storeloom-chaos-"))
    # The server gives up root's rights, and must still reach its own directory.
    home.chmod(0o755)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        with (
            EmbeddedServer(home / "server", settings=FAST) as server,
            ProcessPoolExecutor(arguments.workers, mp_context=get_context("spawn")) as pool,
            ExitStack() as stopping,
        ):
            make_template(server)
            stopping.callback(_kill_workers)
            running: set[Future[Portion]] = set()

            def is_over() -> bool:
                is_late = arguments.minutes and time.monotonic() - began > arguments.minutes * 60
                return bool(is_late or failures >= arguments.failures)

            while True:
                while len(running) < arguments.workers and not is_over():
                    number = next(portions, None)
                    if number is None:
                        break
                    count = min(PORTION, arguments.histories - number * PORTION)
                    running.add(
                        pool.submit(play_portion, server.url(), home, arguments.seed, number, count)
                    )
                if not running:
                    break
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for one in done:
                    portion = one.result()
                    if portion.failure is not None:
                        failures += 1
                        print(f"\n{portion.failure}", flush=True)
                    else:
                        played += portion.histories
                    elapsed = time.monotonic() - began
                    if elapsed - last > arguments.every or portion.failure is not None:
                        last = elapsed
                        print(
                            f"{played:,} of {arguments.histories - arguments.first * PORTION:,} "
                            f"histories, {played / elapsed:.1f} a second, seed {arguments.seed}, "
                            f"portion {portion.number}, {failures} failed",
                            flush=True,
                        )
    finally:
        shutil.rmtree(home, ignore_errors=True)
    elapsed = time.monotonic() - began
    print(
        f"chaos: {played:,} histories equal to the model, {failures} portions with a failure, seed "
        f"{arguments.seed}, portions from {arguments.first}, {elapsed:,.0f} s, "
        f"{arguments.workers} processes, {played / elapsed:.1f} a second"
    )
    return 1 if failures else 0


def _kill_workers() -> None:
    """End portions that nobody waits for any more: a history that shrinks goes on for minutes."""
    for child in psutil.Process().children():
        if "spawn_main" in " ".join(child.cmdline()):
            child.kill()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos ARGS=...", description=__doc__)
    parser.add_argument("--histories", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=0, help="start no portion later than this")
    parser.add_argument("--from", type=int, default=0, dest="first", help="first portion to play")
    parser.add_argument("--failures", type=int, default=1, help="stop after so many failures")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--every", type=float, default=10, help="seconds between progress lines")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
