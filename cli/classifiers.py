"""`surveillance classifiers`: how often each rule tells the direction of recorded trades that the feed tells too."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from surveillance.errors import InputError

from cli.replay import FORMATS

if TYPE_CHECKING:
    from surveillance.microstructure import Gathered


def classifiers(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files, or folders of files.")],
    format_: Annotated[str, typer.Option("--format", metavar="|".join(FORMATS), help="What the files are.")],
    symbol: Annotated[str | None, typer.Option(help="Names the symbol where the format doesn't, else filters.")] = None,
) -> None:
    """Print, as Markdown, how often tick, quote, Lee-Ready, EMO and CLNV rules are right about recorded trades."""
    from surveillance.microstructure.accuracy import accuracies

    gathered = _gathered(paths, format_, symbol)
    for by_time, title in ((False, "by the quote before in the feed"), (True, "by the last quote strictly earlier")):
        rows = accuracies(gathered, by_time=by_time)
        if not rows:
            raise InputError("no trade tells its direction.")
        typer.echo(f"\n| {title} | trades | right | wrong | not told |\n|---|---|---|---|---|")
        for row in rows:
            typer.echo(_line(row))
    typer.echo(f"\nLeft out: {gathered.left_out or 'nothing'}.")


def _line(row: dict[str, Any]) -> str:
    shares = " | ".join(f"{row[name] / row['trades']:.2%}" for name in ("right", "wrong", "unknown"))
    return f"| {row['rule']} | {row['trades']:,} | {shares} |"


def _gathered(paths: list[Path], format_: str, symbol: str | None) -> "Gathered":
    import pyarrow as pa
    import pyarrow.compute as pc
    from surveillance.feeds import FORMATS as FEEDS
    from surveillance.feeds import Options
    from surveillance.microstructure import gather

    from cli import sources

    feed = FEEDS.get(format_)
    if feed is None:
        raise InputError(f"{format_} is no format; there are {', '.join(FEEDS)}.")
    readings = sources.readings(paths, feed, Options(symbol, None))
    events = pa.concat_tables([chunk.table for reading in readings for chunk in reading], promote_options="default")
    symbols = pc.unique(events["symbol"]).to_pylist()
    if len(symbols) > 1:
        raise InputError(f"there are {len(symbols)} symbols; name one with --symbol.")
    return gather(events)
