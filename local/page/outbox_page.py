"""What people would have received: e-mails, SMS and webhook calls, the newest first."""

import json
import re
from datetime import UTC, datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from local.page.alert_rows import address
from local.page.cells import Cell, Column, Row, number, row
from local.page.csv_export import csv_response
from local.page.following import NOTHING_UP, Following
from local.page.live import Now, following_of, stream
from local.page.shell import render, shell
from local.page.tails import Letter
from local.page.times import SECOND, chosen_zone, written, zone_for

COLUMNS: Final = (
    Column("Subject"),
    Column("By"),
    Column("To", "less"),
    Column("Sent", "nowrap"),
    Column("Text", "text"),
)
FIGURES: Final = (
    ("letters", "Messages", ""),
    ("email", "E-mails", ""),
    ("sms", "SMS", ""),
    ("http", "Webhook calls", ""),
)
NAMES: Final = {"email": "e-mail", "email-json": "e-mail", "sms": "SMS", "http": "webhook", "https": "webhook"}
EXPORTED: Final = ("number", "sent_at", "protocol", "address", "subject", "body")
MOST: Final = 200
EXCERPT: Final = 160
_ALERT: Final = re.compile(r"\b[0-9a-f]{32}\b")


async def page(request: Request) -> HTMLResponse:
    """Show the newest messages."""
    following, zone = following_of(request), chosen_zone(request)
    body = render(
        "outbox.html",
        now=view(following, zone),
        figures=FIGURES,
        columns=COLUMNS,
        complaint="" if following.is_up else NOTHING_UP,
    )
    return shell(request, "Outbox", body, scripts=["live.js"])


async def live(request: Request) -> Response:
    """Send them each second."""
    return stream(request, view)


async def one(request: Request) -> HTMLResponse:
    """Show one message whole, with the alerts it names."""
    wanted = request.path_params["number"]
    letters = following_of(request).letters.newest()
    letter = next((each for each in letters if each.number == wanted), None)
    if letter is None:
        body = render("failed.html", said=f"There is no message {wanted} among the newest {len(letters):,}.")
        return shell(request, "Not found", body, status_code=404)
    message = letter.message
    named = list(dict.fromkeys(_ALERT.findall(message.body)))
    body = render(
        "letter.html",
        message=message,
        name=NAMES.get(message.protocol, message.protocol),
        sent=_sent(letter, chosen_zone(request)),
        alerts=[(alert_id, address(alert_id)) for alert_id in named],
        text=_indented(message.body),
    )
    return shell(request, message.subject or "Message", body)


async def export(request: Request) -> Response:
    """Give the messages as CSV."""
    rows = [
        [letter.number, *(getattr(letter.message, name) for name in EXPORTED[1:])]
        for letter in following_of(request).letters.newest()
    ]
    return csv_response("outbox.csv", EXPORTED, rows)


def view(following: Following, zone: str) -> Now:
    """Give the newest messages, and counts of those kept."""
    letters = following.letters.newest()
    kinds = [NAMES.get(letter.message.protocol, "") for letter in letters]
    figures = {
        "letters": number(following.letters.count),
        "email": number(kinds.count("e-mail")),
        "sms": number(kinds.count("SMS")),
        "http": number(kinds.count("webhook")),
    }
    return Now({"letters": [_row(letter, zone) for letter in letters[:MOST]]}, figures)


def _row(letter: Letter, zone: str) -> Row:
    message = letter.message
    subject = message.subject or message.body[:60] or "Message"
    return row(
        str(letter.number),
        (
            Cell(subject, link=f"/outbox/{letter.number}"),
            NAMES.get(message.protocol, message.protocol),
            message.address,
            _sent(letter, zone),
            " ".join(message.body.split())[:EXCERPT],
        ),
    )


def _sent(letter: Letter, zone: str) -> str:
    """Write when a message was sent: in the chosen zone, in UTC where that is the exchange's; a wall clock has none."""
    try:
        moment = datetime.fromisoformat(letter.message.sent_at.replace("Z", "+00:00"))
    except ValueError:
        return "–"
    since = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return written(int(since.timestamp()) * SECOND, zone_for(zone), 0)


def _indented(body: str) -> str:
    """Give JSON with one field a line, other text as it is."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False) if body[:1] in "{[" else body
    except ValueError:
        return body


ROUTES: Final = (
    Route("/outbox", page),
    Route("/outbox.csv", export),
    Route("/live/outbox", live),
    Route("/outbox/{number:int}", one),
)
