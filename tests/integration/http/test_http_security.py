from __future__ import annotations

import base64
import logging
import socket
import ssl
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import trustme
from fixtures.http.clients import OK, SECRET, client, config
from fixtures.http.scripted import Answering, Asked, ScriptedServer, Told, in_turn

from connectors.errors import Permanent, StoreError, Transient
from connectors.http import HttpClient


def test_plain_http_is_refused_unless_the_settings_allow_it() -> None:
    with pytest.raises(Permanent, match=r"plain http is refused.*allow_http"):
        HttpClient(config(allow_http=False), base_url="http://shop.example")


def test_other_schemes_are_refused() -> None:
    with pytest.raises(Permanent, match="must begin with https://"):
        HttpClient(config(), base_url="ftp://shop.example")


def test_an_unknown_host_says_so() -> None:
    opened = HttpClient(
        config(), base_url="https://no-such-shop.invalid", sleep=lambda _seconds: None
    )
    with pytest.raises(StoreError, match=r'store "eu-shop": .*no-such-shop\.invalid'):
        opened.request("GET", "orders")


def test_a_closed_port_says_that_the_store_may_be_down() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    opened = HttpClient(
        config(), base_url=f"http://127.0.0.1:{port}", max_attempts=2, sleep=lambda _seconds: None
    )
    with pytest.raises(Transient, match=r"cannot connect to 127.0.0.1.*the store is up"):
        opened.request("GET", "orders")


class TestTls:
    @pytest.fixture
    def authority(self) -> trustme.CA:
        return trustme.CA()

    @pytest.fixture
    def context(self, authority: trustme.CA) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        return context

    def test_a_private_authority_is_trusted_once_given(
        self, authority: trustme.CA, context: ssl.SSLContext, tmp_path: Path
    ) -> None:
        file = tmp_path / "ca.pem"
        authority.cert_pem.write_to_path(str(file))
        with ScriptedServer(in_turn(OK), context=context) as server:
            opened = client(server, config=config(allow_http=False, ca_file=str(file)))
            assert opened.request("GET", "orders").status == 200

    def test_an_unknown_authority_is_refused_at_once_and_names_the_setting(
        self, context: ssl.SSLContext
    ) -> None:
        with ScriptedServer(in_turn(OK), context=context) as server:
            opened = client(server)
            with pytest.raises(Permanent, match=r"cannot be trusted.*`ca_file`"):
                opened.request("GET", "orders")
        assert opened.calls == 1
        assert server.asked == []

    def test_a_certificate_of_another_host_is_refused(
        self, authority: trustme.CA, tmp_path: Path
    ) -> None:
        file = tmp_path / "ca.pem"
        authority.cert_pem.write_to_path(str(file))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("shop.example").configure_cert(context)
        with (
            ScriptedServer(in_turn(OK), context=context) as server,
            pytest.raises(Permanent, match="cannot be trusted"),
        ):
            client(server, config=config(ca_file=str(file))).request("GET", "orders")

    def test_a_server_that_speaks_plain_http_there_is_told_apart(self) -> None:
        with ScriptedServer(in_turn(OK)) as server:
            opened = HttpClient(config(), base_url=f"https://127.0.0.1:{server.port}")
            with pytest.raises(Permanent, match="does not speak proper TLS"):
                opened.request("GET", "orders")

    def test_a_missing_authority_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(Permanent, match=r"`ca_file` .*nowhere.pem cannot be used"):
            HttpClient(
                config(ca_file=str(tmp_path / "nowhere.pem")), base_url="https://shop.example"
            )


def echo_secret(status: int) -> Answering:
    """Repeat the secret in every form it may travel in."""
    forms = (
        SECRET,
        quote(SECRET, safe=""),
        base64.b64encode(SECRET.encode()).decode(),
        "oauth_signature=abcdef",
    )

    def answer(asked: Asked) -> Told:
        return Told(" ".join(forms).encode(), status, {"Location": f"https://x.example/{SECRET}"})

    return answer


@pytest.mark.parametrize(
    "make_answer",
    [
        *(lambda status=status: echo_secret(status) for status in (301, 400, 401, 404, 429, 500)),
        lambda: in_turn(Told(f"<html>{SECRET}</html>".encode(), media="text/html")),
        lambda: in_turn(Told(f"x {SECRET}".encode())),
        lambda: in_turn(Told(hangs_up=True)),
    ],
)
def test_no_failure_shows_a_secret(make_answer: Callable[[], Answering]) -> None:
    with ScriptedServer(make_answer()) as server, pytest.raises(StoreError) as caught:
        client(server, max_attempts=2).request("GET", "orders", params={"s": SECRET})
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    for form in (
        SECRET,
        quote(SECRET, safe=""),
        base64.b64encode(SECRET.encode()).decode(),
        "abcdef",
    ):
        assert form not in shown


def test_a_secret_that_breaks_a_header_is_not_shown() -> None:
    class Broken(httpx.Auth):
        def auth_flow(self, request: httpx.Request) -> Any:
            request.headers["X-Token"] = "shpat_very_secret\n"
            yield request

    with (
        ScriptedServer(in_turn(OK)) as server,
        pytest.raises(Permanent, match="stray spaces and line breaks") as caught,
    ):
        client(server, auth=Broken()).request("GET", "orders")
    assert "shpat_very_secret" not in "".join(traceback.format_exception(caught.value))


def test_log_lines_carry_no_query(caplog: pytest.LogCaptureFixture) -> None:
    with (
        ScriptedServer(in_turn(Told(b"{}", headers={"vendure-auth-token": "tok_12345"}))) as server,
        caplog.at_level(logging.DEBUG),
    ):
        client(server).request("GET", "orders", params={"consumer_secret": SECRET})
    assert "/api/orders" in caplog.text
    assert "consumer_secret" not in caplog.text
    assert "tok_12345" not in caplog.text


def test_reprs_carry_no_secret() -> None:
    with ScriptedServer(in_turn(OK)) as server:
        assert repr(client(server)) == "HttpClient(store='eu-shop')"
