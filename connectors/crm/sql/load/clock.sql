-- Our own clock, by which rows are stamped; of no organization_id.
select clock_timestamp() as moment
