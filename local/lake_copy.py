"""A bucket's objects as files, and back: the emulator keeps its own list, so steps work on a copy of the lake."""

from collections.abc import Callable, Mapping
from hashlib import md5
from pathlib import Path

from local.clients import client


class LakeCopy:
    """A bucket's objects as files below `folder`."""

    def __init__(self, endpoint: str, bucket: str, folder: Path) -> None:
        self._objects = client("s3", endpoint)
        self._bucket = bucket
        self.folder = folder

    def fetch(self) -> dict[str, str]:
        """Make the files those of the bucket; give digests by key."""
        there: dict[str, str] = {}
        for page in self._objects.get_paginator("list_objects_v2").paginate(Bucket=self._bucket):
            there |= {entry["Key"]: entry["ETag"].strip('"') for entry in page.get("Contents", [])}
        for key in self._digests().keys() - there.keys():
            (self.folder / key).unlink()
        here = self._digests()
        for key, digest in there.items():
            if here.get(key) != digest:
                path = self.folder / key
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(self._objects.get_object(Bucket=self._bucket, Key=key)["Body"].read())
        return there

    def put_back(self, before: Mapping[str, str], is_kept: Callable[[str], bool]) -> None:
        """Put what changed below the folder into the bucket, and remove what is gone."""
        now = {key: digest for key, digest in self._digests().items() if is_kept(key)}
        for key, digest in now.items():
            if before.get(key) != digest:
                self._objects.put_object(Bucket=self._bucket, Key=key, Body=(self.folder / key).read_bytes())
        for key in before.keys() - now.keys():
            if is_kept(key):
                self._objects.delete_object(Bucket=self._bucket, Key=key)

    def _digests(self) -> dict[str, str]:
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return {
            path.relative_to(self.folder).as_posix(): md5(path.read_bytes(), usedforsecurity=False).hexdigest()
            for path in files
        }


def is_data(key: str) -> bool:
    """Say whether a file belongs into the lake, and is not Spark's own mark."""
    name = key.rpartition("/")[2]
    return not name.startswith((".", "_"))
