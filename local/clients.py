"""boto3 clients that talk to the emulator only."""

import threading
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config

from local.emulator import REGION

_creating = threading.Lock()


@lru_cache(maxsize=1)
def _session() -> Any:
    """Give the process's one session: reading a service model costs more than anything a client does."""
    return boto3.session.Session("test", "test", region_name=REGION)


def client(service: str, endpoint: str) -> Any:
    """Give the process's client of a service, with quick retries and no proxy; it may be used from many threads."""
    with _creating:
        return _client(service, endpoint)


@lru_cache(maxsize=64)
def _client(service: str, endpoint: str) -> Any:
    config = Config(
        retries={"max_attempts": 3, "mode": "standard"},
        max_pool_connections=50,
        proxies={},
        parameter_validation=False,
        connect_timeout=5,
        read_timeout=60,
    )
    return _session().client(service, endpoint_url=endpoint, config=config)
