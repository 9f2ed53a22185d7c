-- A folder of files can be a store: its address is file:///path, and only its platform may have one,
-- so that no address typed wrong makes another platform's connector look at local files.
alter table sync.stores
drop constraint stores_base_url_check,
add constraint stores_base_url_check check (
  case platform when 'files' then base_url ~ '^file:///' else base_url ~ '^https?://' end
);
