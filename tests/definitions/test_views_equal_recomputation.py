from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import psycopg
import pytest
from fixtures import recomputation

Rows = list[dict[str, Any]]
Recompute = Callable[[Callable[[str], Rows]], Sequence[tuple[Hashable, ...]]]

EXPECTED: dict[str, Recompute] = {
    "analytics_deal_metrics": lambda rows: recomputation.deal_metrics(rows("crm_deals")),
    "analytics_client_metrics": lambda rows: recomputation.client_metrics(
        rows("crm_clients"), rows("crm_orders")
    ),
    "analytics_revenue_metrics": lambda rows: recomputation.revenue_metrics(rows("crm_orders")),
    "analytics_chatbot_effectiveness": lambda rows: recomputation.chatbot_effectiveness(
        rows("crm_activities")
    ),
    "analytics_channel_performance": lambda rows: recomputation.channel_performance(
        rows("channels"), rows("contacts"), rows("messages")
    ),
}


def comparable(value: Any) -> str:
    """Text that sorts, numbers to ten decimals: PostgreSQL's quotients end after sixteen."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (int, Decimal, Fraction)):
        return f"{float(round(Fraction(value), 10)):.10f}"
    return repr(value)


@pytest.mark.parametrize("view", EXPECTED)
def test_a_view_equals_its_recomputation_wherever_the_session_lives(
    view: str, session: psycopg.Connection, rows: Callable[[str], Rows]
) -> None:
    # Plain, so that every row is made in this session's time zone.
    session.execute(f"refresh materialized view {view}".encode())
    found = sorted(tuple(map(comparable, row.values())) for row in rows(view))

    expected = sorted(tuple(map(comparable, row)) for row in EXPECTED[view](rows))

    assert len(expected) > 50
    assert found == expected
