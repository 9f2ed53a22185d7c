"""Every asset as people see it: what changes here is what they rely on, so change it on purpose."""

from __future__ import annotations

import subprocess
import sys

from dagster import AssetKey, AssetSpec, DefaultScheduleStatus, DefaultSensorStatus

from orchestration.definitions import defs
from orchestration.defs.analytics.assets import TRANSLATOR
from orchestration.lib.dbt import build_arguments
from orchestration.settings import PROJECT

VIEWS = {
    "analytics_deal_metrics": {"stg_crm__deals"},
    "analytics_client_metrics": {"stg_crm__clients"},
    "analytics_revenue_metrics": {"stg_crm__orders"},
    "analytics_chatbot_effectiveness": {"stg_crm__activities"},
    "analytics_channel_performance": {
        "stg_crm__channels",
        "stg_crm__contacts",
        "stg_crm__messages",
    },
}
STAGING = {
    "stg_crm__activities": {"crm_activities"},
    "stg_crm__channels": {"channels"},
    "stg_crm__clients": {"crm_clients"},
    "stg_crm__contacts": {"contacts"},
    "stg_crm__deal_stages_history": {"crm_deal_stages_history"},
    "stg_crm__deals": {"crm_deals"},
    "stg_crm__messages": {"messages"},
    "stg_crm__orders": {"crm_orders"},
    "stg_crm__organizations": {"organizations"},
    "stg_crm__products": {"crm_products"},
    "stg_sync__client_ltv": {"client_ltv"},
    "stg_sync__client_ltv_predictions": {"client_ltv_predictions"},
    "stg_sync__cursors": {"sync_cursors"},
    "stg_sync__quarantine": {"sync_quarantine"},
    "stg_sync__reconciliations": {"sync_reconciliations"},
    "stg_sync__record_map": {"sync_record_map"},
    "stg_sync__stores": {"sync_stores"},
    "stg_sync__win_rates": {"win_rate"},
    "int_order_stores": {"stg_sync__record_map", "stg_sync__stores"},
}
MARTS = {
    "dim_clients": {
        "fct_orders",
        "stg_crm__activities",
        "stg_crm__clients",
        "stg_crm__deals",
        "stg_crm__messages",
        "stg_crm__organizations",
        "stg_sync__client_ltv_predictions",
        "stg_sync__record_map",
    },
    "fct_chat_to_order": {
        "stg_crm__activities",
        "stg_crm__clients",
        "stg_crm__contacts",
        "stg_crm__messages",
        "stg_crm__orders",
        "stg_crm__organizations",
    },
    "fct_client_cohorts": {"fct_orders", "stg_crm__organizations"},
    "fct_client_ltv": {
        "stg_crm__clients",
        "stg_crm__orders",
        "stg_crm__organizations",
        "stg_sync__client_ltv",
        "stg_sync__client_ltv_predictions",
    },
    "fct_daily_shop": {
        "fct_orders",
        "stg_crm__organizations",
        "stg_sync__cursors",
        "stg_sync__stores",
    },
    "fct_deal_stage_transitions": {"stg_crm__deal_stages_history", "stg_crm__deals"},
    "fct_lifecycle_funnel": {"stg_crm__clients", "stg_crm__organizations"},
    "fct_order_items": {
        "fct_orders",
        "stg_crm__orders",
        "stg_crm__organizations",
        "stg_crm__products",
    },
    "fct_orders": {"int_order_stores", "stg_crm__orders", "stg_crm__organizations"},
    "fct_products": {"fct_order_items", "stg_crm__organizations", "stg_crm__products"},
    "fct_response_times": {"stg_crm__clients", "stg_crm__messages"},
    "fct_sales_velocity": {"stg_crm__deals"},
    "fct_stage_conversion": {"fct_deal_stage_transitions", "stg_crm__deals"},
    "dim_organizations": {"stg_crm__organizations", "stg_sync__cursors", "stg_sync__stores"},
    "fct_win_rates": {
        "stg_crm__clients",
        "stg_crm__deals",
        "stg_crm__organizations",
        "stg_sync__win_rates",
    },
    # The days that MetricFlow groups by.
    "time_spine_daily": set[str](),
    "fct_sync_reconciliation": {
        "stg_sync__cursors",
        "stg_sync__quarantine",
        "stg_sync__reconciliations",
        "stg_sync__stores",
    },
}
SYNCED = {"crm_clients", "crm_products", "crm_orders"}
WRITTEN_BY_PEOPLE = {
    "channels",
    "contacts",
    "crm_activities",
    "crm_deal_stages_history",
    "crm_deals",
    "messages",
    "organizations",
}
KEPT_BY_STORELOOM = {
    "sync_cursors",
    "sync_quarantine",
    "sync_reconciliations",
    "sync_record_map",
    "sync_stores",
}
REPORTED = {
    "dim_clients",
    "fct_client_cohorts",
    "fct_client_ltv",
    "fct_daily_shop",
    "fct_lifecycle_funnel",
    "fct_orders",
    "fct_products",
    "fct_response_times",
    "fct_sync_reconciliation",
    "fct_win_rates",
}
METRICS = {
    "client_ltv": {"crm_clients", "crm_orders"},
    "client_ltv_predictions": {"crm_clients", "crm_orders"},
    "win_rate": {"crm_deals"},
}


def specs() -> dict[str, AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in defs.resolve_all_asset_specs()}


def upstream(spec: AssetSpec) -> set[str]:
    return {dep.asset_key.to_user_string() for dep in spec.deps}


def test_these_are_the_assets_in_their_groups() -> None:
    groups = {name: spec.group_name for name, spec in specs().items()}

    assert groups == {
        "stores": "stores",
        "exchange_rates": "rates",
        **dict.fromkeys(SYNCED | WRITTEN_BY_PEOPLE | KEPT_BY_STORELOOM, "crm"),
        **dict.fromkeys(STAGING, "staging"),
        **dict.fromkeys(VIEWS | MARTS, "analytics"),
        **dict.fromkeys(METRICS, "metrics"),
        "organization_reports": "reports",
    }


def test_the_lineage_runs_from_stores_to_views_and_metrics() -> None:
    found = {name: upstream(spec) for name, spec in specs().items()}

    assert found == {
        "stores": set(),
        "exchange_rates": set(),
        **{name: {"stores"} for name in SYNCED},
        **{name: set() for name in WRITTEN_BY_PEOPLE | KEPT_BY_STORELOOM},
        **STAGING,
        **VIEWS,
        **MARTS,
        **METRICS,
        "organization_reports": REPORTED,
    }


def test_every_asset_has_owner_kind_tag_and_description() -> None:
    for name, spec in specs().items():
        assert spec.owners, name
        assert spec.kinds, name
        assert any(tag.startswith("storeloom/") for tag in spec.tags), name
        assert spec.description, name


def test_synced_assets_have_a_partition_per_store_and_the_others_none() -> None:
    for name, spec in specs().items():
        partitions = getattr(spec.partitions_def, "name", None)
        assert partitions == ("store" if name in SYNCED else None), name


def test_no_view_refreshes_by_itself() -> None:
    assert [name for name, spec in specs().items() if spec.automation_condition is not None] == []


def test_jobs_and_schedules_are_there_and_run_by_default() -> None:
    repository = defs.get_repository_def()

    assert {name for name in repository.job_names if not name.startswith("__")} == {
        "nightly_sync",
        "load_exchange_rates",
        "sync_store",
        "check_stores",
        "reconcile",
        "replay_quarantine",
        "erase_personal_data",
        "refresh_analytics",
        "build_analytics",
        "build_reports",
        "compute_metrics",
        "prune_event_log",
    }
    assert {
        schedule.name: (schedule.cron_schedule, schedule.execution_timezone, schedule.job_name)
        for schedule in repository.schedule_defs
    } == {
        "nightly_sync_schedule": ("0 2 * * *", "UTC", "nightly_sync"),
        "exchange_rates_schedule": ("30 16 * * *", "UTC", "load_exchange_rates"),
        "hourly_refresh_schedule": ("0 * * * *", "UTC", "refresh_analytics"),
        "daily_metrics_schedule": ("0 6 * * *", "UTC", "compute_metrics"),
        "prune_event_log_schedule": ("30 4 * * *", "UTC", "prune_event_log"),
    }
    for schedule in repository.schedule_defs:
        assert schedule.default_status is DefaultScheduleStatus.RUNNING
    assert {sensor.name for sensor in repository.sensor_defs} == {
        "register_stores",
        "reap_orphaned_runs",
    }
    for sensor in repository.sensor_defs:
        assert sensor.default_status is DefaultSensorStatus.RUNNING


def test_every_job_runs_in_one_process() -> None:
    repository = defs.get_repository_def()

    for name in repository.job_names:
        assert repository.get_job(name).executor_def.name == "in_process", name


def test_dbt_tests_and_counts_are_asset_checks() -> None:
    checks = defs.get_repository_def().asset_graph.asset_check_keys
    by_asset = {name: {c.name for c in checks if c.asset_key == AssetKey(name)} for name in specs()}

    for name in SYNCED:
        assert {"matches_stores", "quarantine_is_empty"} <= by_asset[name]
    for name in VIEWS:
        assert by_asset[name], name
    assert TRANSLATOR.settings.enable_source_tests_as_checks


def test_a_production_build_leaves_unit_tests_out() -> None:
    assert build_arguments() == ["build", "--exclude-resource-type", "unit_test"]
    assert build_arguments(["a", "b+"])[-3:] == ["--select", "a", "b+"]


def test_help_needs_neither_dagster_nor_dbt() -> None:
    probe = (
        "import sys; sys.argv = ['storeloom', '--help'];"
        "from orchestration.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print([name for name in ('dagster', 'dbt', 'psycopg', 'pydantic') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], cwd=PROJECT, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip().splitlines()[-1] == "[]"
