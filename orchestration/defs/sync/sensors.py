"""Keeps Dagster's partitions in step with the stores people connect."""

from dagster import DefaultSensorStatus, SensorEvaluationContext, SkipReason, sensor

from orchestration.lib.stores import reconcile_partitions


@sensor(
    minimum_interval_seconds=30,
    default_status=DefaultSensorStatus.RUNNING,
    description="Adds a partition for each store that was connected, drops those of removed ones.",
)
def register_stores(context: SensorEvaluationContext) -> SkipReason:
    """Compare the stores table with the partitions; it launches nothing."""
    added, dropped = reconcile_partitions(context.instance)
    return SkipReason(f"{added} stores added, {dropped} dropped")
