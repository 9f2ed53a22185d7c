-- Two loads at once would both believe a rate to be missing. Readers are not held up.
-- Rates belong to no organization.
lock table sync.exchange_rates in share row exclusive mode
