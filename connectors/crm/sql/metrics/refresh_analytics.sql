-- Refreshes the five views of every organization_id; readers go on reading the old rows meanwhile.
-- Expects the views to exist. Returns nothing of interest.
select public.refresh_all_analytics()
