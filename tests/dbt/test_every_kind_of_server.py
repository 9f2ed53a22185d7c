from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest
from fixtures.dbt_runs import Dbt
from fixtures.servers import Kind, Servers, Target, kind_parameters
from fixtures.tenants import furnish, request, sign_up

from connectors.crm.metrics import compute_client_ltv, compute_win_rates, refresh_analytics

VIEW = "analytics_revenue_metrics"
TODAY = date(2026, 11, 22)


@pytest.fixture(scope="session")
def servers(shared_directory: Path) -> Iterator[Servers]:
    running = Servers(shared_directory)
    yield running
    running.stop()


@pytest.fixture(
    params=kind_parameters(
        "postgres-15", "postgres-16-plain-owner", "supabase-open-grants", "supabase-closed-grants"
    )
)
def target(servers: Servers, request: pytest.FixtureRequest) -> Iterator[Target]:
    kind = request.param
    assert isinstance(kind, Kind)
    with servers.template(kind).copy() as copied:
        yield copied


def test_an_owner_who_is_no_superuser_builds_rebuilds_and_keeps_the_views_to_himself(
    target: Target, tmp_path: Path
) -> None:
    dbt = Dbt(target.url, tmp_path)
    dbt.run("build")
    with psycopg.connect(target.admin_url, autocommit=True) as admin:
        tenants = [furnish(admin, sign_up(admin, email=email)) for email in ("a@x", "b@x")]
    # A new relation, under whatever default privileges this server has.
    dbt.edit(VIEW, "from daily", "from daily where order_count >= 0")
    dbt.run("run")

    with psycopg.connect(target.url, autocommit=True) as owner:
        open_to = owner.execute(
            """
            select c.relname, r.rolname, p.privilege
            from pg_class as c, pg_roles as r,
                unnest(array['select', 'insert', 'truncate', 'references']) as p (privilege)
            where c.relkind = 'm' and r.rolname in ('anon', 'authenticated', 'service_role')
                and has_table_privilege(r.oid, c.oid, p.privilege)
                and (r.rolname, p.privilege) <> ('service_role', 'select')
            """
        ).fetchall()
        assert open_to == []

        with psycopg.connect(target.api_url, autocommit=True) as gateway:
            for tenant in tenants:
                with request(gateway, "authenticated", tenant.user) as api:
                    rows = api.execute(f"select organization_id::text from my_{VIEW}".encode())
                    assert rows.fetchall() == [(tenant.organization,)]

        assert refresh_analytics(owner) > 0
        assert compute_client_ltv(owner, TODAY).written == 2
        # One row for each organization as a whole: nothing has closed yet.
        assert compute_win_rates(owner, TODAY).written == 2
        assert compute_win_rates(owner, TODAY).written == 0
