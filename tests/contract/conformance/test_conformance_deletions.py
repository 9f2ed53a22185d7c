"""What was deleted is found by count, list and name, and nothing else is ever called gone."""

from __future__ import annotations

from contract.conformance.adapters import shops_by_stream
from contract.conformance.reading import by_name, gone, records, some_of
from contract.conformance.shops import Shop

from connectors.base import Connector
from connectors.records import Stream


@shops_by_stream("delete")
def test_a_deletion_lowers_the_count_by_one(
    shop: Shop, stream: Stream, connector: Connector
) -> None:
    victim, *_ = some_of(shop, stream, 2)
    before = connector.count(stream)
    shop.delete(stream, victim)
    after = connector.count(stream)
    assert before is not None
    assert after is not None
    assert before - after == 1


@shops_by_stream("delete")
def test_a_deleted_id_is_listed_no_more(shop: Shop, stream: Stream, connector: Connector) -> None:
    victim, *_ = some_of(shop, stream, 2)
    assert victim in set(connector.list_ids(stream))
    shop.delete(stream, victim)
    assert victim not in set(connector.list_ids(stream))


@shops_by_stream("delete")
def test_asked_by_name_a_deleted_record_is_gone_and_its_neighbours_are_there(
    shop: Shop, stream: Stream, connector: Connector
) -> None:
    before, victim, after = some_of(shop, stream, 3)
    shop.delete(stream, victim)
    pages = by_name(connector, stream, [before, victim, after])
    assert gone(pages) == {victim}
    assert {record.external_id for record in records(pages)} == {before, after}


@shops_by_stream("delete")
def test_many_records_asked_by_name_are_told_apart_over_several_pages(
    shop: Shop, stream: Stream, connector: Connector
) -> None:
    made = some_of(shop, stream, 9)
    for victim in made[::2]:
        shop.delete(stream, victim)
    pages = by_name(connector, stream, made)
    assert gone(pages) == set(made[::2])


@shops_by_stream()
def test_nothing_that_is_there_is_called_gone(
    shop: Shop, stream: Stream, connector: Connector
) -> None:
    assert gone(by_name(connector, stream, sorted(shop.ids(stream)))) == set()


@shops_by_stream()
def test_asking_for_no_id_is_no_reading(shop: Shop, stream: Stream, connector: Connector) -> None:
    assert [page for page in connector.read_ids(stream, []) if page.fetched or page.gone] == []
