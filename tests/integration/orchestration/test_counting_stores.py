"""One store's trouble in the counts is its own."""

from __future__ import annotations

import psycopg
from dagster import MetadataValue, build_init_resource_context
from fixtures.deployments import Deployment

from connectors.records import Stream
from connectors.sandbox.server import SandboxServer
from orchestration.lib.counting import count_result
from orchestration.lib.resources import Crm


def test_credentials_moved_from_another_store_are_named_and_the_others_counted(
    deployed: Deployment, sandbox: SandboxServer
) -> None:
    for key in ("wool", "moved"):
        deployed.connect(sandbox, "woocommerce", key)
    with psycopg.connect(deployed.url) as connection:
        connection.execute(
            "update sync.store_credentials set envelope = (select c.envelope from"
            " sync.store_credentials as c join sync.stores as s on s.id = c.store_id"
            " where s.key = 'wool')"
        )
    crm = Crm()
    context = build_init_resource_context()
    crm.setup_for_execution(context)
    try:
        result = count_result(crm, Stream.ORDERS, ["moved", "wool"])
    finally:
        crm.teardown_after_execution(context)

    assert not result.passed
    assert result.metadata["stores"] == MetadataValue.int(1)
    unreadable = str(result.metadata["unreadable"].value)
    assert "moved from another store" in unreadable
    assert "wool" not in unreadable
