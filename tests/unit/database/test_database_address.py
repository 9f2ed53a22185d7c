"""A database's address as people type it: a password in it is shown nowhere, however it is cut."""

from __future__ import annotations

import pytest

from connectors.crm.database import check_url, connect, describe
from connectors.errors import ConfigurationError, DatabaseError


@pytest.mark.parametrize(
    "url",
    [
        # A bare "/" makes the first half a port and the other half a database's name.
        "postgresql://crm:s3cr/et@127.0.0.1:1/db",
        "postgresql://crm:123/s3cr@127.0.0.1:1/db",
        "postgresql://crm:s3cr%zz@127.0.0.1:1/db",
        "host=127.0.0.1 port=1 password=a s3cr",
    ],
)
def test_an_address_that_a_password_breaks_says_how_to_write_it_and_nothing_of_it(url: str) -> None:
    with pytest.raises(ConfigurationError, match="special characters in the password") as told:
        connect(url)

    assert "s3cr" not in f"{told.value!r} {told.value.__cause__} {told.value.__context__}"
    assert describe(url) == "an unreadable URL"


def test_addresses_of_several_hosts_and_of_none_are_read() -> None:
    both = check_url("postgresql://crm:x@one:5433,two:5434/crm")
    assert (both["host"], both["port"]) == ("one,two", "5433,5434")
    assert describe("postgresql:///crm?host=/run/postgresql") == "/run/postgresql:5432/crm"


def test_a_server_that_does_not_answer_is_named_without_the_password() -> None:
    with pytest.raises(DatabaseError, match=r"127\.0\.0\.1:1/crm") as told:
        connect("postgresql://crm:s3cr%2Fet@127.0.0.1:1/crm")

    assert "s3cr" not in str(told.value)
