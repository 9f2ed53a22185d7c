"""Rows the sandbox stores cannot bring: leads, deals and chats of the demo's organization.

Without them two of the five views and the win rate would be empty, and an empty view looks broken.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import psycopg

from connectors.crm.statements import load

_IN_ORDER: Final = ("leads", "deals", "channels", "contacts", "messages", "activities")
_STEPS_OF_A_DEAL: Final = 4


def load_demo_rates(connection: psycopg.Connection[Any]) -> None:
    """Add dated exchange rates, so that no order of the demo waits for one."""
    connection.execute(load("demo/exchange_rates"))


def seed_demo(connection: psycopg.Connection[Any], organization_id: str, as_of: date) -> None:
    """Add the rows, once: a second call with the same organization writes nothing.

    `as_of`: the day (UTC) the made-up history ends.
    """
    parameters = {"organization_id": organization_id, "as_of": as_of}
    for name in _IN_ORDER:
        connection.execute(load(f"demo/{name}"), parameters)
    for step in range(1, _STEPS_OF_A_DEAL + 1):
        connection.execute(load("demo/deal_moves"), {**parameters, "step": step})
