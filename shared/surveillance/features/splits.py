"""Stock splits, known by the ratio of an open to the close before it: raw prices jump by it, and nobody has traded."""

from surveillance.engine.kernel import kernel

SPLITS = (1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 100.0)
TOLERANCE = 0.03


@kernel
def is_split(ratio, tolerance):
    """Say whether a ratio is within a share of a split's, or of a reverse split's."""
    for k in range(len(SPLITS)):
        if abs(ratio / SPLITS[k] - 1.0) <= tolerance or abs(ratio * SPLITS[k] - 1.0) <= tolerance:
            return True
    return False
