"""One history from its first step to the last quiet sync, compared with the model all the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from connectors.base import StoreConfig
from connectors.crm.privacy import Whom, erase_person
from connectors.crm.sync import StoreResult, sync_store
from connectors.errors import Transient
from tests.chaos.compare import (
    Mismatch,
    check,
    check_cursors,
    check_joined,
    check_settled,
    is_zelda,
    without_zelda,
)
from tests.chaos.counter import Counter, Killed, Told
from tests.chaos.hands import HANDS, Hands
from tests.chaos.happenings import HAPPENINGS, OPENINGS
from tests.chaos.model import Model
from tests.chaos.model_map import ModelStore
from tests.chaos.shop import FLAVOURS, Shop
from tests.chaos.stage import Stage
from tests.chaos.zelda import EMAIL, check_orders, check_traces, redact

# Ids are compared once a week although counts agree: after that long nothing has an excuse.
_QUIET_DAYS: Final = 8


class Step(NamedTuple):
    """Something that happens: in shop `shop` (or the CRM), chosen by two numbers."""

    what: str
    shop: int = 0
    one: int = 0
    other: int = 0


class Program(NamedTuple):
    """A history to be.

    `opening`: what both shops begin with. `flavours`: of the two shops; `batch`: records a load;
    `resumes`: readings go on where they broke off. `crm_wins`: people's edits stay.
    """

    steps: Sequence[Step]
    opening: Sequence[tuple[int, int]] = ()
    flavours: tuple[int, int] = (0, 1)
    batch: int = 4_000
    resumes: bool = False
    crm_wins: bool = False

    def __repr__(self) -> str:
        told = "\n".join(f"  {one!r}," for one in self.steps if one.what != "pause")
        return (
            f"Program([\n{told}\n], opening={self.opening}, flavours={self.flavours}, "
            f"batch={self.batch}, resumes={self.resumes}, "
            f"crm_wins={self.crm_wins})"
        )


class History:
    """An organization with two shops, whose ids and numbers are the same."""

    def __init__(self, stage: Stage, program: Program) -> None:
        self.stage = stage
        self.program = program
        self.shops = [Shop(FLAVOURS[one]) for one in program.flavours]
        self.model = Model()
        self.crm = stage.organization("Chaos")
        self.hands = Hands(self.crm, self.model, crm_wins=program.crm_wins)
        self.configs = [self._store(number, shop) for number, shop in enumerate(self.shops)]

    def _store(self, number: int, shop: Shop) -> StoreConfig:
        config: StoreConfig
        config, prefix = self.stage.store(
            self.crm,
            "ab"[number],
            shop.flavour.name,
            batch_records=self.program.batch,
            edits="crm_wins" if self.program.crm_wins else "store_wins",
        )
        self.model.stores.append(ModelStore(shop.flavour.name, prefix))
        return config

    def play(self) -> None:
        """Play every step, then come to rest; raises Mismatch."""
        for one, other in self.program.opening:
            for shop in self.shops:
                shop.tick(minutes=1)
                OPENINGS[one % len(OPENINGS)](shop, one, other)
        for step in self.program.steps:
            shop = self.shops[step.shop]
            for one in self.shops:
                one.tick(seconds=1)
            if step.what in HAPPENINGS:
                HAPPENINGS[step.what](shop, step.one, step.other)
            elif step.what in HANDS:
                HANDS[step.what](self.hands, step.one, step.other)
            elif step.what in SYNCS:
                SYNCS[step.what](self, step)
        self._rest()

    def wait(self, step: Step) -> None:
        """Hours or days go by."""
        for one in self.shops:
            one.tick(minutes=1 + step.one * step.other)

    def sync(self, step: Step) -> None:
        """A store syncs undisturbed, now and then from the beginning."""
        self._sync(step.shop, full=step.one % 6 == 5)

    def broken_sync(self, step: Step) -> None:
        """A store syncs and is away at some call, or the process dies there."""
        self._sync(step.shop, breaks_at=1 + step.one % 14, is_fatal=bool(step.other % 2))

    def crossed_sync(self, step: Step) -> None:
        """While one store syncs, things happen in it and the other store syncs."""

        def meanwhile() -> None:
            HAPPENINGS[_MEANWHILE[step.other % len(_MEANWHILE)]](
                self.shops[step.shop], step.one, step.other
            )
            self._hear(step.shop, counter)
            self._sync(1 - step.shop)

        counter = self._counter(step.shop, meanwhile_at=1 + step.one % 10, meanwhile=meanwhile)
        self._run(step.shop, counter)

    def erase(self, step: Step) -> None:
        """Zelda is erased, once all is known of her: by a command of the CRM's, or by the shops."""
        if self.shops[0].is_zelda_gone:
            return
        for number in range(len(self.shops)):
            self._sync(number)
        if step.one % 2:
            for shop in self.shops:
                redact(shop)
            return
        for shop in self.shops:
            shop.is_zelda_gone = True
        erase_person(
            self.stage.database_url,
            Whom(organization_id=self.crm.organization_id, email=EMAIL),
            requested_by="ticket 1",
            run_id="chaos",
        )
        check_traces(self.stage.connection, self.crm.organization_id)
        self._compare()

    def _sync(self, number: int, *, compares: bool = True, full: bool = False, **how: Any) -> None:
        self._run(number, self._counter(number, **how), compares=compares, full=full)

    def _counter(self, number: int, **how: Any) -> Counter:
        return Counter(
            self.configs[number],
            self.shops[number],
            batch_records=self.program.batch,
            is_resumable=self.program.resumes,
            **how,
        )

    def _run(
        self, number: int, counter: Counter, *, compares: bool = True, full: bool = False
    ) -> StoreResult | None:
        breaks = counter.breaks_at is not None
        result: StoreResult | None = None
        try:
            result = sync_store(
                self.stage.database_url,
                self.configs[number],
                run_id="chaos",
                connector=counter,
                full=full,
                sessions=self.stage.sessions,
            )
        except Killed:
            pass
        else:
            may_fail = breaks and counter.breaks_at is None
            if result.error is not None and not (may_fail and isinstance(result.error, Transient)):
                raise result.error
        self._hear(number, counter)
        if compares:
            self._compare()
        return result

    def _hear(self, number: int, counter: Counter) -> None:
        """Give the model what has been told so far, in the order it was committed."""
        told, counter.told = counter.told, []
        self.model.hear(self.model.stores[number], map(_without_zelda, told))
        for (entity, external_id), seen in self.model.stores[number].seen.items():
            # Of a customer an order may speak before the record itself has come back.
            if seen.record is not None:
                self.hands.removed.discard((number, entity, external_id))

    def _compare(self) -> None:
        rows = self.crm.rows()
        check(self.model, without_zelda(rows), [one.id for one in self.configs])
        for number, shop in enumerate(self.shops):
            removed = {key[1:] for key in self.hands.removed if key[0] == number}
            removed |= self.model.stores[number].waiting
            check_cursors(shop, rows, self.configs[number].id, removed)

    def _rest(self) -> None:
        """Let time pass and sync all stores: now everything must be right, and stay as it is."""
        for one in self.shops:
            one.tick(days=_QUIET_DAYS)
        for number in range(len(self.shops)):
            self._sync(number)
        if self.crm.has_open_edits():
            # The customer whose client was edited left the second store: the first one's speaks
            # now, and is asked when that store syncs next.
            for number in range(len(self.shops)):
                self._sync(number)
        for number, shop in enumerate(self.shops):
            check_settled(self.model, number, shop)
        check_joined(self.model, self.crm.rows()["reviews"])
        check_orders(self.shops, self.crm.rows(), [one.prefix for one in self.model.stores])
        if self.shops[0].is_zelda_gone:
            check_traces(self.stage.connection, self.crm.organization_id)
        before = self.crm.versions()
        for number in range(len(self.shops)):
            self._sync(number, compares=False)
        written = self.crm.versions() ^ before
        if written:
            raise Mismatch(f"a further sync wrote: {sorted(written)}")
        moved = self.stage.bystander.versions() ^ self.stage.untouched
        if moved:
            raise Mismatch(f"another organization's rows were written: {sorted(moved)}")


def _without_zelda(told: Told) -> Told:
    return replace(
        told,
        records=tuple(one for one in told.records if not is_zelda(one.external_id)),
        gone=tuple(one for one in told.gone if not is_zelda(one)),
    )


_MEANWHILE: Final = ("buy", "edit_order", "register", "delete", "move_order", "edit_customer")
SYNCS: Final[dict[str, Callable[[History, Step], None]]] = {
    one.__name__: one
    for one in (
        History.sync,
        History.broken_sync,
        History.crossed_sync,
        History.wait,
        History.erase,
    )
}
