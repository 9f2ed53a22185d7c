"""`storeloom identity`, as a person and as a script use it."""

from __future__ import annotations

import json
from typing import Any

from fixtures.deployments import Deployment

from connectors.sandbox.server import SandboxServer

DOUBLED = """
with one as (
  select c.id, c.organization_id, c.email, m.external_id
  from crm_clients c
  join sync.record_map m on m.crm_id = c.id and m.entity = 'customers'
  where c.email is not null and c.total_orders > 0
  order by c.email
  limit 1
), typed as (
  insert into crm_clients (organization_id, email, full_name, tags)
  select organization_id, upper(email), 'Typed In', '{vip}' from one
  returning id
)
select one.id::text || ' ' || typed.id || ' ' || one.external_id from one, typed
"""

TYPED_AT_A_CHECKOUT = """
update sync.identity_links as k
set evidence = '{"name": "[/b] [red]ann"}'
from crm_clients as c
where c.id = k.client_id
returning k.client_id::text
"""


def told(deployed: Deployment, *arguments: str) -> Any:
    done = deployed.run("identity", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_doubt_is_listed_decided_explained_and_taken_back(
    deployed: Deployment, sandbox: SandboxServer
) -> None:
    deployed.connect(sandbox, "woocommerce", "eu-shop")
    assert deployed.run("sync", "eu-shop").returncode == 0
    assert "nothing waits" in deployed.run("identity", "review").stdout
    shop, typed, customer_id = deployed.one(DOUBLED).split()
    assert deployed.run("sync", "eu-shop").returncode == 0

    (waiting,) = told(deployed, "review")
    assert (waiting["client_id"], waiting["candidate_ids"]) == (shop, [typed])
    assert waiting["reason"] == "email_shared_later"
    listed = deployed.run("identity", "review").stdout
    assert shop in listed
    assert typed in listed

    number = str(waiting["number"])
    wrong = deployed.run("identity", "review", number, "--merge", waiting["store_id"])
    assert wrong.returncode == 1
    assert len(wrong.stderr.splitlines()) == 1
    assert f"not part of review {number}" in wrong.stderr
    merged = told(deployed, "review", number, "--merge", shop)
    assert merged == {"review": int(number), "merged": typed, "into": shop}
    assert told(deployed, "review") == []

    by_old_id = told(deployed, "explain", typed)
    assert (by_old_id["client_id"], by_old_id["asked_for"]) == (shop, typed)
    assert [one["client_id"] for one in by_old_id["merged"]] == [typed]
    orders = deployed.one("select total_orders from crm_clients where id::text = %s", shop)
    (person,) = [one for one in by_old_id["persons"] if one["external_id"] == customer_id]
    assert person["reason"] == "new"
    assert person["orders"] >= orders > 0
    plain = deployed.run("identity", "explain", shop).stdout
    assert "became this one" in plain
    assert f"customers {customer_id}" in plain

    done = deployed.run("identity", "unlink", "eu-shop", "customers", customer_id)
    assert done.returncode == 0, done.stderr
    assert "a merge was undone" in done.stdout
    assert deployed.run("sync", "eu-shop", "--full").returncode == 0
    assert deployed.one("select tags from crm_clients where id::text = %s", typed) == ["vip"]
    assert told(deployed, "review") == []
    assert typed in told(deployed, "explain", shop)["not_the_same"]


def test_two_that_are_kept_apart_are_asked_about_no_more(
    deployed: Deployment, sandbox: SandboxServer
) -> None:
    deployed.connect(sandbox, "woocommerce", "eu-shop")
    assert deployed.run("sync", "eu-shop").returncode == 0
    shop, typed, _ = deployed.one(DOUBLED).split()
    assert deployed.run("sync", "eu-shop").returncode == 0
    (waiting,) = told(deployed, "review")

    assert told(deployed, "review", str(waiting["number"]), "--keep-apart")["kept"] == "apart"
    assert deployed.run("sync", "eu-shop", "--full").returncode == 0

    assert told(deployed, "review") == []
    assert typed in told(deployed, "explain", shop)["not_the_same"]
    again = deployed.run("identity", "review", str(waiting["number"]), "--keep-apart")
    assert again.returncode == 1
    assert "does not wait" in again.stderr


def test_a_name_in_brackets_is_shown_as_it_was_typed(
    deployed: Deployment, sandbox: SandboxServer
) -> None:
    deployed.connect(sandbox, "woocommerce", "eu-shop")
    assert deployed.run("sync", "eu-shop").returncode == 0
    client = deployed.one(TYPED_AT_A_CHECKOUT)

    done = deployed.run("identity", "explain", client)

    assert done.returncode == 0, done.stderr
    assert "name [/b] [red]ann" in " ".join(done.stdout.split())


def test_what_cannot_be_done_is_one_line(deployed: Deployment, sandbox: SandboxServer) -> None:
    deployed.connect(sandbox, "woocommerce", "eu-shop")
    nobody = "00000000-0000-4000-8000-000000000000"
    for arguments, message in (
        (("explain", "ann"), '"ann" is no client id'),
        (("explain", nobody), f"there is no client {nobody}"),
        (("unlink", "eu-shop", "customers", "999"), 'has no customers "999"'),
        (("unlink", "us-shop", "customers", "1"), 'no store "us-shop"'),
        (("review", "--keep-apart"), "name the review"),
        (("review", "1", "--keep-apart", "--merge", nobody), "choose one"),
    ):
        done = deployed.run("identity", *arguments)
        assert done.returncode == 1, arguments
        assert len(done.stderr.splitlines()) == 1
        assert message in done.stderr
