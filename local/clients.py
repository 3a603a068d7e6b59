"""boto3 clients that talk to the emulator only."""

from typing import Any

import boto3
from botocore.config import Config

from local.emulator import REGION


def client(service: str, endpoint: str) -> Any:
    """Give a client with an own session (clients of one session share locks), quick retries and no proxy."""
    session = boto3.session.Session("test", "test", region_name=REGION)
    config = Config(
        retries={"max_attempts": 3, "mode": "standard"},
        max_pool_connections=50,
        proxies={},
        parameter_validation=False,
        connect_timeout=5,
        read_timeout=60,
    )
    return session.client(service, endpoint_url=endpoint, config=config)
