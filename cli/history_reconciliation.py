"""The last step of the build, if asked for: our indicators against a vendor's, collected here if there is a key."""

import json
import os
import random
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import msgspec
import pyarrow.compute as pc
from surveillance.adapters.asking import Asking
from surveillance.adapters.collector import Collector
from surveillance.adapters.history import HistoryLake
from surveillance.adapters.indicator_reconciliation import DAYS_COMPARED, reconcile
from surveillance.adapters.objects import FolderObjects
from surveillance.adapters.rate_limiter import MemoryLimiter
from surveillance.adapters.vendor_http import VendorHttp
from surveillance.collection.datasets import dataset
from surveillance.collection.rate import Rate
from surveillance.collection.source import SOURCES
from surveillance.collection.verdict import CollectionError
from surveillance.collection.work import Job
from surveillance.errors import InputError
from surveillance.history.tables import BY_NAME

from cli.history_build import Builder, Report, Seen, code_of

STEP: Final = "reconciliation"
KEY: Final = "POLYGON_API_KEY"
ENDPOINTS: Final = "VENDOR_ENDPOINTS"
RATES: Final = "VENDOR_RATES"
"""As the collectors' functions have them: JSON, source to URL, or to [requests, seconds]."""
PATIENCE_S: Final = 24 * 3600.0


def require_comparison(lake: HistoryLake) -> None:
    """Raise `InputError` unless there is a key to ask the vendor with, or were answers collected before."""
    if not _key() and not lake.files(BY_NAME["raw_vendor_indicators"]):
        raise InputError(
            f"{KEY} is not set and no vendor's indicators were collected: there is nothing to compare with."
        )


def reconcile_indicators(builder: Builder) -> Report:
    """Collect the vendor's indicators of the last days, if there is a key, and compare.

    Raises `InputError` where there is nothing to compare with, or the vendor refuses the key.
    """
    require_comparison(builder.lake)
    key = _key()

    def work(report: Report, *_: Seen | None) -> None:
        bars = builder.lake.read(BY_NAME["bars"], ["symbol", "date"])
        run = pc.max(bars["date"]).as_py()
        if key:
            report.told["collected"] = _collected(builder, key, sorted(pc.unique(bars["symbol"]).to_pylist()), run)
        report.told["found"] = msgspec.to_builtins(reconcile(FolderObjects(builder.lake.folder), run))

    return builder.step(STEP, ("bars",), code_of("indicators", "quality", "collection/polygon"), work)


def _key() -> str:
    return os.environ.get(KEY, "").strip()


def _collected(builder: Builder, key: str, symbols: list[str], run: date) -> Any:
    chosen = dataset("polygon", "indicators")
    source, http = SOURCES[chosen.source], VendorHttp(time.monotonic)
    given = _setting(RATES).get(source.name)
    rate = Rate(int(given[0]), float(given[1])) if given else source.rate
    asking = Asking(
        source,
        key,
        http,
        MemoryLimiter(rate, time.monotonic_ns, time.sleep),
        endpoint=_setting(ENDPOINTS).get(source.name),
        sleep=time.sleep,
        left_s=lambda: PATIENCE_S,
        chance=random.Random(),  # noqa: S311 - jitter
    )
    job = Job(run - timedelta(days=DAYS_COMPARED - 1), run, run, tuple(symbols))
    collector = Collector(
        FolderObjects(builder.lake.folder), asking, lambda: datetime.now(UTC).replace(tzinfo=None), None, 4
    )
    try:
        report = collector.collect(chosen, job)
    except CollectionError as error:
        raise InputError(str(error)) from error
    finally:
        http.close()
    return {"requests": report.requests, "rows": dict(report.rows), "failed": report.failed}


def _setting(name: str) -> dict[str, Any]:
    try:
        found = json.loads(os.environ.get(name) or "{}")
    except json.JSONDecodeError as error:
        raise InputError(f"{name} is no JSON object.") from error
    if not isinstance(found, dict):
        raise InputError(f"{name} is no JSON object.")
    return found
