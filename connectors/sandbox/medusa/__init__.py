"""The Medusa 2 Admin API over a sandbox world."""
