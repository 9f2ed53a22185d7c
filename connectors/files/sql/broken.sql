-- The next lines that are no row.
select position, payload, reason, code from broken
where position > :after
order by position
limit :size
