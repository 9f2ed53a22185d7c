"""What is summed up of orders, what is kept of predictions, and who stays apart from whom."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest
from fixtures import cdnow

from connectors.crm.lifetime import OrganizationFit, compute_ltv_predictions
from connectors.crm.statements import load
from connectors.lifetime.forecast import PREDICTIONS, forecast

AS_OF = cdnow.AS_OF
Make = Callable[[str], str]
Columns = dict[str, Any]


def client(connection: psycopg.Connection, organization: str, name: str = "Ann") -> uuid.UUID:
    (row,) = connection.execute(
        "insert into crm_clients (organization_id, full_name) values (%s, %s) returning id",
        [organization, name],
    ).fetchall()
    return uuid.UUID(str(row[0]))


def order(connection: psycopg.Connection, organization: str, of: uuid.UUID, **fields: Any) -> None:
    values = {"order_number": uuid.uuid4().hex, "total": 10, "status": "delivered", **fields}
    connection.execute(
        "insert into crm_orders (organization_id, client_id, order_number, total, status, currency,"
        " exchange_rate, refunded_total, order_date) values (%(organization)s, %(of)s, "
        "%(order_number)s, %(total)s, %(status)s, %(currency)s, %(rate)s, %(refunded)s, %(at)s)",
        {
            "organization": organization,
            "of": of,
            "currency": "USD",
            "rate": None,
            "refunded": 0,
            **values,
        },
    )


def summed_up(
    connection: psycopg.Connection, organization: str, cut: date | None = None
) -> list[Columns]:
    cursor = connection.execute(
        load("lifetime/summary"), {"organization_id": organization, "as_of": AS_OF, "cut": cut}
    )
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor]


@pytest.fixture
def shop(connection: psycopg.Connection, organization: str) -> str:
    """The organization, with the orders of CDNOW."""
    fill_with_cdnow(connection, organization)
    return organization


def fill_with_cdnow(connection: psycopg.Connection, organization: str) -> None:
    lines = cdnow.purchases()
    ids = {customer: uuid.uuid4() for customer in lines["customer"].unique()}
    with connection.cursor() as cursor:
        with cursor.copy("copy crm_clients (id, organization_id, full_name) from stdin") as copy:
            for customer, client_id in ids.items():
                copy.write_row((client_id, organization, customer))
        with cursor.copy(
            "copy crm_orders (organization_id, client_id, order_number, total, status, order_date)"
            " from stdin"
        ) as copy:
            for number, line in enumerate(lines.itertuples()):
                copy.write_row(
                    (
                        organization,
                        ids[line.customer],
                        str(number),
                        line.dollars,
                        "delivered",
                        f"{line.date} 12:00+00",
                    )
                )
    connection.execute("analyze crm_orders")


def test_orders_of_one_utc_day_are_one_purchase_in_any_session(
    connection: psycopg.Connection, organization: str
) -> None:
    ann = client(connection, organization)
    for moment, total in (
        ("1997-03-01 23:30+00", 5),
        # The same day, and the day before in New York.
        ("1997-03-01 00:30+00", 6),
        ("1997-03-11 00:10+00", 20),
        ("1997-03-11 23:50+00", 22),
        ("1997-09-30 23:59:59+00", 8),
        # Nobody knows of tomorrow yet.
        ("1997-10-01 00:00+00", 99),
    ):
        order(connection, organization, ann, at=moment, total=total)

    for zone in ("UTC", "America/New_York", "Pacific/Auckland"):
        connection.execute(f"set time zone '{zone}'")
        assert summed_up(connection, organization, date(1997, 3, 11)) == [
            {
                "client_id": str(ann),
                "frequency": 2,
                "recency_days": 213,
                "age_days": 213,
                "value_count": 2,
                "mean_value": (42 + 8) / 2,
                "unrated_orders": 0,
                "frequency_before": 1,
                "recency_days_before": 10,
                "age_days_before": 10,
            }
        ]


def test_lost_orders_are_none_refunds_count_and_unknown_rates_leave_the_value_out(
    connection: psycopg.Connection, organization: str
) -> None:
    ann = client(connection, organization)
    order(connection, organization, ann, at="1997-02-01", status="cancelled")
    order(connection, organization, ann, at="1997-03-01")
    order(connection, organization, ann, at="1997-03-05", status="refunded")
    order(connection, organization, ann, at="1997-04-01", total=30, refunded=12)
    order(connection, organization, ann, at="1997-05-01", total=50, currency="XAU")
    order(connection, organization, ann, at="1997-05-01", total=3)
    order(connection, organization, ann, at="1997-06-01", total=10, currency="GBP", rate=1.6)

    (found,) = summed_up(connection, organization)

    assert (found["frequency"], found["recency_days"], found["age_days"]) == (3, 92, 213)
    assert (found["value_count"], found["unrated_orders"]) == (2, 1)
    assert found["mean_value"] == pytest.approx((18 + 16) / 2)


def test_the_client_who_stands_for_everybody_without_a_name_is_no_person(
    connection: psycopg.Connection, organization: str
) -> None:
    ann, walk_in = client(connection, organization), client(connection, organization, "Walk-in")
    (store,) = connection.execute(
        "insert into sync.stores (organization_id, key, platform, base_url, settings) "
        "values (%s, 'till', 'files', 'file:///till', '{}') returning id",
        [organization],
    ).fetchall()
    connection.execute(
        "insert into sync.record_map (store_id, entity, external_id, organization_id, crm_id) "
        "values (%s, 'guests', 'walk-in', %s, %s)",
        [store[0], organization, walk_in],
    )
    for of in (ann, walk_in):
        order(connection, organization, of, at="1997-03-01")

    assert [row["client_id"] for row in summed_up(connection, organization)] == [str(ann)]


def test_what_is_kept_is_what_the_models_say_of_the_file(
    connection: psycopg.Connection, shop: str
) -> None:
    result = compute_ltv_predictions(connection, AS_OF)

    assert (result.organizations, result.measured, result.written) == (1, 2357, 2357)
    fitted, wanted = forecast(cdnow.summary())
    rows = connection.execute(
        "select c.full_name, p.as_of, p.reporting_currency, p.ltv_method, p.p_alive, "
        "p.expected_orders_90d, p.expected_orders_365d, p.expected_order_value, "
        "p.predicted_ltv_365d from sync.client_ltv_predictions p "
        "join crm_clients c on c.id = p.client_id where p.organization_id = %s",
        [shop],
    ).fetchall()
    found = pd.DataFrame(rows, columns=["client_id", "as_of", "currency", "method", *PREDICTIONS])
    assert set(found["as_of"]) == {AS_OF}
    assert set(found["currency"]) == {"USD"}
    assert set(found["method"]) == {fitted.method}
    found = found.set_index("client_id").loc[wanted["client_id"]]
    for name in PREDICTIONS:
        difference = np.abs(found[name].astype(float).to_numpy() - wanted[name].to_numpy())
        # The last digit may round the other way: sums come in another order.
        assert difference.max() <= (0.0101 if "value" in name or "ltv" in name else 2e-6), name


def test_nothing_is_written_twice_and_the_next_day_is_another(
    connection: psycopg.Connection, shop: str
) -> None:
    def state() -> list[Any]:
        return connection.execute(
            "select client_id, as_of, xmin::text from sync.client_ltv_predictions "
            "union all select organization_id, as_of, xmin::text from sync.ltv_fits order by 1, 2"
        ).fetchall()

    compute_ltv_predictions(connection, AS_OF)
    first = state()
    assert compute_ltv_predictions(connection, AS_OF).written == 0
    assert state() == first

    later = AS_OF + timedelta(days=1)
    assert compute_ltv_predictions(connection, later).written == 2357
    assert connection.execute("select as_of from sync.ltv_fits order by as_of").fetchall() == [
        (AS_OF,),
        (later,),
    ]
    assert connection.execute(
        "select distinct as_of from sync.client_ltv_predictions"
    ).fetchall() == [(later,)]

    # A day that is made up for is kept as a fit; today's predictions stay.
    before = AS_OF - timedelta(days=1)
    assert compute_ltv_predictions(connection, before).written == 0
    assert connection.execute("select count(*) from sync.ltv_fits").fetchall() == [(3,)]
    assert connection.execute(
        "select distinct as_of from sync.client_ltv_predictions"
    ).fetchall() == [(later,)]


def test_a_small_organization_has_a_reason_said_once_and_no_numbers(
    connection: psycopg.Connection, organization: str
) -> None:
    ann, bob = client(connection, organization), client(connection, organization, "Bob")
    for of in (ann, bob):
        order(connection, organization, of, at="1997-03-01")

    for days in (0, 1, 2):
        compute_ltv_predictions(connection, AS_OF + timedelta(days=days))

    assert connection.execute(
        "select as_of, ltv_method, reason, clients, r from sync.ltv_fits"
    ).fetchall() == [
        (
            AS_OF,
            "historic_only",
            "only 2 clients have ordered, and a model needs 100",
            2,
            None,
        )
    ]
    kept = (
        "select client_id, as_of, ltv_method, p_alive, predicted_ltv_365d "
        "from sync.client_ltv_predictions order by client_id"
    )
    assert connection.execute(kept).fetchall() == [
        (of, AS_OF, "historic_only", None, None) for of in sorted((ann, bob))
    ]

    connection.execute("update crm_orders set status = 'cancelled' where client_id = %s", [bob])
    compute_ltv_predictions(connection, AS_OF + timedelta(days=3))
    assert [row[0] for row in connection.execute(kept)] == [ann]
    connection.execute("delete from crm_clients where id = %s", [ann])
    assert connection.execute(kept).fetchall() == []


def test_one_organization_that_fails_leaves_the_others_theirs(
    connection: psycopg.Connection, make_organization: Make
) -> None:
    first, broken, last = (make_organization(name) for name in ("A", "Broken", "Z"))
    for organization in (first, broken, last):
        order(connection, organization, client(connection, organization), at="1997-03-01")
    connection.execute(
        f"alter table sync.ltv_fits add constraint refused check (organization_id <> '{broken}')"
    )

    result = compute_ltv_predictions(connection, AS_OF)

    assert [one.organization_name for one in result.fits] == ["A", "Z"]
    (failure,) = result.failures
    assert failure.startswith('lifetime value of organization "Broken" was not predicted: ')
    assert "refused" in failure
    assert {
        str(row[0])
        for row in connection.execute("select organization_id from sync.client_ltv_predictions")
    } == {first, last}


def test_amounts_are_kept_in_the_currency_they_were_summed_up_in(
    connection: psycopg.Connection, make_organization: Make
) -> None:
    first, moving = make_organization("A"), make_organization("Moving")
    order(connection, moving, client(connection, moving), at="1997-03-01")

    def move(done: OrganizationFit) -> None:
        """One is being fitted for minutes, and the next one chooses another currency."""
        if done.organization_id == first:
            connection.execute(
                "update organizations set reporting_currency = 'EUR' where id = %s", [moving]
            )

    compute_ltv_predictions(connection, AS_OF, on_done=move)

    for kept in ("ltv_fits", "client_ltv_predictions"):
        found = f"select reporting_currency from sync.{kept} where organization_id = %s"
        assert connection.execute(found.encode(), [moving]).fetchall() == [("EUR",)]


def test_an_organization_learns_nothing_from_another(
    connection: psycopg.Connection, shop: str, make_organization: Make
) -> None:
    compute_ltv_predictions(connection, AS_OF)
    alone = connection.execute("select r, alpha, a, b, p, q, v from sync.ltv_fits").fetchall()
    other = make_organization("Other")
    whale = client(connection, other, "Whale")
    for day in range(1, 29):
        order(connection, other, whale, at=f"1997-02-{day:02}", total=9999)

    compute_ltv_predictions(connection, AS_OF)

    assert (
        connection.execute(
            "select r, alpha, a, b, p, q, v from sync.ltv_fits where organization_id = %s", [shop]
        ).fetchall()
        == alone
    )
    assert connection.execute(
        "select p.client_id, p.ltv_method from sync.client_ltv_predictions p "
        "where p.organization_id = %s",
        [other],
    ).fetchall() == [(whale, "historic_only")]
