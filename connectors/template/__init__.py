"""The smallest whole connector, to be copied: docs/adding-a-platform.md goes through it."""
