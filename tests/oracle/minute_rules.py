"""The rules of whole minutes, told over plain objects."""

import numpy as np
from surveillance import models
from surveillance.anomaly.forest import decode, path_lengths
from surveillance.anomaly.half_space import plant
from surveillance.engine.tables import MINUTE_FIGURES
from surveillance.events import DAY, MINUTE, SECOND

from tests.oracle.findings import Said, picked
from tests.oracle.minutes import Told

Values = dict[str, float]
FLOW = {"imbalance", "messages", "cancel_rate", "order_size"}
PRICE = {"move", "range", "spread"}
CLIP = 8.0


def strange(told: Told, min_z: float) -> int:
    """Count the figures far above the usual, if order flow is among them and something else."""
    far = {name for name, z in told.z.items() if z >= min_z}
    kinds = {"price" if name in PRICE else "trading" if name in ("volume", "trades") else name for name in far}
    return len(far) if far & FLOW and len(kinds) > 1 else 0


def is_explained(told: Told, p: Values) -> bool:
    """Say whether news, or the close of a session that has one, makes the minute no surprise."""
    closes = told.closes_ts - told.known[0] < DAY and 0 <= told.closes_ts - told.ts < p["closing_s"] * SECOND
    return told.story or closes


def say(told: Told, score: float, drove: list[str], metrics: Values, thresholds: Values) -> Said:
    """Tell a minute and the figures that drove it."""
    drove = [name for name in drove if name in told.usual]
    return Said(
        score=score,
        ts=told.ts,
        start_ts=told.ts - MINUTE + 1,
        end_ts=told.ts,
        first_evidence=f"minute@{told.ts}",
        metrics=metrics | {name: told.value[name] for name in drove} | {f"{name}_z": told.z[name] for name in drove},
        thresholds=thresholds,
        baselines={name: told.usual[name] for name in drove},
    )


class ZscoreAnomaly:
    """Nothing is remembered: the minute knows what is usual."""

    def see(self, told: Told, p: Values) -> Said | None:
        top = max(told.z.values(), default=0.0)
        if told.before < p["warm_up_minutes"] or top < min(p["alone_z"], p["top_z"]):
            return None
        together = sum(z >= p["min_z"] for z in told.z.values())
        score = 0.3 if top >= p["alone_z"] else 0.0
        if strange(told, p["min_z"]) >= p["together"] and top >= p["top_z"] and not is_explained(told, p):
            score = min(0.65 + 0.05 * (together - p["together"]) + 0.03 * min(top - p["top_z"], 5.0), 0.89)
        if score == 0:
            return None
        drove = [name for name, z in told.z.items() if z >= min(p["min_z"], top)]
        return say(told, score, drove, {}, picked(p, "min_z top_z together alone_z closing_s"))


class HalfSpaceTrees:
    """Boxes of half-space trees, and how many minutes of the last window and of this one lie in each."""

    trees, height, window = 25, 6, 20

    def __init__(self) -> None:
        figure, cut = plant(self.trees, self.height, len(MINUTE_FIGURES), 1)
        self.figure, self.cut = figure.tolist(), cut.tolist()
        self.mass: dict[tuple[int, int], int] = {}
        self.latest: dict[tuple[int, int], int] = {}
        self.seen = 0
        self.is_learnt = False

    def path(self, tree: int, at: list[float]) -> list[int]:
        nodes = [0]
        while len(nodes) <= self.height:
            node = nodes[-1]
            is_right = at[self.figure[tree][node]] >= self.cut[tree][node]
            nodes.append(2 * node + 1 + is_right)
        return nodes

    def score(self, at: list[float]) -> float:
        total = 0.0
        for tree in range(self.trees):
            for depth, node in enumerate(self.path(tree, at)):
                mass = self.mass.get((tree, node), 0)
                total += mass * 2.0**depth
                if mass < 0.1 * self.window:
                    break
        return 1 - total / (self.trees * self.window * (2 ** (self.height + 1) - 1))

    def see(self, told: Told, p: Values) -> Said | None:
        at = [min(max(told.z.get(name, 0.0), 0.0), CLIP) / CLIP for name in MINUTE_FIGURES]
        said = self.judge(told, at, p) if self.is_learnt and told.before >= p["warm_up_minutes"] else None
        if told.before >= 10:
            self.learn(at)
        return said

    def learn(self, at: list[float]) -> None:
        for tree in range(self.trees):
            for node in self.path(tree, at):
                self.latest[tree, node] = self.latest.get((tree, node), 0) + 1
        self.seen += 1
        if self.seen == self.window:
            self.mass, self.latest, self.seen, self.is_learnt = self.latest, {}, 0, True

    def judge(self, told: Told, at: list[float], p: Values) -> Said | None:
        score = self.score(at)
        far = [name for name in MINUTE_FIGURES if told.z.get(name, 0.0) >= p["min_z"]]
        if score < p["min_score"] or not far:
            return None
        less = {}
        for k, name in enumerate(MINUTE_FIGURES):
            less[name] = score - self.score([0.0 if n == k else value for n, value in enumerate(at)])
        found = 0.3
        if score >= p["high_score"] and strange(told, p["min_z"]) >= 2 and not is_explained(told, p):
            found = min(0.65 + (score - p["high_score"]), 0.89)
        drove = [name for name in MINUTE_FIGURES if less[name] > 0 or name in far]
        return say(told, found, drove, {"score": score}, picked(p, "min_score high_score min_z closing_s"))


class IsolationForest:
    """The shipped model, walked node by node."""

    def __init__(self) -> None:
        self.model = decode(models.ISOLATION_FOREST.read_bytes())
        self.lengths = path_lengths(self.model.samples)
        self.nodes = self.model.nodes.tolist()

    def length(self, node: int, at: list[float], depth: int = 0) -> float:
        figure, cut, right, samples = self.nodes[node]
        if figure < 0:
            return depth + self.lengths[samples]
        return self.length(node + (1 if at[figure] <= cut else right), at, depth + 1)

    def score(self, at: list[float]) -> float:
        mean = sum(self.length(first, at) for first in self.model.first.tolist()) / len(self.model.first)
        return float(2.0 ** (-mean / self.lengths[self.model.samples]))

    def see(self, told: Told, p: Values) -> Said | None:
        far = [name for name in MINUTE_FIGURES if told.z.get(name, 0.0) >= p["min_z"]]
        if told.before < p["warm_up_minutes"] or not far:
            return None
        at = [single(min(max(told.z.get(name, 0.0), 0.0), CLIP)) for name in MINUTE_FIGURES]
        score = self.score(at)
        if score < p["min_score"]:
            return None
        found = 0.3
        if score >= p["high_score"] and strange(told, p["min_z"]) >= p["together"] and not is_explained(told, p):
            found = min(0.65 + 2 * (score - p["high_score"]), 0.89)
        drove = list(far)
        for k, name in enumerate(MINUTE_FIGURES):
            less = score - self.score([0.0 if n == k else value for n, value in enumerate(at)])
            if less > 0.002 and name not in drove:
                drove.append(name)
        return say(
            told, found, drove, {"score": score}, picked(p, "min_score high_score min_z together closing_s model")
        )


def single(value: float) -> float:
    """Round to 32 bits, as the model was trained."""
    return float(np.float32(value))
