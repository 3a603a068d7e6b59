"""boto3 clients with time-outs short enough that a slow service is an error before it is a killed function."""

from typing import Any

import boto3
from botocore.config import Config

CONNECTIONS = 32


def client(service: str, read_timeout_s: float = 5.0) -> Any:
    """Make a client of `service`; one is safe to share between threads."""
    config = Config(
        connect_timeout=2,
        read_timeout=read_timeout_s,
        retries={"mode": "standard", "max_attempts": 3},
        max_pool_connections=CONNECTIONS,
        s3={"addressing_style": "path"} if service == "s3" else None,
    )
    return boto3.client(service, config=config)
