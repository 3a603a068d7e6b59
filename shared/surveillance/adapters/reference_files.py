"""Reference files of the lane bucket, each optional.

`reference/{instruments.csv,accounts.csv,parameters.toml,allow.toml}`, and `reference/format.json`: what the feed's
format says of every symbol, as a file's format does in `replay`.
"""

import csv
from typing import Any, Final

import pyarrow as pa

REFERENCE: Final = "reference/"


def read_reference(client: Any, bucket: str, name: str) -> bytes | None:
    """Give a file's bytes, or None where it was never put."""
    try:
        content: bytes = client.get_object(Bucket=bucket, Key=REFERENCE + name)["Body"].read()
    except client.exceptions.NoSuchKey:
        return None
    return content


def table_of(content: bytes) -> pa.Table:
    """Read CSV; every cell stays text, so that ids keep their zeros."""
    header, *rows = [line for line in csv.reader(content.decode("utf-8-sig").splitlines()) if line]
    columns = zip(*rows, strict=True) if rows else [()] * len(header)
    named = zip(header, columns, strict=True)
    return pa.table({name.strip(): pa.array(list(column), pa.string()) for name, column in named})
