-- The next lines that are no row.
select position, payload, reason, code from broken
where position > :edge
order by position
limit :size
