"""Training of the isolation forest over whole minutes of sessions without a plan; scikit-learn grows the trees.

The same minutes, options and release of scikit-learn give the same model.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from surveillance.anomaly.forest import Forest, pack
from surveillance.engine import Engine
from surveillance.engine.tables import MINUTE_FIGURES
from surveillance.errors import InputError
from surveillance.reference import Reference
from surveillance.rules import abnormal_volume
from surveillance.rules.figures import CLIP, WARM_UP_MINUTES
from surveillance.wire import Decoded

SEED: Final = 0
BLOCK_EVENTS: Final = 1 << 16


def figures_of(tables: Iterable[pa.Table], reference: Reference) -> NDArray[np.float32]:
    """Give the minutes of events as the rule sees them, a row each: how far the figures lie above the usual."""
    engine = Engine(None, reference, rules=(abnormal_volume,))
    state = engine.new_state()
    found = [np.empty((0, len(MINUTE_FIGURES)), np.float32)]
    for block in _blocks(tables):
        minutes = engine.feed(state, Decoded(block)).minutes
        known = minutes[(minutes["minutes"] >= WARM_UP_MINUTES) & (minutes["story"] == 0)]
        found.append(np.clip(known["z"], 0.0, CLIP).astype(np.float32))
    return np.concatenate(found)


def _blocks(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    for table in tables:
        for start in range(0, table.num_rows, BLOCK_EVENTS):
            yield table.slice(start, BLOCK_EVENTS)


def train(minutes: NDArray[np.float32], trees: int, samples: int, provenance: dict[str, Any]) -> Forest:
    """Grow a forest; raises `InputError` where there are fewer minutes than one tree wants."""
    import sklearn
    from sklearn.ensemble import IsolationForest

    if len(minutes) < samples:
        raise InputError(f"{len(minutes)} whole minutes are too few: a tree wants {samples}")
    grown = IsolationForest(n_estimators=trees, max_samples=samples, random_state=SEED).fit(minutes)
    arrays = [
        {
            "left": each.tree_.children_left,
            "right": each.tree_.children_right,
            "figure": each.tree_.feature,
            "cut": each.tree_.threshold,
            "samples": each.tree_.n_node_samples,
        }
        for each in grown.estimators_
    ]
    origin = {"scikit_learn": sklearn.__version__, "seed": SEED, "minutes": len(minutes), **provenance}
    return pack(MINUTE_FIGURES, samples, arrays, origin)
