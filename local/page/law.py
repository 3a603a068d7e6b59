"""Law 3 while the market trades: the witnesses are asked one after the other, so what is on the way stands between."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from surveillance.reconciliation import Equation

from local.clients import client
from local.reconcile import consumer_counts, consumer_equations, count_lake, ingester_counts, ingester_equations

HOLDS: Final = ("holds", "good")
SETTLED_S: Final = 15.0
"""Landing gathers for a few seconds; a difference that stays for longer, while nothing moves, is one."""


class Counted(msgspec.Struct, frozen=True):
    """The equations, and since when (monotonic seconds) the sums of each stand still."""

    equations: tuple[Equation, ...]
    at: float
    since: dict[str, float]
    lines: int
    rows: int

    def verdict_of(self, equation: Equation) -> tuple[str, str]:
        """Say how an equation stands and how that looks. While its sums rise, a difference is on the way."""
        if equation.holds:
            return HOLDS
        if self.at - self.since[equation.title] >= SETTLED_S:
            return f"FAILS by {equation.difference:+,}", "bad"
        return f"{abs(equation.difference):,} on the way", "warn"

    def verdict(self) -> tuple[str, str]:
        """Say how all of them stand together."""
        looks = [self.verdict_of(equation)[1] for equation in self.equations]
        if "bad" in looks:
            return "FAILS", "bad"
        return ("on the way", "warn") if "warn" in looks else HOLDS


def count(state: Mapping[str, Any], at: float, before: Counted | None = None) -> Counted:
    """Ask the witnesses of a running stack at a moment (monotonic seconds); `before` is the count before."""
    names = state["names"]
    consumer = consumer_counts(client("dynamodb", state["endpoint"]), names["CHECKPOINT_TABLE"])
    lake = count_lake(Path(state["lake_path"]), int(names.get("LANES", "16")))
    equations: list[Equation] = []
    services = state.get("status", {}).get("services", [])
    if services and services[0]["alive"] and services[0]["starts"] == 1:
        ingester = ingester_counts(state["health_port"])
        if ingester["leases_taken"] == 1:
            equations += ingester_equations(ingester, consumer)
    equations += consumer_equations(consumer, lake)
    return Counted(tuple(equations), at, _since(equations, at, before), consumer["lines"], lake.rows)


def _since(equations: list[Equation], at: float, before: Counted | None) -> dict[str, float]:
    known = {each.title: each for each in before.equations} if before else {}
    return {
        each.title: before.since[each.title] if before and known.get(each.title) == each else at for each in equations
    }
