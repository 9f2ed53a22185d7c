"""Orders, their clients' totals and the findings, as rates come, change, stop and come late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count

import psycopg
import pytest
from fixtures.tenants import insert

from connectors.rates.ecb import Quote
from connectors.rates.findings import missing_rates, rates_on
from connectors.rates.keep import keep, state_rate
from connectors.rates.orders import Filled, fill_orders

Order = tuple[str, str, str]
NUMBERS = count(1)
DATE_CHECK = "crm_orders_order_date_sane_check"


def quote(connection: psycopg.Connection, day: str, **rates: str) -> None:
    """Load one day of the ECB's."""
    keep(
        connection,
        [
            Quote(day=date.fromisoformat(day), currency=currency, rate=Decimal(value))
            for currency, value in rates.items()
        ],
        origin="test",
    )


def client(connection: psycopg.Connection, organization: str) -> str:
    return insert(connection, "crm_clients", organization_id=organization)


def sold(
    connection: psycopg.Connection, organization: str, buyer: str, *orders: Order
) -> list[str]:
    """Orders of (day or moment, total, currency) as a sync of a store leaves them."""
    store = connection.execute(
        "insert into sync.stores (organization_id, key, platform, base_url) "
        "values (%s, %s, 'woocommerce', 'https://x') "
        "on conflict (key) do update set key = excluded.key returning id::text",
        [organization, f"s-{organization[:8]}"],
    ).fetchone()
    assert store is not None
    made = []
    for moment, total, currency in orders:
        number = f"N{next(NUMBERS):06}"
        order = {
            "organization_id": organization,
            "client_id": buyer,
            "order_number": number,
            "ecommerce_order_id": number,
            "total": Decimal(total),
            "currency": currency,
            "order_date": moment if " " in moment else f"{moment} 12:00Z",
        }
        made.append(insert(connection, "crm_orders", **order))
        connection.execute(
            "insert into sync.record_map (store_id, entity, external_id, organization_id, crm_id) "
            "values (%s, 'orders', %s, %s, %s)",
            [store[0], number, organization, made[-1]],
        )
    return made


def rates(connection: psycopg.Connection, organization: str) -> list[Decimal | None]:
    return [
        row[0]
        for row in connection.execute(
            "select exchange_rate from crm_orders where organization_id = %s "
            "order by order_date, order_number",
            [organization],
        )
    ]


def revenue(connection: psycopg.Connection, organization: str) -> Decimal:
    """The clients' totals, which must be what the orders' net revenue adds up to."""
    row = connection.execute(
        "select (select sum(total_revenue) from crm_clients where organization_id = %(o)s), "
        "(select coalesce(sum(net_revenue), 0) from crm_orders where organization_id = %(o)s)",
        {"o": organization},
    ).fetchone()
    assert row is not None
    assert row[0] == row[1]
    return Decimal(row[0])


def reports_in(connection: psycopg.Connection, organization: str, currency: str) -> None:
    connection.execute(
        "update organizations set reporting_currency = %s where id = %s", [currency, organization]
    )


def test_a_rate_that_arrives_late_fills_and_one_that_is_revised_corrects_orders_and_totals(
    connection: psycopg.Connection, make_organization: Callable[[str], str]
) -> None:
    ours, others = make_organization("Ours"), make_organization("Others")
    for organization in (ours, others):
        reports_in(connection, organization, "EUR")
        sold(
            connection, organization, client(connection, organization),
            ("2026-11-20", "100", "USD"),
            # A weekend, and seconds before and after midnight UTC.
            ("2026-11-21 23:59:59Z", "100", "USD"),
            ("2026-11-23 00:00:01Z", "100", "USD"),
            ("2026-11-23 00:00:02Z", "50", "EUR"),
        )  # fmt: skip
    quote(connection, "2026-11-20", USD="1.25")
    # Monday's is late: Friday's holds over it.
    assert fill_orders(connection, run_id="r1") == Filled(organizations=2, orders=6)
    for organization in (ours, others):
        assert rates(connection, organization) == [Decimal("0.8")] * 3 + [1]
        assert revenue(connection, organization) == Decimal("290.00")

    quote(connection, "2026-11-23", USD="2")
    assert fill_orders(connection, run_id="r2") == Filled(organizations=2, orders=2)
    assert rates(connection, ours) == [Decimal("0.8"), Decimal("0.8"), Decimal("0.5"), 1]
    assert revenue(connection, ours) == Decimal("260.00")

    quote(connection, "2026-11-20", USD="1")
    assert fill_orders(connection, run_id="r3") == Filled(organizations=2, orders=4)
    assert revenue(connection, ours) == Decimal("300.00")
    assert missing_rates(connection) == []


def test_orders_whose_rate_is_right_are_not_written_and_no_edit_of_people_is_noted(
    connection: psycopg.Connection, organization: str
) -> None:
    buyer = client(connection, organization)
    sold(connection, organization, buyer, *[("2026-11-20", "10", "EUR")] * 7)
    quote(connection, "2026-11-20", USD="1.1")
    assert fill_orders(connection, run_id="r1", portion=3).orders == 7
    untouched = "select id::text, xmin::text from crm_orders where id::text = any(%s)"
    ids = [row[0] for row in connection.execute("select id::text from crm_orders").fetchall()]
    versions = set(connection.execute(untouched, [ids]).fetchall())

    # Another currency came and one order is new: only that one is touched.
    sold(connection, organization, buyer, ("2026-11-20", "10", "EUR"))
    before = connection.execute("select count(*) from crm_orders where exchange_rate is null")
    assert before.fetchone() == (1,)
    quote(connection, "2026-11-20", GBP="0.9")
    assert fill_orders(connection, run_id="r2", portion=3).orders == 1
    assert set(connection.execute(untouched, [ids]).fetchall()) == versions
    assert fill_orders(connection, run_id="r3") == Filled(organizations=0, orders=0)
    assert connection.execute("select count(*) from sync.field_edits").fetchone() == (0,)


def test_another_reporting_currency_rates_every_order_again_at_once(
    connection: psycopg.Connection, make_organization: Callable[[str], str]
) -> None:
    ours, others = make_organization("Ours"), make_organization("Others")
    quote(connection, "2026-11-20", USD="1.25", GBP="0.8")
    for organization in (ours, others):
        buyer = client(connection, organization)
        sold(
            connection, organization, buyer,
            ("2026-11-20", "100", "USD"), ("2026-11-20", "100", "EUR"),
            ("2026-11-20", "100", "GBP"), ("2026-11-21", "100", "JPY"),
        )  # fmt: skip
    fill_orders(connection, run_id="r1")
    assert rates(connection, ours) == [1, Decimal("1.25"), Decimal("1.5625"), None]
    assert revenue(connection, ours) == Decimal("381.25")
    neighbours = connection.execute(
        "select xmin::text from crm_orders where organization_id = %s order by id", [others]
    ).fetchall()

    reports_in(connection, ours, "EUR")
    assert rates(connection, ours) == [Decimal("0.8"), 1, Decimal("1.25"), None]
    assert revenue(connection, ours) == Decimal("305.00")
    # A currency nobody quotes: no amount of the old one is left to be read as the new one.
    reports_in(connection, ours, "XAU")
    assert rates(connection, ours) == [None] * 4
    assert revenue(connection, ours) == 0
    reports_in(connection, ours, "USD")
    assert revenue(connection, ours) == Decimal("381.25")

    assert (
        neighbours
        == connection.execute(
            "select xmin::text from crm_orders where organization_id = %s order by id", [others]
        ).fetchall()
    )
    assert connection.execute("select count(*) from sync.field_edits").fetchone() == (0,)
    # The signature of that change is not left to what follows in the same transaction.
    with connection.transaction():
        reports_in(connection, ours, "GBP")
        connection.execute("update crm_orders set total = 1 where organization_id = %s", [ours])
    assert connection.execute("select distinct column_name from sync.field_edits").fetchall() == [
        ("total",)
    ]


def test_orders_beyond_the_last_quotation_are_named_with_the_day_it_ended(
    connection: psycopg.Connection, organization: str
) -> None:
    quote(connection, "2022-03-01", RUB="117.201", USD="1.1162")
    quote(connection, "2022-03-12", USD="1.1")
    buyer = client(connection, organization)
    sold(
        connection, organization, buyer,
        ("2022-03-11", "100", "RUB"), ("2022-03-12", "100", "RUB"), ("2022-03-20", "100", "RUB"),
        ("2022-03-20", "100", "VND"),
    )  # fmt: skip
    fill_orders(connection, run_id="r1")

    assert [rate is None for rate in rates(connection, organization)] == [False, True, True, True]
    roubles, dong = (one.sentence for one in missing_rates(connection))
    assert roubles == (
        "Acme: 2 order(s) in RUB from 2022-03-12 to 2022-03-20 have no rate to USD and are in no "
        "sum; RUB was last quoted on 2022-03-01, and a quotation holds for 10 days. If it is "
        "quoted no more, state one: storeloom rates set EUR RUB RATE --from DAY"
    )
    assert dong == (
        "Acme: 1 order(s) in VND on 2022-03-20 have no rate to USD and are in no sum; no rate of "
        "VND is known by then. Load them, or state one: storeloom rates set EUR VND RATE "
        "--from DAY"
    )
    state_rate(connection, base="EUR", quote="RUB", rate=Decimal(110), first_day=date(2022, 3, 12))
    assert fill_orders(connection, run_id="r2").orders == 2
    assert rates(connection, organization)[1:3] == [Decimal("0.01")] * 2
    assert [one.currency for one in missing_rates(connection)] == ["VND"]


def test_a_pause_of_a_currency_is_named_whatever_later_orders_of_others_lack(
    connection: psycopg.Connection, make_organization: Callable[[str], str]
) -> None:
    """The krona was not quoted for nine years."""
    quote(connection, "2008-12-09", ISK="290", USD="1.3")
    quote(connection, "2018-02-01", ISK="125", USD="1.24")
    for name, day in (("Early", "2012-05-02"), ("Late", "2026-11-20")):
        organization = make_organization(name)
        sold(connection, organization, client(connection, organization), (day, "100", "ISK"))
    quote(connection, "2012-05-02", USD="1.3")
    quote(connection, "2026-11-20", USD="1.1")
    fill_orders(connection, run_id="r1")

    early, late = missing_rates(connection)
    assert "ISK was last quoted on 2008-12-09" in early.sentence
    assert "ISK was last quoted on 2018-02-01" in late.sentence


def test_a_rate_the_old_rule_carried_too_far_is_taken_back(
    connection: psycopg.Connection, organization: str
) -> None:
    buyer = client(connection, organization)
    (late,) = sold(connection, organization, buyer, ("2022-06-01", "100", "EUR"))
    connection.execute("update crm_orders set exchange_rate = 1.1 where id = %s", [late])
    quote(connection, "2022-03-01", USD="1.1162")

    assert fill_orders(connection, run_id="r1").orders == 1
    assert rates(connection, organization) == [None]
    assert revenue(connection, organization) == 0


def test_a_rate_people_put_on_an_order_of_their_own_stays_where_none_is_known(
    connection: psycopg.Connection, organization: str
) -> None:
    typed = {
        currency: insert(
            connection,
            "crm_orders",
            organization_id=organization,
            client_id=client(connection, organization),
            order_number=currency,
            total=100,
            currency=currency,
            exchange_rate=Decimal(rate),
            order_date=datetime(2026, 11, 20, 12, tzinfo=UTC),
        )
        for currency, rate in (("VND", "0.00004"), ("EUR", "1.3"))
    }
    quote(connection, "2026-11-20", USD="1.25")
    assert fill_orders(connection, run_id="r1").orders == 1
    found = dict(connection.execute("select id::text, exchange_rate from crm_orders").fetchall())
    assert found == {typed["VND"]: Decimal("0.00004"), typed["EUR"]: Decimal("1.25")}


LEDGER = (
    "select external_id, earlier_value, new_value, run_id from sync.field_edits "
    "where column_name = 'exchange_rate' and state = 'overwritten' order by external_id"
)


def test_a_rate_typed_past_every_trigger_is_corrected_and_named_and_a_revised_one_is_not(
    connection: psycopg.Connection, organization: str
) -> None:
    buyer = client(connection, organization)
    quote(connection, "2026-11-20", USD="1.25")
    first, second, third = sold(
        connection, organization, buyer, *[("2026-11-20", "100", "EUR")] * 3
    )
    fill_orders(connection, run_id="r1")
    assert connection.execute(LEDGER).fetchall() == []

    unseen = "update crm_orders set exchange_rate = %s where id = %s"
    with connection.transaction():
        connection.execute("set local session_replication_role = replica")
        connection.execute(unseen, [9, first])
        connection.execute(unseen, [None, second])
    # This one the ledger has already, as any other edit.
    connection.execute(unseen, [8, third])
    quote(connection, "2026-11-20", USD="1.5")
    assert fill_orders(connection, run_id="r2").orders == 3
    assert rates(connection, organization) == [Decimal("1.5")] * 3
    assert revenue(connection, organization) == Decimal("450.00")
    numbers = [
        row[0]
        for row in connection.execute(
            "select ecommerce_order_id from crm_orders where id = any(%s::uuid[]) "
            "order by order_number",
            [[first, second]],
        )
    ]
    assert connection.execute(LEDGER).fetchall() == [
        (numbers[0], 1.25, 9, "r2"),
        (numbers[1], 1.25, None, "r2"),
    ]

    quote(connection, "2026-11-20", USD="2")
    assert fill_orders(connection, run_id="r3").orders == 3
    assert len(connection.execute(LEDGER).fetchall()) == 2


@pytest.fixture
def unchecked(connection: psycopg.Connection) -> Iterator[None]:
    """A database from before order dates were checked."""
    found = connection.execute(
        "select pg_get_constraintdef(oid) from pg_constraint where conname = %s", [DATE_CHECK]
    ).fetchone()
    assert found is not None
    connection.execute(f"alter table crm_orders drop constraint {DATE_CHECK}".encode())
    yield
    connection.execute(f"alter table crm_orders add constraint {DATE_CHECK} {found[0]}".encode())


@pytest.mark.usefixtures("unchecked")
def test_an_order_of_a_day_no_calendar_has_stops_neither_its_neighbours_nor_the_findings(
    connection: psycopg.Connection, make_organization: Callable[[str], str]
) -> None:
    odd, ours = make_organization("Odd"), make_organization("Ours")
    moments = (
        "infinity",
        "-infinity",
        "294276-12-31 00:00Z",
        "0001-01-01 00:00Z BC",
        "20226-01-01",
    )
    for number, moment in enumerate(moments):
        insert(
            connection, "crm_orders", organization_id=odd, client_id=client(connection, odd),
            order_number=str(number), total=1, currency="EUR", order_date=moment,
        )  # fmt: skip
    sold(connection, ours, client(connection, ours), ("2026-11-20", "100", "EUR"))
    quote(connection, "2026-11-20", USD="1.25")

    assert fill_orders(connection, run_id="r1") == Filled(organizations=1, orders=1)
    assert rates(connection, ours) == [Decimal("1.25")]
    (found,) = missing_rates(connection)
    assert (found.orders, found.first_day, found.last_day) == (5, date.min, date.max)
    assert "from 0001-01-01 to 9999-12-31" in found.sentence
    reports_in(connection, odd, "EUR")
    assert rates(connection, odd) == [1] * 5
    connection.execute("update sync.exchange_rates set valid_until = 'infinity'")
    assert [one.valid_until for one in rates_on(connection, date(2026, 11, 26))] == [date.max]


def test_an_amount_too_large_when_converted_is_left_alone_and_stops_nobody(
    connection: psycopg.Connection, make_organization: Callable[[str], str]
) -> None:
    rich, ours = make_organization("Rich"), make_organization("Ours")
    for organization in (rich, ours):
        reports_in(connection, organization, "IDR")
    whale = client(connection, rich)
    # A billion euros are no net revenue in rupiah, and a million too much for a client's total.
    sold(connection, rich, whale, ("2026-11-19", "1000000000", "EUR"))
    sold(connection, rich, whale, *[("2026-11-20", "400000", "EUR")] * 2)
    small = client(connection, rich)
    sold(connection, rich, small, *[("2026-11-20", "1", "EUR")] * 6)
    sold(connection, ours, client(connection, ours), ("2026-11-20", "1", "EUR"))
    quote(connection, "2026-11-19", IDR="17000")

    assert fill_orders(connection, run_id="r1") == Filled(organizations=2, orders=8, refused=2)
    assert rates(connection, ours) == [17000]
    found = rates(connection, rich)
    assert found[0] is None
    assert sorted(map(str, found[1:])) == ["17000.00000000"] * 7 + ["None"]
    assert revenue(connection, rich) == 17000 * (400_000 + 6)
    assert fill_orders(connection, run_id="r2") == Filled(organizations=0, orders=0, refused=2)


def test_filling_beside_a_writer_of_the_same_clients_ends_with_everything_right(
    database: str,
    connection: psycopg.Connection,
    organization: str,
    together: Callable[..., list[object]],
) -> None:
    buyers = [client(connection, organization) for _ in range(5)]
    for buyer in buyers:
        sold(connection, organization, buyer, *[("2026-11-20", "10", "EUR")] * 4)
    quote(connection, "2026-11-20", USD="1.5")

    def fill() -> object:
        with psycopg.connect(database) as own:
            return fill_orders(own, run_id="r1", portion=4).orders

    def write() -> object:
        with psycopg.connect(database, autocommit=True) as own:
            waiting = buyers * 3
            while waiting:
                # Of two who hold what the other wants, the server may end either.
                with suppress(psycopg.errors.DeadlockDetected):
                    own.execute(
                        "update crm_orders set total = total + 1 where client_id = %s",
                        [waiting[-1]],
                    )
                    waiting.pop()
        return 0

    together(fill, fill, write)
    assert set(rates(connection, organization)) == {Decimal("1.5")}
    assert revenue(connection, organization) == Decimal("390.00")


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles"])
def test_the_day_of_an_order_is_a_day_of_utc_whatever_the_session_thinks(
    connection: psycopg.Connection, organization: str, zone: str
) -> None:
    quote(connection, "2026-11-19", USD="1")
    quote(connection, "2026-11-20", USD="2")
    quote(connection, "2026-11-21", USD="4")
    connection.execute(f"set time zone '{zone}'".encode())
    buyer = client(connection, organization)
    sold(
        connection, organization, buyer,
        ("2026-11-20 00:00:00Z", "1", "EUR"), ("2026-11-20 23:59:59Z", "1", "EUR"),
    )  # fmt: skip
    fill_orders(connection, run_id="r1")
    assert rates(connection, organization) == [2, 2]
    reports_in(connection, organization, "CHF")
    reports_in(connection, organization, "USD")
    assert rates(connection, organization) == [2, 2]
