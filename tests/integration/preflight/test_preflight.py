"""What a preflight finds in stores that are well, and in stores that are not."""

from __future__ import annotations

import uuid
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from connectors.base import StoreConfig
from connectors.preflight import Finding, Preflight, Reporting, Severity, preflight
from connectors.registry import open_connector
from connectors.sandbox import SandboxServer, SandboxSpec

RATES = Reporting(currency="EUR", has_rate=lambda _currency: True)


def look(
    sandbox: SandboxServer, platform: str, reporting: Reporting = RATES, **settings: object
) -> Preflight:
    config = StoreConfig(
        id=str(uuid.uuid4()),
        organization_id=str(uuid.uuid4()),
        key="eu-shop",
        platform=platform,
        base_url=sandbox.base_url(platform),
        settings={"allow_http": True, **settings},
        credentials=sandbox.credentials(platform),
    )
    with closing(open_connector(config)) as connector:
        return preflight(connector, config, reporting=reporting)


def one(found: Preflight, code: str) -> Finding:
    return next(finding for finding in found.findings if finding.code == code)


@pytest.mark.parametrize("platform", ["woocommerce", "shopify"])
def test_a_store_that_is_well_is_fit_and_tells_how_much_there_is(platform: str) -> None:
    with SandboxServer(SandboxSpec(orders=60)) as sandbox:
        found = look(sandbox, platform)
        oldest = min(order.created_at for order in sandbox.world(platform).orders)

    assert found.is_fit
    assert not found.failures
    assert one(found, "clock").severity is Severity.OK
    assert one(found, "count_orders").found.endswith(" orders")
    assert one(found, "first_sync").found.startswith("a first sync")
    day = datetime.fromtimestamp(oldest, UTC)
    told = datetime.fromisoformat(one(found, "oldest_order").found[-10:]).replace(tzinfo=UTC)
    assert abs(told - day) < timedelta(days=120), "drafts and test orders are not counted"


def test_a_refused_key_is_one_failure_that_says_what_to_do() -> None:
    with SandboxServer(SandboxSpec(orders=5)) as sandbox:
        config = StoreConfig(
            id="1", organization_id="1", key="eu-shop", platform="woocommerce",
            base_url=sandbox.woocommerce_url, settings={"allow_http": True},
            credentials={"consumer_key": "ck_wrong", "consumer_secret": "cs_wrong"},
        )  # fmt: skip
        with closing(open_connector(config)) as connector:
            found = preflight(connector, config)

    assert not found.is_fit
    assert [finding.code for finding in found.failures] == ["access"]
    assert "cs_wrong" not in str(found)


def test_orders_older_than_sixty_days_that_the_token_may_not_see_are_told() -> None:
    scopes = ("read_customers", "read_orders", "read_products")
    with SandboxServer(SandboxSpec(orders=60, scopes=scopes)) as sandbox:
        found = look(sandbox, "shopify")

    assert found.is_fit
    assert any("read_all_orders" in finding.found for finding in found.warnings)


def test_a_clock_that_is_wrong_is_a_warning_and_too_wrong_for_signed_requests_a_failure() -> None:
    with SandboxServer(SandboxSpec(orders=5, clock_offset_seconds=600)) as sandbox:
        warned = one(look(sandbox, "woocommerce"), "clock")
        shopify = one(look(sandbox, "shopify"), "clock")

    assert warned.severity is Severity.WARNING
    assert "10 min ahead of ours" in warned.found
    assert shopify.severity is Severity.WARNING


def test_a_missing_exchange_rate_is_told_with_both_currencies() -> None:
    without = Reporting(currency="JPY", has_rate=lambda _currency: False)
    with SandboxServer(SandboxSpec(orders=5)) as sandbox:
        found = one(look(sandbox, "woocommerce", without), "currency")

    assert found.severity is Severity.WARNING
    assert "EUR" in found.found
    assert "JPY" in found.found


@pytest.mark.parametrize(
    ("days", "severity"), [(90, Severity.OK), (5, Severity.WARNING), (-1, Severity.FAILURE)]
)
def test_a_certificate_is_warned_of_before_it_ends(
    tmp_path: Path, days: int, severity: Severity
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    issued = authority.issue_cert(
        "127.0.0.1", not_after=datetime.now(UTC) + timedelta(days=days, hours=1)
    )
    issued.cert_chain_pems[0].write_to_path(tmp_path / "certificate.pem")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    spec = SandboxSpec(
        orders=5, certificate=tmp_path / "certificate.pem", private_key=tmp_path / "key.pem"
    )
    with SandboxServer(spec) as sandbox:
        found = look(sandbox, "woocommerce", ca_file=str(tmp_path / "ca.pem"))

    assert one(found, "tls").severity is severity
    assert found.is_fit == (severity is not Severity.FAILURE)


def test_a_question_that_fails_does_not_hide_the_others() -> None:
    with SandboxServer(SandboxSpec(orders=20, scopes=("read_customers", "read_orders"))) as sandbox:
        found = look(sandbox, "shopify")

    assert not found.is_fit
    assert any("read_products" in finding.found for finding in found.failures)
