from __future__ import annotations

import base64
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.redaction import Redactor

secrets = st.text(
    st.characters(codec="utf-8", exclude_characters="*"), min_size=8, max_size=40
).filter(lambda text: text.strip() == text)


@given(secrets, st.text(), st.text())
def test_a_secret_never_survives_in_any_of_its_forms(secret: str, left: str, right: str) -> None:
    redact = Redactor([secret])
    for form in (secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode()):
        assert form not in redact(f"{left}{form}{right}")


def test_of_two_secrets_the_longer_goes_whole() -> None:
    assert Redactor(["ck_abcd", "ck_abcd_and_more"])("key ck_abcd_and_more!") == "key ***!"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "?consumer_key=ck_1&consumer_secret=cs_2&page=3",
            "?consumer_key=***&consumer_secret=***&page=3",
        ),
        ("Authorization: Basic Y2s6Y3M=", "Authorization: Basic ***"),
        ('{"access_token":"shpat_1","scope":"x"}', '{"access_token":"***","scope":"x"}'),
        ("oauth_signature=abc%3D, oauth_nonce=1", "oauth_signature=***, oauth_nonce=***"),
    ],
)
def test_what_looks_like_a_secret_is_masked_without_being_known(text: str, shown: str) -> None:
    assert Redactor([])(text) == shown


def test_short_values_do_not_blank_ordinary_words() -> None:
    assert Redactor(["a", "", "it"])("it is a test") == "it is a test"


def test_its_repr_shows_nothing() -> None:
    assert repr(Redactor(["very secret"])) == "Redactor()"


def test_what_a_store_said_can_be_printed_and_stored_whatever_it_said() -> None:
    shown = Redactor(["secret"])("half \ud800 of it\x00, a bell\x07\x1b[2J and a\r\nline: secret")
    assert shown == "half \ufffd of it\ufffd, a bell\ufffd\ufffd[2J and a\ufffd\nline: ***"
    assert shown.encode()


def test_a_secret_that_is_added_later_is_replaced_as_well() -> None:
    redact = Redactor(["shpat_first"])
    redact.add(["shpat_second", "shpat_second_and_more"])
    assert redact("shpat_first shpat_second_and_more shpat_second") == "*** *** ***"
