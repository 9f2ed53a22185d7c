"""One organization's absurd rows stop no other one's marts, nor change a figure of it.

Members write rows through the API. What no calendar could hold is refused by the tables
(tests/integration/database/test_sane_values.py); here is the worst of what they take.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from fixtures.dbt_runs import Dbt
from fixtures.tenants import Tenant, furnish, insert, sign_up
from psycopg import sql

from connectors.crm.embedded import EmbeddedServer

# Built once, by one worker.
pytestmark = pytest.mark.xdist_group("absurd")

TIMES = ("1900-01-01 00:00Z", "2200-12-31 23:59Z")
Rows = dict[str, list[tuple[Any, ...]]]


@dataclass
class Built:
    healthy: Tenant
    before: Rows
    after: Rows


@pytest.fixture(scope="module")
def built(
    server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Built]:
    name = f"absurd_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute(
            sql.SQL("create database {} template {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        dbt = Dbt(server.url(name), tmp_path_factory.mktemp("absurd"))
        build = ["build", "--exclude-resource-type", "unit_test"]
        with psycopg.connect(server.url(name), autocommit=True) as connection:
            healthy = furnish(connection, sign_up(connection, email="a@example.com"))
            absurd = furnish(connection, sign_up(connection, email="b@example.com"))
            dbt.run(*build)
            before = rows_of(connection, healthy)
            for number, time in enumerate(TIMES):
                make_absurd(connection, absurd, number, time)
            dbt.run(*build)
            yield Built(healthy, before, rows_of(connection, healthy))
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def rows_of(connection: psycopg.Connection, tenant: Tenant) -> Rows:
    """Every mart's and view's rows of one organization."""
    found = {}
    for (relation,) in connection.execute(
        "select table_schema || '.' || table_name from information_schema.tables "
        "where table_schema = 'marts' "
        "union all select 'public.' || matviewname from pg_matviews where schemaname = 'public'"
    ).fetchall():
        query = f"select t.* from {relation} as t where t.organization_id = %s order by t::text"
        found[relation] = connection.execute(query.encode(), [tenant.organization]).fetchall()
    return found


def noise(length: int) -> str:
    """A text that cannot be compressed to fit an index."""
    return random.Random(length).randbytes(length).hex()[:length]


def make_absurd(connection: psycopg.Connection, tenant: Tenant, number: int, time: str) -> None:
    own = {"organization_id": tenant.organization}
    client = insert(
        connection, "crm_clients", **own, created_at=time, first_contact_date=time,
        last_contact_date=time, source=noise(2000),
    )  # fmt: skip
    insert(
        connection, "crm_orders", **own, client_id=client, order_number=f"X{number}",
        total="9999999999.99", order_date=time, shipped_date=time, delivered_date=time,
        status="delivered", currency=noise(100), exchange_rate=1,
    )  # fmt: skip
    deal = insert(
        connection, "crm_deals", **own, client_id=client, name="X", deal_value="9999999999.99",
        created_at=time, stage="closed_won", stage_changed_at=time,
        actual_close_date=time[:10], currency=noise(100),
    )  # fmt: skip
    insert(
        connection, "crm_deal_stages_history", **own, deal_id=deal, from_stage="proposal",
        to_stage="closed_won", created_at=time,
    )  # fmt: skip
    insert(
        connection, "messages", **own, channel_id=tenant.rows["channels"],
        contact_id=tenant.rows["contacts"], sender_type="user", text_content="X", sent_at=time,
    )  # fmt: skip
    # What chose one id for both. Each begins a conversation of its own.
    same = str(uuid.uuid4())
    insert(
        connection, "messages", **own, id=same, channel_id=tenant.rows["channels"],
        contact_id=tenant.rows["contacts"], sender_type="user", text_content="X",
        sent_at=f"201{number}-01-01 00:00Z",
    )  # fmt: skip
    insert(
        connection, "crm_activities", **own, id=same, subject="X",
        activity_type="chatbot_interaction", status="completed",
    )  # fmt: skip
    insert(
        connection, "crm_activities", **own, client_id=client, subject="X",
        activity_type="chatbot_interaction", status="completed", created_at=time, completed_at=time,
    )  # fmt: skip


def test_the_other_organizations_figures_are_as_before(built: Built) -> None:
    assert any(built.before.values())
    assert built.after == built.before
