"""`python -m ingester` serves the configured feeds until SIGTERM; `python -m ingester check` asks a running one."""

import asyncio
import logging
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, time_ns
from typing import Any

import boto3
from botocore.config import Config

from ingester.configuration import ConfigurationError, Settings
from ingester.delivery import CALLS_AT_ONCE
from ingester.health import HealthServer, ask
from ingester.metrics import MetricLog
from ingester.puts import Puts
from ingester.service import Clients, FeedService

logger = logging.getLogger("ingester")
THREADS_PER_FEED = CALLS_AT_ONCE + 4
"""Calls that hang must not keep the lease from being renewed."""


def clients(settings: Settings) -> Clients:
    """Make the AWS clients. Kinesis is never retried below us: what failed of a call is ours to know."""
    once = {"total_max_attempts": 1}
    seconds = settings.put_timeout_seconds
    kinesis = Config(connect_timeout=seconds, read_timeout=seconds, retries=once, max_pool_connections=16)
    lease = max(0.5, settings.lease_seconds / 4)
    dynamodb = Config(connect_timeout=lease, read_timeout=lease, retries=once)
    return Clients(
        kinesis=Puts(boto3.client("kinesis", config=kinesis), seconds),
        dynamodb=boto3.client("dynamodb", config=dynamodb),
        s3=boto3.client("s3", config=Config(connect_timeout=5, read_timeout=20)),
        secrets=boto3.client("secretsmanager", config=Config(connect_timeout=5, read_timeout=10)),
    )


async def serve(settings: Settings) -> int:
    """Run all feeds; 0 after an orderly end, 1 if every venue refused for good: one bad key must not end the others."""
    made = clients(settings)
    services = [FeedService(settings, feed, made) for feed in settings.feeds]

    def complaints() -> list[str]:
        return [text for service in services for text in service.complaints(monotonic())]

    def failures() -> list[str]:
        failed = [service.failure for service in services if service.failure]
        return failed if len(failed) == len(services) else []

    def report() -> dict[str, Any]:
        return {"owner": settings.owner, "feeds": {service.feed.name: service.report() for service in services}}

    health = HealthServer(settings.health_host, settings.health_port, complaints, failures, report)
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(THREADS_PER_FEED * len(services)))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, services)
    await health.start()
    logger.info("health on %s:%d", settings.health_host, health.port)
    logs = [MetricLog(service.feed.name) for service in services]
    metrics = asyncio.create_task(_log_metrics(services, logs, settings.metrics_seconds))
    try:
        await asyncio.gather(*(service.run() for service in services))
    finally:
        metrics.cancel()
        _print_metrics(services, logs)
        await health.stop()
    return 1 if failures() else 0


def _stop(services: list[FeedService]) -> None:
    for service in services:
        service.stop()


async def _log_metrics(services: list[FeedService], logs: list[MetricLog], seconds: float) -> None:
    while seconds:
        await asyncio.sleep(seconds)
        _print_metrics(services, logs)


def _print_metrics(services: list[FeedService], logs: list[MetricLog]) -> None:
    for service, log in zip(services, logs, strict=True):
        print(log.line(service.report(), time_ns() // 10**6), flush=True)


def main() -> int:
    """Start from the environment."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    for chatty in ("botocore", "boto3", "urllib3", "websockets"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        settings = Settings.read()
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 2
    if sys.argv[1:] == ["check"]:
        try:
            status, answer = asyncio.run(ask(settings.health_host, settings.health_port, "/live"))
        except OSError:
            return 1
        print(answer)
        return 0 if status == 200 else 1
    try:
        return asyncio.run(serve(settings))
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
