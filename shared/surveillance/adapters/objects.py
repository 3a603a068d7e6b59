"""Named objects in a folder or a bucket: the two places a lake can be."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from surveillance.errors import InputError


class Objects(Protocol):
    """Bytes by name; names have slashes."""

    def names(self, prefix: str) -> Iterable[str]:
        """Give the names that begin with a prefix (a folder, ending in a slash), sorted."""

    def read(self, name: str) -> bytes | None:
        """Give an object's bytes, None where there is none."""

    def write(self, name: str, content: bytes) -> None:
        """Put an object whole, or not at all."""

    def remove(self, name: str) -> None:
        """Take an object away."""


class FolderObjects:
    """Objects as files below a folder, each written beside its place and moved there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self, prefix: str) -> list[str]:
        """List files, without those still being written."""
        found = (path for path in (self._folder / prefix).rglob("*") if path.is_file() and path.suffix != ".part")
        return sorted(path.relative_to(self._folder).as_posix() for path in found)

    def read(self, name: str) -> bytes | None:
        """Read a file."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, name: str, content: bytes) -> None:
        """Write a file; raises `InputError` where the folder can't be written."""
        target = self._folder / name
        beside = target.with_name(f"{target.name}.{os.getpid()}.part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(content)
            beside.replace(target)
        except OSError as error:
            raise InputError(f"{target} can't be written: {error.strerror or error}.") from error

    def remove(self, name: str) -> None:
        """Delete a file."""
        (self._folder / name).unlink(missing_ok=True)


class BucketObjects:
    """Objects below a prefix of an S3 bucket."""

    def __init__(self, client: Any, bucket: str, prefix: str = "") -> None:
        self._client, self._bucket, self._prefix = client, bucket, prefix

    def names(self, prefix: str) -> list[str]:
        """List keys, without the bucket's prefix."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix + prefix
        )
        return sorted(entry["Key"].removeprefix(self._prefix) for page in pages for entry in page.get("Contents", []))

    def read(self, name: str) -> bytes | None:
        """Get an object."""
        try:
            content: bytes = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)["Body"].read()
        except self._client.exceptions.NoSuchKey:
            return None
        return content

    def write(self, name: str, content: bytes) -> None:
        """Put an object."""
        self._client.put_object(Bucket=self._bucket, Key=self._prefix + name, Body=content)

    def remove(self, name: str) -> None:
        """Delete an object."""
        self._client.delete_object(Bucket=self._bucket, Key=self._prefix + name)
