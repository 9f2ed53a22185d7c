"""The decisions about one batch of strangers, without a database."""

from __future__ import annotations

from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from connectors.crm.identity import Candidate, Doubt, Match, Reason, resolve
from connectors.crm.people import Person

EMAILS = st.sampled_from([None, "a@x.co", "b@x.co", "c@x.co"])
PHONES = st.sampled_from([None, "+15125550123", "+15125550124"])
PEOPLE = st.lists(
    st.builds(
        Person,
        entity=st.sampled_from(["customers", "guests"]),
        external_id=st.text("0123456789", min_size=1, max_size=3),
        email_key=EMAILS,
        phone_key=PHONES,
    ),
    max_size=12,
    unique_by=lambda person: person.key,
)


def someone(external_id: str, email: str | None = None, phone: str | None = None) -> Person:
    return Person(entity="customers", external_id=external_id, email_key=email, phone_key=phone)


def test_the_external_id_decides_before_anything_else() -> None:
    mine, other = uuid4(), uuid4()
    person = someone("1", "a@x.co")
    links = resolve([person], {person.key: Match(by_external_id=mine, by_email=(other,))})
    assert links[person.key].client_id == mine
    assert links[person.key].reason is Reason.EXTERNAL_ID


def test_a_phone_links_to_a_client_without_e_mail_but_only_the_first_e_mail_that_claims_it() -> (
    None
):
    chat = uuid4()
    people = [someone("1", "a@x.co", "+15125550123"), someone("2", "b@x.co", "+15125550123")]
    match = Match(by_phone=(Candidate(chat, None),))
    links = resolve(people, {person.key: match for person in people})

    assert links["customers", "1"].client_id == chat
    assert links["customers", "2"].is_new
    assert links["customers", "2"].doubt is Doubt.PHONE_OF_OTHER_EMAIL
    assert links["customers", "2"].candidates == (chat,)


@given(PEOPLE, st.randoms())
def test_the_order_inside_a_batch_does_not_matter(people: list[Person], random: object) -> None:
    shuffled = list(people)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis' Random
    assert _groups(people) == _groups(shuffled)


@given(PEOPLE)
def test_one_e_mail_is_one_client_and_two_e_mails_are_never_one(people: list[Person]) -> None:
    links = resolve(people, {})
    clients: dict[str, set[UUID]] = {}
    emails: dict[UUID, set[str]] = {}
    for person in people:
        if person.email_key:
            client = links[person.key].client_id
            clients.setdefault(person.email_key, set()).add(client)
            emails.setdefault(client, set()).add(person.email_key)
    assert all(len(found) == 1 for found in clients.values())
    assert all(len(found) == 1 for found in emails.values())


@given(PEOPLE)
def test_every_person_is_decided_and_every_new_client_has_one_maker(people: list[Person]) -> None:
    links = resolve(people, {})
    assert links.keys() == {person.key for person in people}
    made = [link.client_id for link in links.values() if link.is_new]
    assert len(made) == len(set(made))
    assert {link.client_id for link in links.values()} == set(made)


def _groups(people: list[Person]) -> set[frozenset[tuple[str, str]]]:
    by_client: dict[UUID, set[tuple[str, str]]] = {}
    for key, link in resolve(people, {}).items():
        by_client.setdefault(link.client_id, set()).add(key)
    return {frozenset(group) for group in by_client.values()}
