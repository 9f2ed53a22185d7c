"""Sessions that outlive a store: kept when clean, closed if not, replaced when ended."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from connectors.crm.sessions import Sessions


def _process(connection: psycopg.Connection[Any]) -> int:
    return connection.info.backend_pid


def test_a_session_serves_one_store_after_another(database: str) -> None:
    with Sessions(database, keep=1) as sessions:
        first = sessions.open("one")
        process = _process(first)
        sessions.give_back(first)
        second = sessions.open("other")
        assert _process(second) == process
        assert second.execute("show time zone").fetchone() == ("UTC",)
        sessions.give_back(second)
    assert second.closed


def test_no_more_sessions_are_kept_than_wanted_and_none_by_default(database: str) -> None:
    with Sessions(database, keep=1) as sessions:
        both = [sessions.open("one"), sessions.open("other")]
        for one in both:
            sessions.give_back(one)
        assert [one.closed for one in both] == [False, True]
    alone = Sessions(database)
    opened = alone.open("one")
    alone.give_back(opened)
    assert opened.closed


def test_a_session_with_work_left_undone_is_not_handed_on(database: str) -> None:
    with Sessions(database, keep=1) as sessions:
        broken = sessions.open("one")
        broken.execute("begin")
        with pytest.raises(psycopg.errors.UndefinedTable):
            broken.execute("select from no_such_table")
        sessions.give_back(broken)
        assert broken.closed


def test_a_session_that_the_server_has_ended_is_replaced(
    database: str, connection: psycopg.Connection[Any]
) -> None:
    with Sessions(database, keep=1) as sessions:
        ended = sessions.open("one")
        sessions.give_back(ended)
        connection.execute("select pg_terminate_backend(%s, 5000)", [_process(ended)])
        fresh = sessions.open("other")
        assert fresh.execute("select 1").fetchone() == (1,)
        sessions.give_back(fresh)
