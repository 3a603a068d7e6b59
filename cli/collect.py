"""`surveillance collect`: a vendor's dataset into the raw tables of the lake."""

import json
import os
import random
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from surveillance.errors import InputError

from cli.history_lake import HISTORY, HistoryLake, open_objects

if TYPE_CHECKING:
    from surveillance.collection.source import Source

DAY = {"formats": ["%Y-%m-%d"]}
PATIENCE_S = 24 * 3600.0


def collect(
    source: Annotated[str, typer.Argument(help="polygon, finnhub, fmp or alphavantage.")],
    dataset: Annotated[str, typer.Argument(help="grouped_daily, splits, news, ...; a wrong one tells what there is.")],
    first: Annotated[datetime | None, typer.Option("--from", **DAY, help="First day; without, that of --to.")] = None,
    last: Annotated[datetime | None, typer.Option("--to", **DAY, help="Last day; without, yesterday.")] = None,
    as_of: Annotated[datetime | None, typer.Option(**DAY, help="The day of lists and details; without, --to.")] = None,
    symbols: Annotated[str | None, typer.Option(help="Symbols by comma (AAPL,C:EURUSD; EUR/USD for FX).")] = None,
    symbols_file: Annotated[Path | None, typer.Option(help="A file of symbols, by space or line.")] = None,
    interval: Annotated[str, typer.Option(help="Of aggregates: 1m, 5m, 1h or 1d.")] = "1d",
    lake: HistoryLake = str(HISTORY),
    endpoint: Annotated[str | None, typer.Option(help="Another address than the vendor's.")] = None,
    secret: Annotated[
        str | None, typer.Option(help="Name of the key in Secrets Manager; without, <SOURCE>_API_KEY is read.")
    ] = None,
    requests_per_minute: Annotated[
        float | None, typer.Option(min=0.001, help="What your plan allows; without, that of the free one.")
    ] = None,
    parallel: Annotated[int, typer.Option(min=1, max=64, help="Requests at once.")] = 4,
    again: Annotated[bool, typer.Option("--again", help="Ask anew for what is there already.")] = False,
) -> None:
    """Collect what is missing of a dataset. Prints one JSON object; exit 1 if something could not be had.

    To run it again changes nothing but what was missing or not yet final. Raw answers are kept in the lake.
    """
    from msgspec import to_builtins
    from surveillance.adapters.asking import Asking
    from surveillance.adapters.collector import Collector
    from surveillance.adapters.rate_limiter import MemoryLimiter
    from surveillance.adapters.vendor_http import VendorHttp
    from surveillance.collection import datasets
    from surveillance.collection.rate import Rate
    from surveillance.collection.source import SOURCES
    from surveillance.collection.verdict import CollectionError
    from surveillance.collection.work import Job

    begun = time.perf_counter()
    chosen = datasets.dataset(source, dataset)
    vendor = SOURCES[chosen.source]
    to = last.date() if last else date.fromordinal(datetime.now(UTC).date().toordinal() - 1)
    start = first.date() if first else to
    if start > to:
        raise InputError(f"--from {start} lies after --to {to}.")
    job = Job(start, to, as_of.date() if as_of else to, _symbols(symbols, symbols_file), interval)
    rate = vendor.rate
    if requests_per_minute is not None:
        rate = Rate(1, 60 / requests_per_minute)
    http = VendorHttp(time.monotonic)
    asking = Asking(
        vendor,
        _key(vendor, secret),
        http,
        MemoryLimiter(rate, time.monotonic_ns, time.sleep),
        endpoint=endpoint,
        sleep=time.sleep,
        left_s=lambda: PATIENCE_S,
        chance=random.Random(),  # noqa: S311 - jitter
    )
    collector = Collector(open_objects(lake), asking, lambda: datetime.now(UTC).replace(tzinfo=None), None, parallel)
    try:
        report = collector.collect(chosen, job, again=again, progress=_progress if sys.stderr.isatty() else None)
    except CollectionError as error:
        raise InputError(str(error)) from error
    finally:
        http.close()
    told = to_builtins(report)
    for sentence in report.failed:
        typer.echo(sentence, err=True)
    typer.echo(json.dumps({**told, "seconds": round(time.perf_counter() - begun, 3)}))
    if not report.complete:
        raise typer.Exit(1)


def _key(source: "Source", secret: str | None) -> str:
    if secret is not None:
        from surveillance.adapters.clients import client
        from surveillance.adapters.vendor_keys import key_of_secret

        return key_of_secret(client("secretsmanager"), secret)
    variable = f"{source.name.upper()}_API_KEY"
    key = os.environ.get(variable, "").strip()
    if not key:
        raise InputError(f"There is no key for {source.title}: set {variable}, or name its secret with --secret.")
    return key


def _symbols(listed: str | None, file: Path | None) -> tuple[str, ...]:
    found = [symbol.strip() for symbol in (listed or "").split(",") if symbol.strip()]
    if file is not None:
        try:
            found += file.read_text(encoding="utf-8").split()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{file} can't be read as a list of symbols.") from error
    return tuple(found)


def _progress(done: int, total: int) -> None:
    typer.echo(f"\r{done}/{total}", err=True, nl=done == total)
