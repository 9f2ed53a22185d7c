-- Lines that are no row, and rows without an id.
create table broken (
  position integer primary key,
  payload blob not null,
  reason text not null,
  code text not null
)
