from __future__ import annotations

import socket
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime

import pytest
from fixtures.http.clients import OK, client, config
from fixtures.http.scripted import ScriptedServer, Told, in_turn

from connectors.errors import AuthFailed, Permanent, Throttled, Transient
from connectors.http import HttpClient, Response


def test_an_answer_keeps_its_number_literals_exact() -> None:
    with ScriptedServer(in_turn(OK)) as server:
        answer = client(server).request("GET", "orders")
    assert answer.json() == {"total": Decimal("19.10")}
    assert str(answer.json()["total"]) == "19.10"


def test_requests_go_below_the_base_url_with_parameters_and_a_json_body() -> None:
    with ScriptedServer(in_turn(OK)) as server:
        client(server).request(
            "POST", "graphql.json", params={"a": "1 2"}, json={"price": Decimal("1.10")}
        )
    asked = server.asked[0]
    assert (asked.method, asked.path, asked.query) == ("POST", "/api/graphql.json", {"a": "1 2"})
    assert asked.headers["content-type"] == "application/json"
    assert asked.body == b'{"price":"1.10"}'


@pytest.mark.parametrize("status", [408, 425, 500, 502, 503, 504, 508, 520, 524])
def test_a_passing_failure_is_tried_again(status: int) -> None:
    with ScriptedServer(in_turn(Told(b"", status), OK)) as server:
        opened = client(server)
        assert opened.request("GET", "orders").status == 200
    assert opened.calls == len(server.asked) == 2


@pytest.mark.parametrize("status", [400, 404, 405, 410, 422, 501])
def test_a_lasting_refusal_is_asked_once_only(status: int) -> None:
    with (
        ScriptedServer(in_turn(Told(b"no", status))) as server,
        pytest.raises(Permanent, match=f'store "eu-shop": GET /api/orders answered {status}'),
    ):
        client(server).request("GET", "orders")
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_name_the_store_and_the_command_to_check_it(status: int) -> None:
    with (
        ScriptedServer(in_turn(Told(b"no", status))) as server,
        pytest.raises(AuthFailed, match="storeloom store check eu-shop"),
    ):
        client(server).request("GET", "orders")
    assert len(server.asked) == 1


def test_waits_are_jittered_and_grow() -> None:
    waits: list[float] = []
    with ScriptedServer(in_turn(Told(b"", 500))) as server, pytest.raises(Transient):
        client(server, waits=waits, max_attempts=6).request("GET", "orders")
    assert len(server.asked) == 6
    assert len(set(waits)) == 5
    assert all(wait <= 0.5 * 2**turn for turn, wait in enumerate(waits))


def test_retry_after_in_seconds_is_waited_for() -> None:
    waits: list[float] = []
    with ScriptedServer(in_turn(Told(b"", 429, {"Retry-After": "7"}), OK)) as server:
        client(server, waits=waits).request("GET", "orders")
    assert 7 <= waits[0] <= 8


def test_retry_after_as_a_date_is_waited_for() -> None:
    waits: list[float] = []
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    with ScriptedServer(in_turn(Told(b"", 503, {"Retry-After": at}), OK)) as server:
        client(server, waits=waits).request("GET", "orders")
    assert 17 <= waits[0] <= 21


def test_one_thread_told_to_wait_makes_the_others_wait_too() -> None:
    waits: list[float] = []
    with ScriptedServer(in_turn(Told(b"", 429, {"Retry-After": "30"}), OK)) as server:
        opened = client(server, waits=waits)
        with pytest.raises(Throttled):
            opened.request("GET", "orders", retry=False)
        opened.request("GET", "customers")
    assert 29 <= waits[0] <= 30


def test_a_wait_beyond_the_budget_is_not_begun() -> None:
    waits: list[float] = []
    with (
        ScriptedServer(in_turn(Told(b"", 429, {"Retry-After": "3600"}))) as server,
        pytest.raises(Throttled) as caught,
    ):
        client(server, waits=waits, budget_seconds=60).request("GET", "orders")
    assert waits == []
    assert caught.value.retry_after_seconds == 3600


def test_without_retry_the_first_failure_is_final() -> None:
    with ScriptedServer(in_turn(Told(b"", 500), OK)) as server, pytest.raises(Transient):
        client(server).request("GET", "orders", retry=False)
    assert len(server.asked) == 1


def test_an_accepted_status_comes_back_as_an_answer() -> None:
    with ScriptedServer(in_turn(Told(b'{"code":"rest_no_route"}', 404))) as server:
        answer = client(server).request("GET", "variations", accept={404})
    assert (answer.status, answer.json()) == (404, {"code": "rest_no_route"})


@pytest.mark.parametrize(
    "broken",
    [
        Told(hangs_up=True),
        Told(b'[{"id":1},', declared_length=500),
        Told(b'[{"id":1},{"id":2}'),
        Told(b""),
        Told(b"\x1f\x8bno gzip", headers={"Content-Encoding": "gzip"}),
    ],
    ids=["reset", "cut by length", "cut between records", "empty", "broken compression"],
)
def test_a_broken_answer_is_asked_for_again(broken: Told) -> None:
    with ScriptedServer(in_turn(broken, Told(b'[{"id":1},{"id":2}]'))) as server:
        answer = client(server).request("GET", "orders")
    assert answer.json() == [{"id": 1}, {"id": 2}]
    assert len(server.asked) == 2


def test_an_answer_that_stays_cut_is_a_failure_and_not_a_short_answer() -> None:
    with (
        ScriptedServer(in_turn(Told(b'notice\n[{"id":1},{"id":2}'))) as server,
        pytest.raises(Transient, match="ends in the middle of its JSON"),
    ):
        client(server, max_attempts=2).request("GET", "orders")


def test_a_reset_by_the_kernel_is_asked_for_again() -> None:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()

    def serve() -> None:
        for turn in range(2):
            accepted, _ = listener.accept()
            accepted.recv(65536)
            if turn == 0:
                # Closing with unread linger zero sends RST instead of FIN.
                accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            else:
                accepted.sendall(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    b"Content-Length: 2\r\nConnection: close\r\n\r\n{}"
                )
            accepted.close()

    thread = threading.Thread(target=serve)
    thread.start()
    opened = HttpClient(
        config(),
        base_url=f"http://127.0.0.1:{listener.getsockname()[1]}",
        sleep=lambda _seconds: None,
    )
    assert opened.request("GET", "orders").status == 200
    thread.join()
    listener.close()


def test_a_silent_server_is_given_up_with_one_clear_line() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        opened = HttpClient(
            config(),
            base_url=f"http://127.0.0.1:{listener.getsockname()[1]}",
            timeout_seconds=0.2,
            max_attempts=2,
            sleep=lambda _seconds: None,
        )
        with pytest.raises(Transient, match=r'store "eu-shop": 127\.0\.0\.1 did not answer'):
            opened.request("GET", "orders")
    assert opened.calls == 2


def test_a_web_page_instead_of_json_says_what_to_look_at() -> None:
    page = Told(b"<!doctype html><p>Please verify you are human</p>", media="text/html")
    with (
        ScriptedServer(in_turn(page)) as server,
        pytest.raises(Permanent, match=r"a web page instead of JSON.*firewall"),
    ):
        client(server).request("GET", "orders")
    assert len(server.asked) == 1


def test_notices_before_the_json_do_no_harm() -> None:
    noisy = Told(b"\xef\xbb\xbf<br /><b>Notice</b>: [x] in a.php\n[1, 2]", media="text/html")
    with ScriptedServer(in_turn(noisy)) as server:
        assert client(server).request("GET", "orders").json() == [1, 2]


def test_a_check_may_ask_for_another_attempt() -> None:
    def check(response: Response) -> None:
        if "errors" in response.json():
            raise Throttled("THROTTLED", store="eu-shop", retry_after_seconds=2.0)

    waits: list[float] = []
    answers = in_turn(Told(b'{"errors":[]}'), Told(b'{"data":1}'))
    with ScriptedServer(answers) as server:
        answer = client(server, waits=waits).request("POST", "graphql", json={}, check=check)
    assert answer.json() == {"data": 1}
    assert 2 <= waits[0] <= 3


def test_a_redirect_is_not_followed_and_names_the_address_to_use() -> None:
    target = "https://www.shop.example/api/orders?consumer_secret=abc"
    with (
        ScriptedServer(in_turn(Told(b"", 301, {"Location": target}))) as server,
        pytest.raises(Permanent) as caught,
    ):
        client(server).request("GET", "orders")
    assert "redirects to https://www.shop.example/api/orders." in str(caught.value)
    assert "base URL" in str(caught.value)
    assert "abc" not in str(caught.value)


def test_a_path_cannot_lead_to_another_host() -> None:
    with (
        ScriptedServer(in_turn(OK)) as server,
        pytest.raises(Permanent, match="below the store's base URL"),
    ):
        client(server).request("GET", "https://evil.example/orders")
    assert server.asked == []


def test_cookies_of_the_store_are_not_sent_back() -> None:
    with ScriptedServer(
        in_turn(Told(b"{}", headers={"Set-Cookie": "session=1; Path=/"}))
    ) as server:
        opened = client(server)
        opened.request("GET", "orders")
        opened.request("GET", "orders")
    assert "cookie" not in server.asked[1].headers


def test_the_store_s_clock_is_read_from_the_date_header() -> None:
    with ScriptedServer(in_turn(OK)) as server:
        moment = client(server).request("GET", "orders").server_time
    assert moment is not None
    assert abs((datetime.now(UTC) - moment).total_seconds()) < 5


def test_connections_are_reused_by_many_threads_and_calls_are_counted() -> None:
    with ScriptedServer(in_turn(OK)) as server:
        opened = client(server)
        threads = [
            threading.Thread(target=lambda: [opened.request("GET", "orders") for _ in range(5)])
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        opened.close()
        opened.close()
    assert opened.calls == len(server.asked) == 40
