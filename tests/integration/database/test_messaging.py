"""Contacts follow their messages, and become clients once."""

from __future__ import annotations

import psycopg
import pytest
from fixtures.tenants import Tenant, insert, one, request, sign_up

SUMMARY = (
    "select last_interaction_at::date::text, last_message_preview, unread_count"
    " from contacts where id = %s"
)


@pytest.fixture
def tenant(connection: psycopg.Connection) -> Tenant:
    return sign_up(connection, email="ada@example.com")


@pytest.fixture
def channel(connection: psycopg.Connection, tenant: Tenant) -> str:
    return insert(connection, "channels", organization_id=tenant.organization, name="Shop",
                  platform="whatsapp")  # fmt: skip


def contact(connection: psycopg.Connection, tenant: Tenant, channel: str, user: str,
            **more: object) -> str:  # fmt: skip
    return insert(connection, "contacts", organization_id=tenant.organization, channel_id=channel,
                  platform=more.pop("platform", "whatsapp"), platform_user_id=user,
                  **more)  # fmt: skip


def message(connection: psycopg.Connection, tenant: Tenant, channel: str, person: str, day: str,
            text: str | None, **more: object) -> str:  # fmt: skip
    return insert(connection, "messages", organization_id=tenant.organization, channel_id=channel,
                  contact_id=person, sender_type=more.pop("sender_type", "user"), sent_at=day,
                  text_content=text, **more)  # fmt: skip


def test_the_summary_follows_new_read_moved_and_deleted_messages(
    connection: psycopg.Connection, tenant: Tenant, channel: str
) -> None:
    one_, two = (contact(connection, tenant, channel, u) for u in ("1", "2"))
    connection.execute("update contacts set created_at = '2026-01-01'")

    def summary(person: str) -> tuple[object, ...] | None:
        return connection.execute(SUMMARY, [person]).fetchone()

    first = message(connection, tenant, channel, one_, "2026-03-01", "Hello")
    message(connection, tenant, channel, one_, "2026-03-02", None, content_type="image")
    assert summary(one_) == ("2026-03-02", "[image]", 2)
    # A backfilled old message counts as unread but does not turn the clock back.
    message(connection, tenant, channel, one_, "2026-02-01", "Old")
    assert summary(one_) == ("2026-03-02", "[image]", 3)
    message(connection, tenant, channel, one_, "2026-03-03", "Answer", sender_type="ai")
    assert summary(one_) == ("2026-03-03", "Answer", 3)
    connection.execute("update messages set is_read_by_agent = true")
    assert summary(one_) == ("2026-03-03", "Answer", 0)
    connection.execute("update messages set contact_id = %s where id = %s", [two, first])
    assert summary(two) == ("2026-03-01", "Hello", 0)
    connection.execute("delete from messages where sender_type = 'ai'")
    assert summary(one_) == ("2026-03-02", "[image]", 0)
    connection.execute("delete from messages")
    assert summary(one_) == ("2026-01-01", None, 0)


def test_nothing_is_written_to_a_contact_whose_summary_stays(
    connection: psycopg.Connection, tenant: Tenant, channel: str
) -> None:
    person = contact(connection, tenant, channel, "1")
    message(connection, tenant, channel, person, "2026-03-01", "Hello")
    before = one(connection, "select ctid::text from contacts")
    connection.execute("update messages set attachment_url = 'https://example.com/a.png'")
    assert one(connection, "select ctid::text from contacts") == before


def test_deleting_an_organization_with_many_messages_is_quick(
    connection: psycopg.Connection, tenant: Tenant, channel: str
) -> None:
    # Per message the recomputation took minutes here; the time-out is some forty times what it
    # takes per statement.
    contact(connection, tenant, channel, "1")
    connection.execute(
        "insert into messages (organization_id, channel_id, contact_id, sender_type, sent_at)"
        " select organization_id, channel_id, id, 'user', now() - n * interval '1 minute'"
        " from contacts cross join generate_series(1, 4000) as n where organization_id = %s",
        [tenant.organization],
    )
    connection.execute("set statement_timeout = '10s'")
    connection.execute("delete from organizations where id = %s", [tenant.organization])
    assert one(connection, "select count(*) from messages") == 0


def test_a_new_contact_becomes_a_client(
    connection: psycopg.Connection, tenant: Tenant, channel: str
) -> None:
    person = contact(connection, tenant, channel, "49151", name="Ada", created_at="2026-01-05")
    assert connection.execute(
        "select contact_id::text, client_type, platform_user_id, full_name, source,"
        " first_contact_date::date::text, last_contact_date from crm_clients"
    ).fetchall() == [(person, "lead", "49151", "Ada", "whatsapp", "2026-01-05", None)]


def test_a_contact_made_again_finds_the_client_it_had(
    connection: psycopg.Connection, tenant: Tenant, channel: str
) -> None:
    contact(connection, tenant, channel, "49151", name="Ada")
    client = one(connection, "select id from crm_clients")
    connection.execute("delete from channels")
    assert one(connection, "select contact_id from crm_clients") is None
    again = insert(connection, "channels", organization_id=tenant.organization, name="Shop",
                   platform="whatsapp")  # fmt: skip
    person = contact(connection, tenant, again, "49151", name="A.")
    assert connection.execute(
        "select id, contact_id::text, full_name from crm_clients"
    ).fetchall() == [(client, person, "Ada")]


def test_a_whatsapp_number_finds_the_customer_with_that_phone_in_the_same_organization(
    connection: psycopg.Connection, tenant: Tenant, channel: str
) -> None:
    neighbour = sign_up(connection, email="eve@example.com")
    insert(connection, "crm_clients", organization_id=neighbour.organization, phone="+49151")
    client = insert(connection, "crm_clients", organization_id=tenant.organization,
                    phone="+49151", client_type="customer")  # fmt: skip
    person = contact(connection, tenant, channel, "49151", name="Ada")
    assert connection.execute(
        "select id::text, client_type, platform_user_id, full_name from crm_clients"
        " where contact_id = %s",
        [person],
    ).fetchall() == [(client, "customer", "49151", "Ada")]
    assert one(connection, "select count(*) from crm_clients") == 2


def test_a_number_on_another_platform_is_no_phone(
    connection: psycopg.Connection, tenant: Tenant, channel: str
) -> None:
    insert(connection, "crm_clients", organization_id=tenant.organization, phone="49151")
    contact(connection, tenant, channel, "49151", platform="facebook")
    assert one(connection, "select count(*) from crm_clients") == 2


@pytest.fixture
def inbox(connection: psycopg.Connection, tenant: Tenant, channel: str) -> str:
    for user, name, unread, day in (
        ("1", "50% off", 0, "2026-03-03"),
        ("2", "Ada_L", 2, "2026-03-01"),
        ("3", "Back\\slash", 1, "2026-03-02"),
        ("4", None, 1, "2026-03-04"),
    ):
        contact(connection, tenant, channel, user, name=name, unread_count=unread,
                last_interaction_at=day)  # fmt: skip
    return channel


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("", ["2", "4", "3", "1"]),
        (None, ["2", "4", "3", "1"]),
        ("ada", ["2"]),
        ("%", ["1"]),
        ("_", ["2"]),
        ("\\", ["3"]),
        ("4", ["4"]),
        ("nobody", []),
    ],
)
def test_contacts_of_a_channel_come_unread_first_and_wildcards_are_literal(
    connection: psycopg.Connection, tenant: Tenant, inbox: str, term: str | None, found: list[str]
) -> None:
    with request(connection, "authenticated", tenant.user) as api:
        rows = api.execute(
            "select f.platform_user_id, f.crm_client_id = c.id"
            " from get_contacts_for_channel(%s, %s) as f"
            " left join crm_clients as c on c.contact_id = f.id",
            [inbox, term],
        ).fetchall()
    assert rows == [(user, True) for user in found]


def test_at_most_a_hundred_contacts_are_returned(
    connection: psycopg.Connection, tenant: Tenant, channel: str
) -> None:
    connection.execute(
        "insert into contacts (organization_id, channel_id, platform, platform_user_id)"
        " select organization_id, id, platform, n::text from channels"
        " cross join generate_series(1, 120) as n where organization_id = %s",
        [tenant.organization],
    )
    assert one(connection, "select count(*) from get_contacts_for_channel(%s)", channel) == 100


def test_the_activity_trigger_is_off_and_works_when_switched_on(
    connection: psycopg.Connection, tenant: Tenant, channel: str
) -> None:
    person = contact(connection, tenant, channel, "1")
    message(connection, tenant, channel, person, "2026-03-01", "Hi", sender_type="ai")
    assert one(connection, "select count(*) from crm_activities") == 0
    connection.execute("alter table messages enable trigger trigger_create_activity_from_message")
    message(connection, tenant, channel, person, "2026-03-02", "Hi", sender_type="user")
    made = message(connection, tenant, channel, person, "2026-03-02", "Hi", sender_type="ai")
    assert connection.execute(
        "select a.message_id::text, a.activity_type, a.status, c.contact_id::text"
        " from crm_activities as a join crm_clients as c on c.id = a.client_id"
    ).fetchall() == [(made, "chatbot_interaction", "completed", person)]
