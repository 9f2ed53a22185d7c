"""Brings a database to the schema in `migrations/`, on any PostgreSQL and beside the Supabase CLI.

The state lives in the table that `supabase db push` keeps, statement by statement, so both tools
agree about what is applied and a team may use either. A file is applied in one transaction together
with its row there: a file that fails half-way leaves nothing, not even the memory of having tried.
Files are forward only; an applied one that has changed is refused, because the database and the
repository would disagree for ever without anybody noticing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Final, Literal

import msgspec
import psycopg
from psycopg import sql

from connectors.crm.database import connect
from connectors.crm.sql_script import Statement, split_statements
from connectors.errors import ConfigurationError, DatabaseError

MIGRATIONS: Final = Path(__file__).resolve().parents[2] / "migrations"

# A second runner waits for the first one's file, however long that may take within reason.
WAIT_FOR_RUNNER: Final = "15min"
# A statement that cannot get its lock within this blocks everybody who queues behind it.
LOCK_TIMEOUT: Final = "10s"
STATEMENT_TIMEOUT: Final = "15min"

# The file names that the Supabase CLI accepts; it skips all others.
_FILE_NAME: Final = re.compile(r"(?P<version>[0-9]+)_(?P<name>.*)\.sql")
# Any number will do as long as every runner of this project takes the same one.
_ADVISORY_LOCK: Final = 7_305_021_166_402_817

_CREATE_STATE: Final = (
    "create schema if not exists supabase_migrations;"
    " create table supabase_migrations.schema_migrations"
    " (version text not null primary key, statements text[], name text)"
)

State = Literal["applied", "pending", "changed", "missing"]


class MigrationStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Where one migration stands.

    `changed`: applied, but the file says something else now; `missing`: applied, but its file is
    gone. `file` is None when missing.
    """

    version: str
    name: str
    state: State
    file: Path | None


class _Migration(msgspec.Struct, frozen=True):
    version: str
    name: str
    file: Path
    statements: tuple[Statement, ...]

    @property
    def label(self) -> str:
        return f"{self.version}_{self.name}"


class _Applied(msgspec.Struct, frozen=True):
    name: str
    statements: tuple[str, ...] | None


def migrate(
    url: str,
    *,
    directory: Path = MIGRATIONS,
    dry_run: bool = False,
    on_applied: Callable[[str], None] | None = None,
) -> list[str]:
    """Apply every pending file in order and return their names (`<version>_<name>`).

    With `dry_run` nothing is written and the names are those that would be applied. Raises
    ConfigurationError when the files contradict what is applied, DatabaseError when the server
    refuses; files before the failing one stay applied.
    """
    migrations = _read(directory)
    done: list[str] = []
    with _connect(url) as connection:
        if dry_run:
            return [m.label for m in _pending(migrations, _applied(connection), directory)]
        _prepare(connection)
        for migration in _pending(migrations, _applied(connection), directory):
            if _apply(connection, migration):
                done.append(migration.label)
                if on_applied is not None:
                    on_applied(migration.label)
        # A runner that waited for another one may find history it does not know.
        _pending(migrations, _applied(connection), directory)
    return done


def status(url: str, *, directory: Path = MIGRATIONS) -> list[MigrationStatus]:
    """Return every migration, known from its file or from the database, in version order."""
    migrations = _read(directory)
    with _connect(url) as connection:
        return _compare(migrations, _applied(connection))


@contextmanager
def _connect(url: str) -> Iterator[psycopg.Connection]:
    try:
        with connect(url, application_name="storeloom migrate", autocommit=True) as connection:
            yield connection
    except psycopg.Error as error:
        raise DatabaseError(f"migrations: {_words(error)}") from error


def _read(directory: Path) -> list[_Migration]:
    if not directory.is_dir():
        raise ConfigurationError(f"{directory} is not a directory of migrations")
    found: list[_Migration] = []
    for file in sorted(directory.glob("*.sql")):
        match = _FILE_NAME.fullmatch(file.name)
        if match is None:
            raise ConfigurationError(
                f"{file}: name it <YYYYMMDDHHMMSS>_<name>.sql, the Supabase CLI would skip it"
            )
        try:
            statements = tuple(split_statements(file.read_text("utf-8")))
        except (UnicodeDecodeError, ValueError) as error:
            raise ConfigurationError(f"{file}: {error}") from error
        found.append(_Migration(match["version"], match["name"], file, statements))
    found.sort(key=lambda m: m.version)
    for earlier, later in pairwise(found):
        if earlier.version == later.version:
            raise ConfigurationError(
                f"{earlier.file.name} and {later.file.name} share a version: rename the later one"
            )
    return found


def _prepare(connection: psycopg.Connection) -> None:
    # Under the lock and only when it is not there: "if not exists" is no protection between two
    # sessions, and on a managed server asks for rights that an existing table does not need.
    with connection.transaction():
        _take_turn(connection)
        if not _has_state(connection):
            connection.execute(_CREATE_STATE)


def _take_turn(connection: psycopg.Connection) -> None:
    for name, value in (("lock_timeout", WAIT_FOR_RUNNER), ("statement_timeout", WAIT_FOR_RUNNER)):
        connection.execute("select set_config(%s, %s, true)", [name, value])
    connection.execute("select pg_advisory_xact_lock(%s)", [_ADVISORY_LOCK])


def _has_state(connection: psycopg.Connection) -> bool:
    row = connection.execute(
        "select to_regclass('supabase_migrations.schema_migrations') is not null"
    ).fetchone()
    return row is not None and bool(row[0])


def _applied(connection: psycopg.Connection) -> dict[str, _Applied]:
    if not _has_state(connection):
        return {}
    rows = connection.execute(
        "select version, coalesce(name, ''), statements"
        " from supabase_migrations.schema_migrations order by version"
    ).fetchall()
    return {
        version: _Applied(name, None if statements is None else tuple(statements))
        for version, name, statements in rows
    }


def _compare(
    migrations: Sequence[_Migration], applied: dict[str, _Applied]
) -> list[MigrationStatus]:
    found = [
        MigrationStatus(
            version=m.version, name=m.name, state=_state(m, applied.get(m.version)), file=m.file
        )
        for m in migrations
    ]
    known = {m.version for m in migrations}
    found += [
        MigrationStatus(version=version, name=row.name, state="missing", file=None)
        for version, row in applied.items()
        if version not in known
    ]
    return sorted(found, key=lambda s: s.version)


def _state(migration: _Migration, applied: _Applied | None) -> State:
    if applied is None:
        return "pending"
    # `supabase migration repair` notes a version without its statements: nothing to compare with.
    if applied.statements is None:
        return "applied"
    return "applied" if _same(migration.statements, applied.statements) else "changed"


def _same(ours: Sequence[Statement], stored: Sequence[str]) -> bool:
    # The CLI splits by a parser of its own, so what it stored is joined and split by ours; comments
    # count, only the white space between two statements does not.
    again = split_statements("\n;\n".join(stored))
    return [s.text for s in ours] == [s.text for s in again]


def _pending(
    migrations: Sequence[_Migration], applied: dict[str, _Applied], directory: Path
) -> list[_Migration]:
    found = _compare(migrations, applied)
    for one in found:
        if one.state == "changed":
            raise ConfigurationError(
                f"{one.file} was changed after it was applied: restore it (git checkout), and put "
                "the change into a new file"
            )
        if one.state == "missing":
            raise ConfigurationError(
                f"the database has migration {one.version}_{one.name}, {directory} has not: it was "
                "migrated by a newer checkout; update this one"
            )
    last = max((one.version for one in found if one.state == "applied"), default="")
    pending = [m for m in migrations if m.version not in applied]
    for migration in pending:
        if migration.version < last:
            raise ConfigurationError(
                f"{migration.file} is older than {last}, which is applied already: give it a "
                "version after that one"
            )
    return pending


def _apply(connection: psycopg.Connection, migration: _Migration) -> bool:
    """Apply one file in one transaction; False when another runner was faster."""
    # As the CLI does: what one file sets for its session must not reach the next.
    connection.execute("reset all")
    statement: Statement | None = None
    try:
        with connection.transaction():
            _take_turn(connection)
            if migration.version in _applied(connection):
                return False
            connection.execute(
                "select set_config('lock_timeout', %s, true),"
                " set_config('statement_timeout', %s, true)",
                [LOCK_TIMEOUT, STATEMENT_TIMEOUT],
            )
            for statement in migration.statements:
                connection.execute(sql.SQL(statement.text))
            statement = None
            connection.execute(
                "insert into supabase_migrations.schema_migrations (version, name, statements)"
                " values (%s, %s, %s)",
                [migration.version, migration.name, [s.text for s in migration.statements]],
            )
    except psycopg.Error as error:
        raise _failure(migration, statement, error) from error
    return True


def _failure(
    migration: _Migration, statement: Statement | None, error: psycopg.Error
) -> DatabaseError:
    if statement is None:
        return DatabaseError(f"{migration.file}: {_words(error)}; nothing of it was applied")
    line = statement.line
    position = error.diag.statement_position
    if position is not None:
        line += statement.text.count("\n", 0, int(position) - 1)
    return DatabaseError(
        f"{migration.file}, line {line}: {_words(error)}; nothing of this file was applied. "
        f"Statement: {statement.head}"
    )


def _words(error: psycopg.Error) -> str:
    diag = error.diag
    if diag.message_primary is None:
        return str(error).strip()
    more = [part for part in (diag.message_detail, diag.message_hint) if part]
    return " ".join([f"{diag.message_primary} ({diag.sqlstate})", *more])
