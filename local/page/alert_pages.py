"""The list of alerts as they are stored, one alert with its story, and an analyst's decision about it."""

import getpass
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, unquote, urlencode

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from surveillance.adapters.alert_review import AlertReview, StatusChange
from surveillance.adapters.announcement_text import sentences
from surveillance.alerts import SEVERITIES, STATUSES, Alert
from surveillance.errors import InputError

from local.clients import client
from local.page.alert_list import EVERYTHING, KEPT, Entry
from local.page.alert_rows import COLUMNS, STATUS_NAMES, address, listed, time_title, title
from local.page.csv_export import csv_response
from local.page.figures import figures_of
from local.page.following import NOTHING_UP, Following
from local.page.form import posted
from local.page.guard import TOKEN, is_ours, token_of
from local.page.live import Now, following_of, stream, wanted_of
from local.page.shell import render, shell
from local.page.times import chosen_zone, clock, written, zone_for, zone_name

MOST: Final = 200
OF_SEVERITY: Final = tuple((severity, severity.capitalize(), "") for severity in reversed(SEVERITIES))
DECISIONS: Final = tuple((status, STATUS_NAMES[status]) for status in STATUSES)
LONGEST_TEXT: Final = 2_000
EXPORTED: Final = (
    *("alert_id", "revision", "rule", "severity", "score", "symbol", "venue", "accounts", "candidate", "status"),
    *("start_ts", "end_ts", "detected_ts", "sentence"),
)


async def page(request: Request) -> HTMLResponse:
    """Show the newest alerts, narrowed as the address says."""
    following, zone = following_of(request), chosen_zone(request)
    wanted = wanted_of(request.query_params)
    complaint = "" if following.is_up else NOTHING_UP
    if wanted.severity and wanted.severity not in SEVERITIES:
        complaint = f"{wanted.severity} is no severity; there are {', '.join(SEVERITIES)}."
        wanted = msgspec.structs.replace(wanted, severity="")
    since = following.alerts.change
    rows = [listed(following, entry, zone) for entry in following.alerts.since(0, MOST, wanted)]
    chosen = {name: value for name, value in msgspec.structs.asdict(wanted).items() if value}
    body = render(
        "alerts.html",
        now=counts(following, zone),
        figures=OF_SEVERITY,
        columns=COLUMNS,
        rows=rows,
        wanted=wanted,
        narrowed=wanted != EVERYTHING,
        rules=sorted({entry.rule for entry in following.alerts.since(0, KEPT)} | ({wanted.rule} - {""})),
        severities=SEVERITIES,
        statuses=DECISIONS,
        title=title,
        most=MOST,
        times=time_title(zone),
        stream=f"/live/alerts?{urlencode(chosen | {'since': since})}",
        export=f"/alerts.csv?{urlencode(chosen)}",
        complaint=complaint,
    )
    return shell(request, "Alerts", body, scripts=["live.js"])


def counts(following: Following, zone: str) -> Now:
    """Count the alerts nobody has closed."""
    opened = following.alerts.open()
    looks = {severity: f"severity {severity}" for severity, count in opened.items() if count}
    figures = {severity: f"{count:,}" for severity, count in opened.items()}
    return Now({}, figures | {"total": f"{len(following.alerts):,}"}, looks)


async def live(request: Request) -> Response:
    """Send changed alerts as they are stored."""
    if request.query_params.get("severity", "") not in ("", *SEVERITIES):
        raise HTTPException(400, "That is no severity.")
    return stream(request, counts, listed)


async def export(request: Request) -> Response:
    """Give the narrowed list as CSV, times in nanoseconds since the epoch."""
    wanted = wanted_of(request.query_params)
    if wanted.severity not in ("", *SEVERITIES):
        raise HTTPException(400, "That is no severity.")
    entries = following_of(request).alerts.since(0, KEPT, wanted)
    return csv_response("alerts.csv", EXPORTED, [_exported(entry) for entry in entries])


def _exported(entry: Entry) -> list[object]:
    fields: dict[str, Any] = msgspec.structs.asdict(entry) | {"accounts": " ".join(entry.accounts)}
    return [str(fields[name]).lower() if name == "candidate" else fields[name] for name in EXPORTED]


async def one(request: Request) -> HTMLResponse:
    """Show one alert: story, figures beside thresholds, decisions, and what happened around it."""
    return await _one(request)


async def _one(request: Request, complaint: str = "", given: Mapping[str, str] | None = None) -> HTMLResponse:
    following, zone = following_of(request), chosen_zone(request)
    reviewed = await run_in_threadpool(_read, following, request.path_params["alert_id"])
    alert = reviewed.alert
    own = zone_for(zone, following.zone(alert.symbol, alert.venue))
    known = following.instrument(alert.symbol)
    body = render(
        "alert.html",
        alert=alert,
        title=title(alert.rule),
        status=STATUS_NAMES.get(alert.status, alert.status),
        sentences=sentences(alert.explanation),
        figures=figures_of(alert),
        when=(written(alert.start_ts, own), clock(alert.end_ts, own), written(alert.detected_ts, own)),
        zone=zone_name(alert.start_ts, own),
        currency=(known.currency if known else None) or "",
        changes=[(change, written(change.at_ns, own, 0)) for change in reversed(reviewed.changes)],
        status_names=STATUS_NAMES,
        decisions=DECISIONS,
        token=(TOKEN, token_of(request)),
        given=given or {"status": "", "reason": "", "by": _analyst(request)},
        same_symbol=f"/alerts?symbol={quote(alert.symbol, safe='')}",
        longest=LONGEST_TEXT,
        complaint=complaint,
    )
    name = f"{title(alert.rule)} in {alert.symbol}"
    return shell(request, name, body, scripts=["replay.js"], status_code=400 if complaint else 200)


def _analyst(request: Request) -> str:
    return unquote(request.cookies.get("analyst", "")) or getpass.getuser()


async def decide(request: Request) -> Response:
    """Record a decision as `surveillance alerts set-status` does, and show the alert again."""
    form = await posted(request)
    given = {name: form.get(name, "")[:LONGEST_TEXT] for name in ("status", "reason", "by")}
    if not is_ours(request, form.get(TOKEN)):
        return await _one(request, "This form is of an earlier run of the page; send it again.", given)
    missing = [said for name, said in NEEDED if not given[name]]
    if missing:
        return await _one(request, f"{missing[0]} is missing.", given)
    alert_id = request.path_params["alert_id"]
    change = StatusChange(given["status"], given["reason"], given["by"], time.time_ns())
    try:
        await run_in_threadpool(_review(following_of(request)).set_status, alert_id, change)
    except InputError as error:
        return await _one(request, str(error), given)
    answer = RedirectResponse(address(alert_id), 303)
    answer.set_cookie("analyst", quote(given["by"]), max_age=31_536_000, samesite="strict", httponly=True)
    return answer


NEEDED: Final = (("status", "A status"), ("reason", "A reason"), ("by", "The analyst's name"))


def _review(following: Following) -> AlertReview:
    if not following.is_up:
        raise HTTPException(503, NOTHING_UP)
    return AlertReview(client("dynamodb", following.state["endpoint"]), following.state["names"]["ALERT_TABLE"])


def _read(following: Following, alert_id: str) -> Any:
    try:
        return _review(following).one(alert_id)
    except InputError as error:
        raise HTTPException(404, str(error)) from error


def alert_of_request(request: Request) -> Alert:
    """Read the alert that an address names; waits for the store."""
    alert: Alert = _read(following_of(request), request.path_params["alert_id"]).alert
    return alert


ROUTES: Final = (
    Route("/alerts", page),
    Route("/alerts.csv", export),
    Route("/live/alerts", live),
    Route("/alerts/{alert_id}", one),
    Route("/alerts/{alert_id}/status", decide, methods=["POST"]),
)
