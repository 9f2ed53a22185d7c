"""Who gets in: Basic, OAuth 1.0a and its ways to fail, Shopify's tokens and scopes, TLS."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA256, SIGNATURE_TYPE_QUERY, Client

from connectors.sandbox import Faults, SandboxServer, SandboxSpec

SMALL = SandboxSpec(orders=10, products=5)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, ssl.SSLContext]:
    folder = tmp_path_factory.mktemp("certificates")
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(key)
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return chain, key, context


@pytest.fixture(scope="module")
def secure(
    certificates: tuple[Path, Path, ssl.SSLContext],
) -> Iterator[tuple[SandboxServer, httpx.Client]]:
    chain, key, context = certificates
    spec = SandboxSpec(orders=10, products=5, certificate=chain, private_key=key)
    with SandboxServer(spec) as sandbox, httpx.Client(verify=context) as client:
        yield sandbox, client


def signed(sandbox: SandboxServer, *, secret: str | None = None, **options: Any) -> Any:
    keys = sandbox.credentials("woocommerce")
    client = Client(
        keys["consumer_key"], client_secret=secret or keys["consumer_secret"], **options
    )
    url = f"{sandbox.woocommerce_url}/wp-json/wc/v3/orders?per_page=1&search=%C3%A4%20b"
    signed_url, headers, _ = client.sign(url)
    return signed_url, headers


def test_basic_over_plain_http_is_not_even_looked_at(
    shared: SandboxServer, http: httpx.Client
) -> None:
    keys = shared.credentials("woocommerce")
    answer = http.get(
        f"{shared.woocommerce_url}/wp-json/wc/v3/orders",
        auth=(keys["consumer_key"], keys["consumer_secret"]),
    )
    assert answer.status_code == 401
    assert answer.json()["code"] == "woocommerce_rest_cannot_view"


@pytest.mark.parametrize(
    "options",
    [{}, {"signature_method": SIGNATURE_HMAC_SHA256}, {"signature_type": SIGNATURE_TYPE_QUERY}],
)
def test_oauth_signatures_of_either_kind_open_the_store(
    shared: SandboxServer, http: httpx.Client, options: dict[str, str]
) -> None:
    url, headers = signed(shared, **options)
    assert http.get(url, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"secret": "cs_wrong"}, "signature does not match"),
        ({"timestamp": "1000000000"}, "Invalid timestamp"),
        ({"signature_method": "PLAINTEXT"}, "signature method is invalid"),
    ],
)
def test_a_bad_signature_is_refused_with_its_reason(
    shared: SandboxServer, http: httpx.Client, options: dict[str, Any], complaint: str
) -> None:
    url, headers = signed(shared, **options)
    answer = http.get(url, headers=headers)
    assert answer.status_code == 401
    assert complaint in answer.json()["message"]


def test_a_nonce_is_good_once(shared: SandboxServer, http: httpx.Client) -> None:
    url, headers = signed(shared)
    assert http.get(url, headers=headers).status_code == 200
    again = http.get(url, headers=headers)
    assert again.status_code == 401
    assert "nonce" in again.json()["message"]


def test_a_store_whose_clock_is_an_hour_off_refuses_every_signature(http: httpx.Client) -> None:
    with SandboxServer(SandboxSpec(orders=5, products=5, clock_offset_seconds=3600)) as sandbox:
        url, headers = signed(sandbox)
        answer = http.get(url, headers=headers)
        assert "Invalid timestamp" in answer.json()["message"]
        assert answer.headers["Date"]


def test_https_takes_basic_and_the_query_and_says_which_part_is_wrong(
    secure: tuple[SandboxServer, httpx.Client],
) -> None:
    sandbox, client = secure
    url = f"{sandbox.woocommerce_url}/wp-json/wc/v3/orders"
    keys = sandbox.credentials("woocommerce")
    pair = (keys["consumer_key"], keys["consumer_secret"])
    assert url.startswith("https://")
    assert client.get(url, auth=pair).status_code == 200
    assert client.get(url, params=keys).status_code == 200
    for auth, complaint in (
        ((pair[0], "cs_wrong"), "Consumer secret is invalid."),
        (("ck_wrong", pair[1]), "Consumer key is invalid."),
        (None, "Consumer key is missing."),
    ):
        answer = client.get(url, auth=auth) if auth else client.get(url)
        assert (answer.status_code, answer.json()["message"]) == (401, complaint)


def test_a_read_only_key_may_not_write(secure: tuple[SandboxServer, httpx.Client]) -> None:
    sandbox, client = secure
    keys = sandbox.credentials("woocommerce")
    answer = client.post(f"{sandbox.woocommerce_url}/wp-json/wc/v3/orders", params=keys, json={})
    assert answer.status_code == 401


def test_a_server_that_drops_the_header_still_takes_keys_in_the_query(
    certificates: tuple[Path, Path, ssl.SSLContext],
) -> None:
    chain, key, context = certificates
    spec = SandboxSpec(
        orders=5,
        products=5,
        certificate=chain,
        private_key=key,
        faults=Faults(drop_authorization=True),
    )
    with SandboxServer(spec) as sandbox, httpx.Client(verify=context) as client:
        keys = sandbox.credentials("woocommerce")
        url = f"{sandbox.woocommerce_url}/wp-json/wc/v3/orders"
        pair = (keys["consumer_key"], keys["consumer_secret"])
        assert "Consumer key is missing" in client.get(url, auth=pair).json()["message"]
        assert client.get(url, params=keys).status_code == 200


def test_a_stranger_does_not_trust_the_private_certificate(
    secure: tuple[SandboxServer, httpx.Client], http: httpx.Client
) -> None:
    with pytest.raises(httpx.ConnectError):
        http.get(f"{secure[0].url}/healthz")


def test_a_wrong_shopify_token_is_a_plain_401(shared: SandboxServer, http: httpx.Client) -> None:
    answer = http.post(
        f"{shared.shopify_url}/admin/api/2026-10/graphql.json",
        json={"query": "{shop{name}}"},
        headers={"X-Shopify-Access-Token": "shpat_wrong"},
    )
    assert answer.status_code == 401
    assert answer.json()["errors"].startswith("[API] Invalid API key")


def test_client_credentials_buy_a_token_that_ends(http: httpx.Client) -> None:
    spec = SandboxSpec(orders=5, products=5, token_lifetime_seconds=0)
    for sandbox_spec, status in ((SMALL, 200), (spec, 401)):
        with SandboxServer(sandbox_spec) as sandbox:
            granted = http.post(
                f"{sandbox.shopify_url}/admin/oauth/access_token",
                data={"grant_type": "client_credentials", **sandbox.client_credentials()},
            ).json()
            assert "read_all_orders" in granted["scope"].split(",")
            answer = http.post(
                f"{sandbox.shopify_url}/admin/api/2026-10/graphql.json",
                json={"query": "{shop{name}}"},
                headers={"X-Shopify-Access-Token": granted["access_token"]},
            )
            assert answer.status_code == status


def test_wrong_client_credentials_buy_nothing(shared: SandboxServer, http: httpx.Client) -> None:
    answer = http.post(
        f"{shared.shopify_url}/admin/oauth/access_token",
        data={"grant_type": "client_credentials", "client_id": "a", "client_secret": "b"},
    )
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")


def test_a_missing_scope_is_an_error_at_its_path_and_a_null(gql: Any) -> None:
    spec = SandboxSpec(orders=20, products=5, scopes=("read_orders", "read_all_orders"))
    with SandboxServer(spec) as sandbox:
        answer = gql(sandbox, "{orders(first: 9) {nodes {id customer {id}}}}")
        codes = {error["extensions"]["code"] for error in answer["errors"]}
        assert codes == {"ACCESS_DENIED"}
        assert answer["errors"][0]["path"][-1] == "customer"
        assert all(node["customer"] is None for node in answer["data"]["orders"]["nodes"])


def test_without_read_all_orders_only_sixty_days_are_there_and_nobody_says_so(gql: Any) -> None:
    query = "{ordersCount(limit: null) {count precision}}"
    with SandboxServer(SandboxSpec(orders=300, scopes=("read_orders",))) as sandbox:
        answer = gql(sandbox, query)
        assert "errors" not in answer
        assert 0 < answer["data"]["ordersCount"]["count"] < 150
