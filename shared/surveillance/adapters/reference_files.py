"""Reference files of the lane bucket, each optional.

`reference/{instruments.csv,accounts.csv,parameters.toml,allow.toml}`, and `reference/format.json`: what the feed's
format says of every symbol, as a file's format does in `replay`.
"""

from typing import Any, Final

REFERENCE: Final = "reference/"


def read_reference(client: Any, bucket: str, name: str) -> bytes | None:
    """Give a file's bytes, or None where it was never put."""
    try:
        content: bytes = client.get_object(Bucket=bucket, Key=REFERENCE + name)["Body"].read()
    except client.exceptions.NoSuchKey:
        return None
    return content
