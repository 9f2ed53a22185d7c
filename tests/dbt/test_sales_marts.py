"""The marts of sales and chats over rows that triggers, imports and merges made.

Where a function of the database answers the same question, the answer must be the same.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Any
from uuid import UUID

import psycopg
import pytest
from fixtures.dbt_runs import Dbt
from fixtures.random_crm import fill
from fixtures.tenants import insert, sign_up
from psycopg import sql

from connectors.crm.client_merge import Merge, lock_clients, merge_clients
from connectors.crm.embedded import EmbeddedServer
from connectors.crm.metrics import compute_client_ltv, compute_win_rates

STAGES = ("prospecting", "qualification", "proposal", "negotiation", "closed_won", "closed_lost")
MARTS = (
    "fct_deal_stage_transitions",
    "fct_stage_conversion",
    "fct_sales_velocity",
    "fct_win_rates",
    "fct_lifecycle_funnel",
    "fct_client_ltv",
    "fct_chat_to_order",
    "fct_response_times",
)


@pytest.fixture(scope="module")
def organizations() -> dict[str, str]:
    """Filled by `marts`: what a part of it is called -> its organization."""
    return {}


@pytest.fixture(scope="module")
def marts(
    server: EmbeddedServer,
    built_database: str,
    organizations: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[psycopg.Connection]:
    """A connection to a database with all of the parts below, modelled once."""
    name = f"sales_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute(
            sql.SQL("create database {} template {}").format(
                sql.Identifier(name), sql.Identifier(built_database)
            )
        )
        with psycopg.connect(server.url(name), autocommit=True) as connection:
            for part in (_imported_deals, _merged_clients):
                organization = sign_up(connection, email=f"{part.__name__}@x").organization
                organizations[part.__name__] = organization
                part(connection, organization)
            fill(connection, seed=20_261_126)
            for today in (date(2026, 3, 1), date(2026, 3, 2)):
                compute_client_ltv(connection, today)
                compute_win_rates(connection, today)
                connection.execute(
                    "update crm_deals set stage = 'closed_won' where stage = 'negotiation'"
                )
            compute_win_rates(connection, date(2026, 3, 3))
            Dbt(server.url(name), tmp_path_factory.mktemp("sales")).run("run", "--select", *MARTS)
            yield connection
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def _imported_deals(connection: psycopg.Connection, organization: str) -> None:
    """300 deals moved up to seven times in one instant, half of them in that of their creation."""
    chance = random.Random(7)
    client = insert(connection, "crm_clients", organization_id=organization, source="import")
    for number in range(300):
        stage = chance.choice(STAGES)
        deal = str(uuid.uuid4())
        values = {
            "id": deal,
            "organization_id": organization,
            "client_id": client,
            "name": "Deal",
            "stage": stage,
            "deal_value": chance.randrange(100),
        }
        if number % 2:
            insert(connection, "crm_deals", **values)
        # What one transaction does bears one time.
        with connection.transaction():
            if not number % 2:
                insert(connection, "crm_deals", **values)
            for _ in range(chance.randrange(8)):
                stage = chance.choice([other for other in STAGES if other != stage])
                connection.execute("update crm_deals set stage = %s where id = %s", [stage, deal])


def _merged_clients(connection: psycopg.Connection, organization: str) -> None:
    """One person twice, as a buyer and as a chat contact with a deal, who then becomes one."""
    channel = insert(
        connection, "channels", organization_id=organization, name="Shop", platform="whatsapp"
    )
    contact = insert(
        connection,
        "contacts",
        organization_id=organization,
        channel_id=channel,
        platform="whatsapp",
        platform_user_id="1",
    )
    loser = _one(connection, "select id from crm_clients where contact_id = %s", contact)
    winner = insert(connection, "crm_clients", organization_id=organization)
    insert(connection, "crm_deals", organization_id=organization, client_id=loser, name="Deal")
    for sender, at in (("user", "2026-02-01 10:00Z"), ("ai", "2026-02-01 10:01Z")):
        insert(
            connection,
            "messages",
            organization_id=organization,
            channel_id=channel,
            contact_id=contact,
            sender_type=sender,
            sent_at=at,
        )
    insert(
        connection,
        "crm_orders",
        organization_id=organization,
        client_id=winner,
        order_number="1",
        total=30,
        order_date="2026-02-03 10:00Z",
    )
    with connection.transaction():
        lock_clients(connection, organization)
        merge_clients(
            connection,
            Merge(
                organization_id=organization,
                winner_id=UUID(winner),
                loser_id=UUID(str(loser)),
                reason="review",
                evidence={},
                run_id="test",
            ),
        )


def _one(connection: psycopg.Connection, query: str, *parameters: Any) -> Any:
    rows = connection.execute(query.encode(), parameters).fetchall()
    assert len(rows) == 1, rows
    return rows[0][0]


def test_moves_of_one_instant_are_told_in_an_order_in_which_they_can_have_happened(
    marts: psycopg.Connection, organizations: dict[str, str]
) -> None:
    moves: dict[UUID, list[tuple[str | None, str, bool, str]]] = {}
    for deal, *move in marts.execute(
        "select t.deal_id, t.from_stage, t.to_stage, t.is_current, d.stage"
        " from marts.fct_deal_stage_transitions as t join crm_deals as d on d.id = t.deal_id"
        " where t.organization_id = %s order by t.deal_id, t.sequence_number",
        [organizations["_imported_deals"]],
    ):
        moves.setdefault(deal, []).append(tuple(move))

    assert len(moves) == 300
    assert max(map(len, moves.values())) >= 8
    for told in moves.values():
        assert told[0][0] is None
        assert all(before[1] == after[0] for before, after in pairwise(told)), told
        assert told[-1][1] == told[-1][3]
        assert [is_current for _, _, is_current, _ in told] == [False] * (len(told) - 1) + [True]


def test_after_a_merge_deals_talks_and_orders_are_those_of_the_client_that_stayed(
    marts: psycopg.Connection, organizations: dict[str, str]
) -> None:
    scope = [organizations["_merged_clients"]]
    client = _one(marts, "select id from crm_clients where organization_id = %s", *scope)

    assert marts.execute(
        "select client_id, handled_by, days_to_order, influenced_net_reporting"
        " from marts.fct_chat_to_order where organization_id = %s",
        scope,
    ).fetchall() == [(client, "ai", 2, 30)]
    for mart in ("fct_deal_stage_transitions", "fct_response_times", "fct_client_ltv"):
        query = f"select client_id from marts.{mart} where organization_id = %s"
        assert _one(marts, query, *scope) == client


def test_the_newest_win_rates_are_what_the_function_says_now(
    marts: psycopg.Connection, organizations: dict[str, str]
) -> None:
    differing = marts.execute(
        """
        select w.organization_id, w.close_month
        from marts.fct_win_rates as w
        where
          w.is_current
          and w.dimension in ('overall', 'close_month')
          and w.win_rate is distinct from calculate_win_rate(
            w.organization_id,
            w.close_month,
            (w.close_month + interval '1 month' - interval '1 day')::date
          )
        """
    ).fetchall()
    history = marts.execute(
        "select as_of::text, is_current, win_rate is null from marts.fct_win_rates"
        " where organization_id = %s and dimension = 'overall' order by as_of",
        [organizations["_imported_deals"]],
    ).fetchall()

    assert differing == []
    # On the third day nothing had changed, so nothing was written.
    assert history == [("2026-03-01", False, False), ("2026-03-02", True, False)]


def test_win_rates_by_month_and_of_all_months_are_what_the_function_says(
    marts: psycopg.Connection,
) -> None:
    by_month = marts.execute(
        """
        select
          round(100.0 * sum(won_deals) / sum(closed_deals), 2),
          calculate_win_rate(
            organization_id,
            close_month,
            (close_month + interval '1 month' - interval '1 day')::date
          )
        from marts.fct_sales_velocity
        group by organization_id, close_month
        """
    ).fetchall()
    in_all = marts.execute(
        """
        select
          round(100.0 * sum(won_deals) / sum(closed_deals), 2),
          calculate_win_rate(organization_id)
        from marts.fct_sales_velocity
        group by organization_id
        """
    ).fetchall()

    assert len(by_month) > 20
    assert len(in_all) == 4
    assert [row for row in by_month + in_all if row[0] != row[1]] == []


def test_the_funnel_is_what_the_function_says_in_every_organization(
    marts: psycopg.Connection,
) -> None:
    by_function = marts.execute(
        """
        select o.id, f.lifecycle_stage, f.count, f.percentage
        from organizations as o cross join get_conversion_funnel(o.id) as f
        order by o.id, array_position(
          array['lead', 'mql', 'sql', 'opportunity', 'customer', 'evangelist', 'churned'],
          f.lifecycle_stage
        )
        """
    ).fetchall()
    by_mart = marts.execute(
        """
        select organization_id, lifecycle_stage, clients, percentage
        from marts.fct_lifecycle_funnel
        where lifecycle_stage is not null
        order by organization_id, stage_position
        """
    ).fetchall()

    assert by_mart == by_function
    # One of the six organizations has nobody in it.
    assert (len(by_mart), sum(row[3] is None for row in by_mart)) == (42, 7)


def test_lifetime_values_are_what_the_function_says_for_every_client(
    marts: psycopg.Connection,
) -> None:
    compared = marts.execute(
        "select m.ltv, calculate_client_ltv(c.id)"
        " from crm_clients as c left join marts.fct_client_ltv as m on m.client_id = c.id"
    ).fetchall()

    assert len(compared) > 100
    assert [row for row in compared if row[0] != row[1]] == []
