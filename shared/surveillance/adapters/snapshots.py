"""Snapshots of lane state: one object a lane and digest, overwritten; each says at which position it was taken.

An engine of another digest (schema, code, parameters) finds none of its own and rebuilds from the lane log, so two
versions may run side by side while one replaces the other.
"""

from typing import Any, Final

import msgspec

from surveillance.adapters.compression import compress, decompress

SNAPSHOTS: Final = "snapshots/"


class Snapshot(msgspec.Struct, frozen=True):
    """A saved state after the lane's first `position` lines, the last of them of arrival date `date`."""

    position: int
    date: str
    state: bytes


class SnapshotStore:
    """Snapshots in a bucket."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def write(self, lane: int, digest: str, snapshot: Snapshot) -> None:
        """Replace the lane's snapshot of this digest."""
        self._client.put_object(
            Bucket=self._bucket,
            Key=_key(lane, digest),
            Body=compress(snapshot.state),
            Metadata={"position": str(snapshot.position), "date": snapshot.date},
        )

    def read(self, lane: int, digest: str) -> Snapshot | None:
        """Give the lane's snapshot of this digest, if there is one."""
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=_key(lane, digest))
        except self._client.exceptions.NoSuchKey:
            return None
        place = answer["Metadata"]
        return Snapshot(int(place["position"]), place["date"], decompress(answer["Body"].read()))


def _key(lane: int, digest: str) -> str:
    return f"{SNAPSHOTS}lane={lane:03d}/{digest}.zst"
