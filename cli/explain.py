"""`surveillance explain`: one alert's story, the events it rests on, and a picture of what happened around it."""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from surveillance.errors import InputError

from cli.alerts import STATE_FOLDER, StateFolder

if TYPE_CHECKING:
    from surveillance.alerts import Alert
    from surveillance.feeds import Feed, Options

SHOWN_EVENTS: Final = 60
SLACK_NS: Final = 1_000_000_000
_ORDER_FIELDS: Final = ("order_id", "previous_order_id", "buy_order_id", "sell_order_id")
_TOLD: Final = ("action", "side", "price", "size", "account", "order_id", "previous_order_id", "trade_id", "state")


def explain(
    alert_id: Annotated[str, typer.Argument(help="The alert's id, or its beginning.")],
    alerts: Annotated[Path | None, typer.Option(help="Alerts as replay wrote them; without, the alert store.")] = None,
    events: Annotated[Path | None, typer.Option(help="The events they were found in (.ndjson, .parquet).")] = None,
    format_: Annotated[str, typer.Option("--format", help="What the events are.")] = "events",
    picture: Annotated[Path | None, typer.Option(help="Draw the episode into this file (.svg, .png).")] = None,
    lake: Annotated[
        str | None, typer.Option(help="Where to read the events instead: `local`, s3://BUCKET/PREFIX or a folder.")
    ] = None,
    instruments: Annotated[Path | None, typer.Option(help="Instruments, for the venue's own time.")] = None,
    state: StateFolder = STATE_FOLDER,
) -> None:
    """Tell one alert's story; with events, show those it rests on and draw it. Without --alerts and --events, both come
    from the running local stack."""
    from cli.story import lines

    if picture is not None and picture.suffix.lower() not in (".svg", ".png"):
        raise InputError(f"{picture} must end in .svg or .png.")
    alert = _from_file(alert_id, alerts) if alerts is not None else _from_store(alert_id, state)
    for line in lines(alert):
        typer.echo(line)
    if picture is not None:
        _draw(alert, picture, events, format_, lake, instruments, state)
    if events is None:
        return
    typer.echo("")
    count = 0
    for row in _evidence(alert, events, format_):
        count += 1
        if count <= SHOWN_EVENTS:
            typer.echo(_told(row))
    if count > SHOWN_EVENTS:
        typer.echo(f"... and {count - SHOWN_EVENTS} more events of this evidence")
    if not count and (alert.order_ids or alert.trade_ids):
        typer.echo("None of its orders and trades is in these events.")
    elif not count:
        typer.echo("It rests on bars, quotes or the feed's statuses and names no order or trade.")


def _draw(
    alert: "Alert",
    picture: Path,
    events: Path | None,
    format_: str,
    lake: str | None,
    instruments: Path | None,
    state: Path,
) -> None:
    from surveillance.episode import arrival_days, read_episode
    from surveillance.feeds import merge
    from surveillance.reference import zone_of

    from cli import lakes, offline, sources, tables
    from cli.picture import svg

    known = tables.read_instruments(instruments)
    if events is not None:
        readings = sources.readings([events], *_feed(format_))
        reference, chunks = offline.reference_for(readings, known, ()), merge(list(readings))
    else:
        chunks, reference = lakes.events(lake or lakes.LOCAL, state, *arrival_days(alert), known, ())
    episode = read_episode(alert, chunks)
    if not (episode.touch or episode.trades or episode.lives or episode.bars or any(episode.depth)):
        raise InputError(f"The events hold nothing of {alert.symbol} around {alert.start_ts}, so there is no picture.")
    instrument = next((one for one in reference.instruments if one.symbol == alert.symbol), reference.unknown)
    write_picture(svg(episode, zone_of(instrument), instrument.currency), picture)
    typer.echo(f"picture: {picture}")


def write_picture(text: str, path: Path) -> None:
    """Write SVG, or PNG where a program is there that can turn one into the other."""
    try:
        if path.suffix.lower() == ".svg":
            path.write_text(text, encoding="utf-8")
            return
        converter = shutil.which("rsvg-convert")
        if converter is None:
            raise InputError("A .png needs rsvg-convert (package librsvg2-bin); a .svg opens in any browser.")
        done = subprocess.run([converter, "-o", str(path)], input=text.encode(), capture_output=True, check=False)  # noqa: S603
        if done.returncode:
            raise InputError(f"{path} can't be drawn: {done.stderr.decode().strip()}.")
    except OSError as error:
        raise InputError(f"{path} can't be written: {error.strerror or error}.") from error


def _feed(format_: str) -> "tuple[Feed, Options]":
    from surveillance.feeds import FORMATS, Options

    if format_ not in FORMATS:
        raise InputError(f"{format_} is no format; there are {', '.join(FORMATS)}.")
    return FORMATS[format_], Options()


def _from_store(alert_id: str, state: Path) -> "Alert":
    from cli.alerts import _review

    return _review(state).one(alert_id).alert


def _from_file(alert_id: str, path: Path) -> "Alert":
    import msgspec
    from surveillance.alerts import decode

    try:
        found = [decode(line) for line in path.read_bytes().splitlines() if line.strip()]
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror or error}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} holds no alerts: {error}.") from error
    matching = [alert for alert in found if alert.alert_id.startswith(alert_id)]
    if len(matching) != 1:
        raise InputError(f"{path} holds {'no' if not matching else 'more than one'} alert {alert_id}.")
    return matching[0]


def _evidence(alert: "Alert", path: Path, format_: str) -> Iterator[Mapping[str, Any]]:
    """Give the events of the alert's orders and trades near its time; where it names none, its symbol's statuses."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from surveillance.feeds import merge

    from cli.sources import readings

    orders, trades = pa.array(alert.order_ids, pa.string()), pa.array(alert.trade_ids, pa.string())
    for decoded in merge(readings([path], *_feed(format_))):
        table = decoded.table
        if not {"ts", "symbol", "type"} <= set(table.column_names):
            continue
        ts = table.column("ts")
        near = pc.and_(pc.greater_equal(ts, alert.start_ts - SLACK_NS), pc.less_equal(ts, alert.end_ts + SLACK_NS))
        table = table.filter(pc.and_kleene(near, pc.equal(table.column("symbol"), alert.symbol)))
        if not alert.order_ids and not alert.trade_ids:
            mask = pc.equal(table.column("type"), "status")
        else:
            mask = pa.array([False] * table.num_rows, pa.bool_())
            for name, wanted in (*((name, orders) for name in _ORDER_FIELDS), ("trade_id", trades)):
                if name in table.column_names:
                    mask = pc.or_(mask, pc.is_in(table.column(name), value_set=wanted))
        yield from table.filter(mask).to_pylist()


def _told(row: Mapping[str, Any]) -> str:
    from cli.times import utc

    said = (f"{name} {row[name]}" for name in _TOLD if row.get(name) is not None)
    return f"{utc(row['ts'], 6)} {row['type']:<6} {' '.join(said)}"
