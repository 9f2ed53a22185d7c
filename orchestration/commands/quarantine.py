"""`storeloom quarantine`: see, understand and retry the records that could not be loaded."""

from __future__ import annotations
