"""The runner applies each file once and whole, agrees with the Supabase CLI, refuses the rest."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from fixtures.servers import KINDS, Kind, Servers, Target
from fixtures.tenants import one

from connectors.crm.migrations import MIGRATIONS, migrate, status
from connectors.errors import ConfigurationError, DatabaseError

STATE = "select version, name, statements from supabase_migrations.schema_migrations order by 1"
FILES = {
    "20260101000000_people.sql": "-- Who.\ncreate table people (name text default 'a;b');\n",
    "20260102000000_pets.sql": "create table pets (id int);\n\ninsert into pets values (1);\n",
}


@pytest.fixture
def empty(servers: Servers) -> Iterator[Target]:
    newest = next(kind for kind in KINDS if kind.name == "postgres-18")
    with servers.empty(newest) as target:
        yield target


@pytest.fixture
def url(empty: Target) -> str:
    return empty.url


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for name, script in FILES.items():
        (tmp_path / name).write_text(script)
    return tmp_path


@pytest.fixture
def look(url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(url, autocommit=True) as opened:
        yield opened


def states(url: str, directory: Path) -> list[tuple[str, str]]:
    return [(s.name, s.state) for s in status(url, directory=directory)]


def test_every_pending_file_is_applied_once_and_reported(
    url: str, directory: Path, look: psycopg.Connection
) -> None:
    assert states(url, directory) == [("people", "pending"), ("pets", "pending")]
    told: list[str] = []
    names = ["20260101000000_people", "20260102000000_pets"]
    assert migrate(url, directory=directory, on_applied=told.append) == names
    assert told == names
    assert migrate(url, directory=directory) == []
    assert states(url, directory) == [("people", "applied"), ("pets", "applied")]
    assert one(look, "select count(*) from pets") == 1


def test_the_state_is_what_the_supabase_cli_reads(
    url: str, directory: Path, look: psycopg.Connection
) -> None:
    migrate(url, directory=directory)
    assert look.execute(STATE).fetchall() == [
        ("20260101000000", "people", ["-- Who.\ncreate table people (name text default 'a;b')"]),
        ("20260102000000", "pets", ["create table pets (id int)", "insert into pets values (1)"]),
    ]


def test_files_that_the_supabase_cli_pushed_count_as_applied(
    url: str, directory: Path, look: psycopg.Connection
) -> None:
    # The newer CLI's table, and one row of `migration repair`, which stores no statements.
    look.execute(
        "create schema supabase_migrations; create table supabase_migrations.schema_migrations ("
        "version text primary key, statements text[], name text, created_by text)"
    )
    look.execute(
        "insert into supabase_migrations.schema_migrations (version, name, statements)"
        " values ('20260101000000', 'people', %s), ('20260102000000', null, null)",
        [["-- Who.\ncreate table people (name text default 'a;b')"]],
    )
    assert states(url, directory) == [("people", "applied"), ("pets", "applied")]
    assert migrate(url, directory=directory) == []


def test_a_dry_run_names_the_pending_files_and_writes_nothing(
    url: str, directory: Path, look: psycopg.Connection
) -> None:
    assert migrate(url, directory=directory, dry_run=True) == [
        "20260101000000_people",
        "20260102000000_pets",
    ]
    assert one(look, "select to_regnamespace('supabase_migrations') is null")


@pytest.mark.parametrize(
    "change",
    ["create table people (name text default 'a; b');", "-- Who else.\n" + "create table people"],
)
def test_an_applied_file_that_changed_is_refused(
    url: str, directory: Path, look: psycopg.Connection, change: str
) -> None:
    migrate(url, directory=directory)
    (directory / "20260101000000_people.sql").write_text(change)
    (directory / "20260103000000_more.sql").write_text("create table more (id int)")
    assert states(url, directory)[0] == ("people", "changed")
    with pytest.raises(ConfigurationError, match=r"people\.sql was changed after it was applied"):
        migrate(url, directory=directory)
    assert one(look, "select to_regclass('more') is null")


def test_an_applied_file_that_is_gone_is_refused(url: str, directory: Path) -> None:
    migrate(url, directory=directory)
    (directory / "20260102000000_pets.sql").unlink()
    assert states(url, directory) == [("people", "applied"), ("pets", "missing")]
    with pytest.raises(ConfigurationError, match="20260102000000_pets"):
        migrate(url, directory=directory)


def test_a_file_older_than_what_is_applied_is_refused(url: str, directory: Path) -> None:
    migrate(url, directory=directory)
    (directory / "20260101120000_late.sql").write_text("select 1")
    with pytest.raises(ConfigurationError, match=r"late\.sql is older than 20260102000000"):
        migrate(url, directory=directory)


@pytest.mark.parametrize(
    ("name", "script", "complaint"),
    [
        ("pets.sql", "select 1", "name it <YYYYMMDDHHMMSS>_<name>.sql"),
        ("20260102000000_again.sql", "select 1", "share a version"),
        ("20260103000000_open.sql", "select 1;\nselect 'a", "open.sql: line 2: an unclosed quote"),
        ("20260103000000_own.sql", "begin;\ncommit", 'line 1: "begin"'),
    ],
)
def test_files_that_cannot_be_applied_are_refused_before_anything_is(
    url: str, directory: Path, look: psycopg.Connection, name: str, script: str, complaint: str
) -> None:
    (directory / name).write_text(script)
    with pytest.raises(ConfigurationError, match=complaint):
        migrate(url, directory=directory)
    assert one(look, "select to_regclass('people') is null")


@pytest.mark.parametrize(
    ("script", "line", "statement"),
    [
        ("create table a (id int);\n\n-- b\ncreate table b (\n  id int,\n  x nonsense\n);", 6, "b"),
        ("create table a (id int);\ninsert into a\nvalues (1);\nselect 1 / 0;", 4, "select 1 / 0"),
    ],
)
def test_a_failing_file_leaves_nothing_and_names_the_place(
    url: str, directory: Path, look: psycopg.Connection, script: str, line: int, statement: str
) -> None:
    (directory / "20260103000000_bad.sql").write_text(script)
    with pytest.raises(DatabaseError, match=rf"bad\.sql, line {line}: ") as failed:
        migrate(url, directory=directory)
    assert f"Statement: {statement}" in str(failed.value) or statement == "b"
    assert one(look, "select to_regclass('a') is null and to_regclass('pets') is not null")
    assert states(url, directory)[-1] == ("bad", "pending")


def test_what_one_file_sets_does_not_reach_the_next(url: str, directory: Path) -> None:
    (directory / "20260101000000_people.sql").write_text("set search_path = pg_catalog")
    migrate(url, directory=directory)
    with psycopg.connect(url) as connection:
        assert one(connection, "select 'pets'::regclass::text") == "pets"


def test_two_runners_at_once_apply_every_file_once(
    empty: Target, directory: Path, look: psycopg.Connection
) -> None:
    (directory / "20260103000000_slow.sql").write_text(
        "select pg_advisory_xact_lock(1); insert into pets values (2);"
    )
    outcomes: list[list[str]] = []
    with psycopg.connect(empty.url) as gate:
        gate.execute("select pg_advisory_xact_lock(1)")
        runners = [
            threading.Thread(
                target=lambda: outcomes.append(migrate(empty.url, directory=directory))
            )
            for _ in range(2)
        ]
        for runner in runners:
            runner.start()
        # One stands in its file, the other waits for the first; then the gate opens.
        waiting = (
            "select count(*) from pg_locks where locktype = 'advisory' and not granted"
            " and database = (select oid from pg_database where datname = current_database())"
        )
        deadline = time.monotonic() + 20
        while one(look, waiting) < 2:
            assert time.monotonic() < deadline
            threading.Event().wait(0.01)
    for runner in runners:
        runner.join()
    assert sorted(name for names in outcomes for name in names) == [
        "20260101000000_people",
        "20260102000000_pets",
        "20260103000000_slow",
    ]
    assert one(look, "select count(*) from pets") == 2


def test_a_statement_waits_for_a_lock_only_so_long(
    url: str, directory: Path, look: psycopg.Connection
) -> None:
    migrate(url, directory=directory)
    (directory / "20260103000000_wide.sql").write_text(
        "set local lock_timeout = '50ms'; alter table pets add column name text"
    )
    with psycopg.connect(url) as reader:
        reader.execute("select * from pets")
        with pytest.raises(DatabaseError, match="lock timeout"):
            migrate(url, directory=directory)
    (directory / "20260103000000_wide.sql").write_text(
        "create table limits as select current_setting('lock_timeout') as lock,"
        " current_setting('statement_timeout') as statement"
    )
    migrate(url, directory=directory)
    assert look.execute("select * from limits").fetchone() == ("10s", "15min")


def test_an_unreachable_server_is_one_line_without_the_password(directory: Path) -> None:
    with pytest.raises(DatabaseError) as refused:
        migrate("postgresql://me:hunter2@127.0.0.1:1/crm", directory=directory)
    assert "hunter2" not in str(refused.value)


def test_the_projects_own_files_apply_twice_without_doing_anything_the_second_time(
    servers: Servers, kind: Kind
) -> None:
    with servers.empty(kind) as target:
        names = migrate(target.url)
        assert names == sorted(file.stem for file in MIGRATIONS.glob("*.sql"))
        assert migrate(target.url) == []
        assert {s.state for s in status(target.url)} == {"applied"}
