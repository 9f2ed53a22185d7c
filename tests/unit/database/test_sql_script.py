"""Statements are cut where PostgreSQL would cut them."""

from __future__ import annotations

import pytest

from connectors.crm.sql_script import split_statements


@pytest.mark.parametrize(
    ("script", "statements"),
    [
        ("", []),
        (" ;; \n ", []),
        ("select 1", ["select 1"]),
        ("select 1; select 2;", ["select 1", "select 2"]),
        ("select ';', 'it''s; fine';x", ["select ';', 'it''s; fine'", "x"]),
        ('select ";""";x', ['select ";"""', "x"]),
        (r"select e'\';'; x", [r"select e'\';'", "x"]),
        (r"select '\'; x", [r"select '\'", "x"]),
        ("do $$ a; b $$; x", ["do $$ a; b $$", "x"]),
        ("do $a$ $$;$$ $b$;$a$; x", ["do $a$ $$;$$ $b$;$a$", "x"]),
        ("select a$1; x", ["select a$1", "x"]),
        ("execute f($1); x", ["execute f($1)", "x"]),
        ("-- it's; one\nselect 1; -- rest", ["-- it's; one\nselect 1", "-- rest"]),
        ("/* a; /* b; */ ' */ select 1; x", ["/* a; /* b; */ ' */ select 1", "x"]),
        ("create rule r do (a; b); x", ["create rule r do (a; b)", "x"]),
        ("select 6/2 - -1; x", ["select 6/2 - -1", "x"]),
        ("create function f() return 1; x", ["create function f() return 1", "x"]),
    ],
)
def test_statements_end_at_semicolons_that_are_not_quoted(
    script: str, statements: list[str]
) -> None:
    assert [s.text for s in split_statements(script)] == statements


def test_a_statement_knows_its_line_and_its_head_without_comments() -> None:
    first, second = split_statements("\n\n-- why\nselect\n  1;\n\n\nselect 2;\n")
    assert (first.line, first.head) == (3, "select 1")
    assert (second.line, second.head) == (8, "select 2")


def test_what_was_joined_again_splits_the_same() -> None:
    script = "-- a\nselect 1 -- b\n; do $$ x; $$;\n-- end"
    once = [s.text for s in split_statements(script)]
    assert [s.text for s in split_statements("\n;\n".join(once))] == once


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("select 1;\nselect 'a", "line 2: an unclosed quote"),
        ('select "a', "line 1: an unclosed quote"),
        ("select 1;\n\ndo $$ a", "line 3: an unclosed"),
        ("/* a", "line 1: an unclosed comment"),
        ("select 1;\n\\connect x", "line 2: a psql command"),
        ("select 1;\n-- now\nCommit;", 'line 3: "commit"'),
        ("begin; select 1", 'line 1: "begin"'),
        ("create function f() begin atomic select 1; end", "dollar quotes"),
    ],
)
def test_what_cannot_run_as_one_transaction_is_refused_with_its_line(
    script: str, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        split_statements(script)
