"""An isolation forest as arrays of nodes, with where it comes from; read from and written to JSON.

Source: Liu, Ting and Zhou, "Isolation Forest", ICDM 2008. Scores are those of scikit-learn's `score_samples`, negated:
near 1 = isolated by few cuts, about a half = like everything else.
"""

import base64
import zlib
from hashlib import blake2b
from math import log
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from surveillance.errors import InputError

FORMAT: Final = 1
LEAF: Final = -1
_NODE: Final = np.dtype([("figure", "<i1"), ("cut", "<f4"), ("right", "<i2"), ("samples", "<i2")])
"""The first child of a node follows it, `right` is the distance to the second; `samples` ended in a leaf."""


class _File(msgspec.Struct):
    format: int
    figures: list[str]
    samples: int
    trees: list[int]
    provenance: dict[str, Any]
    digest: str
    nodes: str


class Forest(msgspec.Struct, frozen=True):
    """Trees one after the other: `first` node of each; all nodes; the figures in order; samples a tree was grown on."""

    figures: tuple[str, ...]
    samples: int
    first: NDArray[np.int32]
    nodes: NDArray[Any]
    provenance: dict[str, Any]

    @property
    def digest(self) -> str:
        """Hash everything that can change a score."""
        text = f"{FORMAT} {' '.join(self.figures)} {self.samples} {self.first.tolist()}"
        return blake2b(text.encode() + self.nodes.tobytes(), digest_size=8).hexdigest()

    def arrays(self) -> tuple[NDArray[np.int8], NDArray[np.float64], NDArray[np.int32]]:
        """Give figure (`LEAF` for leaves), cut (for leaves the path length they stand for) and second child by node."""
        value = self.nodes["cut"].astype(np.float64)
        lengths = path_lengths(int(self.samples))
        for start in self.first.tolist():
            waiting = [(start, 0)]
            while waiting:
                node, depth = waiting.pop()
                if self.nodes["figure"][node] == LEAF:
                    value[node] = depth + lengths[int(self.nodes["samples"][node])]
                else:
                    waiting += [(node + 1, depth + 1), (node + int(self.nodes["right"][node]), depth + 1)]
        second = np.arange(len(self.nodes)) + self.nodes["right"]
        return self.nodes["figure"].copy(), value, second.astype(np.int32)

    @property
    def usual_length(self) -> float:
        """The mean path length that makes a score a half."""
        return path_lengths(self.samples)[self.samples]


def path_lengths(most: int) -> list[float]:
    """Give the mean length of an unsuccessful search in a binary tree of 0 to `most` samples."""
    found = [0.0, 0.0, 1.0]
    for samples in range(3, most + 1):
        found.append(2.0 * (log(samples - 1.0) + np.euler_gamma) - 2.0 * (samples - 1.0) / samples)
    return found[: most + 1]


def encode(forest: Forest) -> bytes:
    """Write a forest as JSON, its nodes packed."""
    packed = base64.b64encode(zlib.compress(forest.nodes.tobytes(), 9)).decode()
    file = _File(
        format=FORMAT,
        figures=list(forest.figures),
        samples=forest.samples,
        trees=forest.first.tolist(),
        provenance=forest.provenance,
        digest=forest.digest,
        nodes=packed,
    )
    return msgspec.json.format(msgspec.json.encode(file), indent=0) + b"\n"


def decode(data: bytes) -> Forest:
    """Read a forest; raises `InputError` where it is none, of another format, or damaged."""
    try:
        file = msgspec.json.decode(data, type=_File)
        nodes = np.frombuffer(zlib.decompress(base64.b64decode(file.nodes)), _NODE)
    except (msgspec.DecodeError, ValueError, zlib.error) as error:
        raise InputError(f"the model can't be read: {error}") from error
    if file.format != FORMAT:
        raise InputError(f"the model has format {file.format}, not {FORMAT}")
    forest = Forest(tuple(file.figures), file.samples, np.array(file.trees, np.int32), nodes, file.provenance)
    if forest.digest != file.digest:
        raise InputError("the model is damaged: its digest is another")
    return forest


def pack(
    figures: tuple[str, ...], samples: int, trees: list[dict[str, NDArray[Any]]], provenance: dict[str, Any]
) -> Forest:
    """Make a forest of trees given as arrays: `left` and `right` child (−1 in leaves), `figure`, `cut`, `samples`.

    Values are compared as 32-bit floats, so cuts are rounded down to these: nothing changes sides.
    """
    packed: list[NDArray[Any]] = []
    first: list[int] = []
    for tree in trees:
        first.append(sum(len(nodes) for nodes in packed))
        order = _preorder(tree["left"], tree["right"])
        place = {node: number for number, node in enumerate(order)}
        nodes = np.zeros(len(order), _NODE)
        for number, node in enumerate(order):
            is_leaf = tree["left"][node] < 0
            nodes[number]["figure"] = LEAF if is_leaf else tree["figure"][node]
            nodes[number]["cut"] = 0.0 if is_leaf else _rounded_down(float(tree["cut"][node]))
            nodes[number]["right"] = 0 if is_leaf else place[int(tree["right"][node])] - number
            nodes[number]["samples"] = tree["samples"][node] if is_leaf else 0
        packed.append(nodes)
    return Forest(figures, samples, np.array(first, np.int32), np.concatenate(packed), provenance)


def _preorder(left: NDArray[Any], right: NDArray[Any]) -> list[int]:
    found, waiting = [], [0]
    while waiting:
        node = waiting.pop()
        found.append(node)
        if left[node] >= 0:
            waiting += [int(right[node]), int(left[node])]
    return found


def _rounded_down(cut: float) -> np.float32:
    near = np.float32(cut)
    return near if float(near) <= cut else np.nextafter(near, np.float32(-np.inf))
