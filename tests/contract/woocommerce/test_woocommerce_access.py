"""Keys, refusals and the first look: each failure names the store and the remedy."""

from __future__ import annotations

import hmac
import ssl
import traceback
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import trustme
from fixtures.http.scripted import Asked, ScriptedServer, Told
from fixtures.woocommerce.payloads import config, order
from fixtures.woocommerce.reading import ids, read
from fixtures.woocommerce.shop import Shop, connect, refusal, told
from oauthlib.oauth1.rfc5849 import signature

from connectors.errors import AuthFailed, Permanent, StoreError
from connectors.records import Stream
from connectors.woocommerce.client import WooCommerceConnector

KEY, SECRET = "ck_0123456789", "cs_9876543210"
BASIC = "Basic " + b64encode(f"{KEY}:{SECRET}".encode()).decode()
MISSING = refusal(401, "woocommerce_rest_authentication_error", "Consumer key is missing.")
CANNOT_VIEW = refusal(401, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")


@pytest.fixture
def tls(tmp_path: Path) -> tuple[ssl.SSLContext, dict[str, Any]]:
    """A server's context, and the store settings that trust it."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return context, {"ca_file": str(file)}


def is_signed(asked: Asked, host: str) -> bool:
    """Verify a one-legged OAuth 1.0a signature the way a server has to."""
    # The stubs say dict, pairs are what oauthlib passes itself.
    pairs: Any = [pair for pair in asked.pairs if pair[0] != "oauth_signature"]
    base = signature.signature_base_string(
        "OPTIONS" if asked.method == "OPTIONS" else "GET",
        signature.base_string_uri(f"{host}{asked.path}"),
        signature.normalize_parameters(pairs),
    )
    expected = hmac.digest(f"{SECRET}&".encode(), base.encode(), "sha256")
    return asked.query["oauth_signature"] == b64encode(expected).decode()


def test_plain_http_is_signed_anew_for_every_request() -> None:
    with Shop({"orders": [order(id=number) for number in range(1, 40)]}).serve() as server:
        read(connect(server, page_size=10), Stream.ORDERS)
        assert all(is_signed(asked, server.url) for asked in server.asked)
    nonces = [asked.query["oauth_nonce"] for asked in server.asked]
    assert len(set(nonces)) == len(nonces)
    assert {asked.query["oauth_signature_method"] for asked in server.asked} == {"HMAC-SHA256"}
    assert not any("authorization" in asked.headers for asked in server.asked)
    assert not any(SECRET in str(asked.pairs) for asked in server.asked)


def test_https_takes_basic_and_leaves_the_url_clean(
    tls: tuple[ssl.SSLContext, dict[str, Any]],
) -> None:
    context, settings = tls
    with Shop({"orders": [order()]}).serve(context) as server:
        assert ids(read(connect(server, **settings), Stream.ORDERS)) == [700]
    assert {asked.headers["authorization"] for asked in server.asked} == {BASIC}
    assert not any(KEY in str(asked.pairs) for asked in server.asked)


@pytest.mark.parametrize("answer", [MISSING, CANNOT_VIEW], ids=["missing", "cannot view"])
def test_a_server_that_drops_the_header_gets_the_key_in_the_query(
    tls: tuple[ssl.SSLContext, dict[str, Any]], answer: Told
) -> None:
    context, settings = tls
    shop = Shop({"orders": [order()]})

    def drop_header(asked: Asked) -> Told:
        # The header never arrives: only the query counts.
        if asked.query.get("consumer_key") == KEY and asked.query.get("consumer_secret") == SECRET:
            return shop.answer(asked)
        return answer if "/wc/v3/" in asked.path else shop.answer(asked)

    with ScriptedServer(drop_header, context=context) as server:
        opened = connect(server, **settings)
        assert ids(read(opened, Stream.ORDERS)) == [700]
        shop.answers["data/currencies/current"] = told({"code": "EUR"})
        assert any("Authorization header" in warning for warning in opened.probe().warnings)
    keyless = [asked for asked in server.asked if "consumer_key" not in asked.query]
    # How a list describes itself may be asked without a key.
    assert sum(asked.method == "GET" for asked in keyless) == 1


def test_a_clock_that_is_wrong_is_corrected_by_the_shop_s() -> None:
    shop = Shop({"orders": [order()]})
    now = datetime.now(UTC) + timedelta(hours=3)

    def check_clock(asked: Asked) -> Told:
        stamp = int(asked.query["oauth_timestamp"])
        if abs(stamp - now.timestamp()) > 900:
            refused = refusal(401, "woocommerce_rest_authentication_error", "Invalid timestamp.")
            return Told(
                refused.body, 401, {"Date": format_datetime(now, usegmt=True)}, omits_date=True
            )
        return shop.answer(asked)

    with ScriptedServer(check_clock) as server:
        assert ids(read(connect(server), Stream.ORDERS)) == [700]


@pytest.mark.parametrize(
    ("answer", "kind", "advice"),
    [
        (
            refusal(401, "woocommerce_rest_authentication_error", "Consumer secret is invalid."),
            AuthFailed,
            "Check consumer key and secret",
        ),
        (
            refusal(401, "woocommerce_rest_authentication_error", "Invalid signature - no match."),
            AuthFailed,
            "exactly the shop's WordPress address",
        ),
        (CANNOT_VIEW, AuthFailed, "use https"),
        (Told(b"<h1>Blocked</h1>", 403, media="text/html"), AuthFailed, "pass the firewall"),
        (refusal(404, "rest_no_route", "No route was found."), Permanent, "WooCommerce is active"),
        (Told(b"<h1>Not Found</h1>", 404, media="text/html"), Permanent, "Permalinks"),
        (Told(b"<html>Log in</html>", media="text/html"), Permanent, "a web page instead of JSON"),
        (told([{"id": 1}]), Permanent, "X-WP-Total"),
        (refusal(400, "rest_invalid_param", "Invalid parameter(s)"), Permanent, "it refused"),
    ],
)
def test_a_refusal_names_the_store_and_the_remedy(
    answer: Told, kind: type[StoreError], advice: str
) -> None:
    shop = Shop()
    shop.answers = dict.fromkeys(("orders", "customers", "products"), answer)
    with shop.serve() as server, pytest.raises(kind) as caught:
        connect(server).probe()
    assert str(caught.value).startswith('store "eu-shop": ')
    assert advice in str(caught.value)
    shown = "".join(traceback.format_exception(caught.value))
    assert SECRET not in shown
    assert KEY not in shown


def test_a_key_without_a_role_over_https_is_told_which_role(
    tls: tuple[ssl.SSLContext, dict[str, Any]],
) -> None:
    context, settings = tls
    shop = Shop()
    shop.answers["customers"] = CANNOT_VIEW
    with shop.serve(context) as server, pytest.raises(AuthFailed, match="may read customers"):
        connect(server, **settings).probe()


def test_missing_credentials_say_where_to_make_them() -> None:
    bare = config()
    without = type(bare)(
        id="1", organization_id="1", key="eu-shop", platform="woocommerce", base_url="https://x"
    )
    with pytest.raises(AuthFailed, match=r"consumer_key.*REST API"):
        WooCommerceConnector(without)


@pytest.mark.parametrize(
    "tail", ["", "/", "/wp-json", "/wp-json/wc/v3/", "/wp-json/wc/v3/orders?a=1"]
)
def test_any_address_of_the_shop_will_do(tail: str) -> None:
    shop = Shop({"orders": [order()]})
    with shop.serve() as server:
        opened = connect(server, base_url=f"{server.url}/shop{tail}")
        assert ids(read(opened, Stream.ORDERS)) == [700]
    assert server.asked[-1].path == "/shop/wp-json/wc/v3/orders"


def test_an_address_with_a_user_name_is_refused_without_repeating_it() -> None:
    with (
        ScriptedServer(lambda _asked: told([])) as server,
        pytest.raises(Permanent, match="without a user name") as caught,
    ):
        connect(server, base_url="https://me:hunter2@shop.example")
    assert "hunter2" not in str(caught.value)


class TestProbe:
    def shop(self) -> Shop:
        shop = Shop({"orders": [order()]})
        shop.answers = {
            "data/currencies/current": told({"code": "eur"}),
            "system_status": told({"environment": {"version": "11.0.1"}}),
        }
        return shop

    def test_it_tells_currency_zone_version_and_time(self) -> None:
        with self.shop().serve() as server:
            found = connect(server).probe()
        assert (found.name, found.currency, found.time_zone) == ("Shop", "EUR", "Europe/Berlin")
        assert found.api_version == "11.0.1"
        assert found.server_time is not None
        assert [warning for warning in found.warnings if "http" not in warning] == []
        assert any("unencrypted" in warning for warning in found.warnings)

    @pytest.mark.parametrize(
        "place",
        [
            ("settings/general/woocommerce_currency", {"value": "EUR"}),
            ("system_status", {"settings": {"currency": "EUR"}}),
        ],
    )
    def test_the_currency_is_looked_for_where_the_key_may_look(
        self, place: tuple[str, dict[str, Any]]
    ) -> None:
        shop = self.shop()
        shop.answers = dict.fromkeys(
            ("data/currencies/current", "settings/general/woocommerce_currency", "system_status"),
            CANNOT_VIEW,
        ) | {place[0]: told(place[1])}
        with shop.serve() as server:
            assert connect(server, currency=None).probe().currency == "EUR"

    def test_a_currency_nobody_may_know_has_to_be_set(self) -> None:
        shop = self.shop()
        shop.answers = dict.fromkeys(
            ("data/currencies/current", "settings/general/woocommerce_currency", "system_status"),
            CANNOT_VIEW,
        )
        with shop.serve() as server:
            with pytest.raises(Permanent, match="set `currency` in the store's settings"):
                connect(server, currency=None).probe()
            with pytest.raises(Permanent, match="set `currency` in the store's settings"):
                read(connect(server, currency=None), Stream.PRODUCTS)

    def test_another_currency_than_configured_is_a_warning(self) -> None:
        shop = self.shop()
        shop.answers["data/currencies/current"] = told({"code": "USD"})
        with shop.serve() as server:
            warnings = connect(server).probe().warnings
        assert any("USD" in warning and "EUR" in warning for warning in warnings)

    def test_an_old_shop_and_a_wrong_clock_are_warnings(self) -> None:
        shop = self.shop()
        shop.answers["system_status"] = told({"environment": {"version": "5.7.2-rc1"}})
        late = format_datetime(datetime.now(UTC) - timedelta(minutes=9), usegmt=True)
        shop.answers[""] = Told(b'{"gmt_offset": "2"}', headers={"Date": late}, omits_date=True)
        with shop.serve() as server:
            found = connect(server).probe()
        assert found.time_zone == "Etc/GMT-2"
        assert any("5.7.2" in warning for warning in found.warnings)
        assert any("9 minutes behind" in warning for warning in found.warnings)

    @pytest.mark.parametrize(
        "answer",
        [
            refusal(401, "rest_login_required", "REST API restricted."),
            Told(b"", 302, {"Location": "/login"}),
            Told(b"<html>Home</html>", media="text/html"),
            told([]),
        ],
        ids=["restricted", "redirected", "a page", "a list"],
    )
    def test_a_hidden_index_is_no_obstacle(self, answer: Told) -> None:
        shop = self.shop()
        shop.answers[""] = answer
        with shop.serve() as server:
            found = connect(server).probe()
        assert (found.name, found.time_zone) == ("eu-shop", None)
