from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from fixtures.vendure.server import PASSWORD, VendureServer
from fixtures.vendure.truth import truth

from connectors.base import StoreConfig
from connectors.preflight import Preflight, Severity, preflight
from connectors.vendure.client import VendureConnector


def look(config: StoreConfig) -> Preflight:
    with closing(VendureConnector(config, sleep=lambda _seconds: None)) as connector:
        return preflight(connector, config)


def test_a_preflight_of_a_real_shop_tells_its_counts_and_its_oldest_order(
    vendure: VendureServer, store: Callable[..., StoreConfig]
) -> None:
    found = look(store(vendure))

    assert found.is_fit
    told = {one.code: one for one in found.findings}
    # The fixture speaks plain http, which is worth a warning and nothing else is.
    assert {one.code for one in found.warnings} == {"tls"}
    for code, name in (
        ("count_customers", "customers"),
        ("count_products", "variants"),
        ("count_orders", "orders"),
    ):
        assert told[code].found.split()[0] == str(len(truth(vendure.database_url, name)))
    oldest = min(row[9] for row in truth(vendure.database_url, "orders"))
    assert f"{oldest:%Y-%m-%d}" in told["oldest_order"].found
    assert told["first_sync"].severity is Severity.OK
    assert PASSWORD not in repr(found)


def test_a_preflight_with_a_wrong_password_is_one_failure_that_says_what_to_do(
    vendure: VendureServer, store: Callable[..., StoreConfig]
) -> None:
    credentials = {"username": "superadmin", "password": "not-the-password"}
    found = look(store(vendure, credentials=credentials))

    assert [one.code for one in found.failures] == ["access"]
    assert "Check `username` and `password`" in found.failures[0].found
    assert "not-the-password" not in repr(found)
