"""Many histories, one after another, from a seed."""

from __future__ import annotations

from hypothesis import HealthCheck, given, seed, settings

from tests.chaos.history import History, Program
from tests.chaos.programs import programs
from tests.chaos.stage import Stage


def play_many(stage: Stage, number_of_histories: int, starting_seed: int) -> None:
    """Play random histories; the first that fails is shrunk and raised."""

    @seed(starting_seed)
    @settings(
        max_examples=number_of_histories,
        deadline=None,
        database=None,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(programs)
    def play(program: Program) -> None:
        History(stage, program).play()

    play()
