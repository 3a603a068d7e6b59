"""How far readers have come, on disk, so that a restarted reader goes on where its predecessor was."""

import json
import threading
from pathlib import Path


class Positions:
    """Sequence numbers by reader and shard. Each is a small file of its own, replaced whole."""

    def __init__(self, folder: Path, reader: str) -> None:
        self._path = folder / f"{reader}.json"
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        self._positions: dict[str, str] = json.loads(self._path.read_text()) if self._path.exists() else {}

    def get(self, shard_id: str) -> str | None:
        return self._positions.get(shard_id)

    def advance(self, moved: dict[str, str]) -> None:
        with self._lock:
            self._positions.update(moved)
            write_whole(self._path, json.dumps(self._positions))


def write_whole(path: Path, text: str) -> None:
    """Replace a file so that a reader sees the old or the new text, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(path.suffix + ".new")
    draft.write_text(text)
    draft.replace(path)
