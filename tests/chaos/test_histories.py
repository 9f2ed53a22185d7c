"""Random histories of shops, people, chats and syncs: the CRM must be what a plain model says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.play import play_many
from tests.chaos.stage import opened

HISTORIES = 200


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_random_histories_end_as_the_model_says(database: str, tmp_path: Path, seed: int) -> None:
    """In two halves, for the two workers of `make test`."""
    with opened(database, tmp_path) as stage:
        play_many(stage, HISTORIES // 2, seed)
