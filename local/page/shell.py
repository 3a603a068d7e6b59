"""The frame around every page: head, navigation, choice of time zone and of light or dark.

Text that comes from outside (symbols, headlines, names) must reach `body` escaped: made by `render`, whose templates
escape by themselves, or passed through `markupsafe.escape`.
"""

from collections.abc import Sequence
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from local.page.times import ZONES, chosen_zone

FOLDER: Final = Path(__file__).parent
STATIC: Final = FOLDER / "static"
REPOSITORY: Final = FOLDER.parents[1]
ECHARTS: Final = REPOSITORY / "node_modules" / "echarts" / "dist" / "echarts.min.js"
ECHARTS_ADDRESS: Final = "/static/echarts.js"
NO_ECHARTS: Final = "Charts need ECharts, which is not here yet: run make echarts, then reload this page."
THEMES: Final = ("auto", "light", "dark")
NAVIGATION: Final = (
    ("/", "Board", "b"),
    ("/alerts", "Alerts", "a"),
    ("/dashboards", "Dashboards", "d"),
    ("/outbox", "Outbox", "o"),
    ("/stack", "Stack", "s"),
)
"""Address, name, and the key that leads there after `g`."""
CHART: Final = 'class="chart'
"""How an element begins that static/charts.js draws: `<div class="chart tall" data-option='JSON' role="img" ...>`."""


def shell(
    request: Request, title: str, body: str, *, scripts: Sequence[str] = (), status_code: int = 200
) -> HTMLResponse:
    """Give a whole page; `body` is safe HTML, `scripts` names modules of static/. Charts bring their own."""
    charts = CHART in body
    return HTMLResponse(
        render(
            "shell.html",
            title=title,
            body=Markup(body),  # noqa: S704 - the docstring's contract
            here=request.url.path,
            navigation=NAVIGATION,
            theme=chosen_theme(request),
            themes=THEMES,
            zone=chosen_zone(request),
            zones=ZONES,
            scripts=[*(["charts.js"] if charts else []), *scripts],
            echarts=ECHARTS_ADDRESS if charts and ECHARTS.is_file() else None,
            complaint=NO_ECHARTS if charts and not ECHARTS.is_file() else None,
        ),
        status_code,
    )


def chosen_theme(request: Request) -> str:
    """Give light, dark, or auto where nothing known is chosen."""
    theme = request.cookies.get("theme", "")
    return theme if theme in THEMES else THEMES[0]


def render(template: str, **values: Any) -> str:
    """Fill a template of templates/; values are escaped."""
    return _environment().get_template(template).render(values)


def address(name: str) -> str:
    """Give the address of a static file; it changes with the file, so that browsers may keep it for ever."""
    return f"/static/{name}?v={_digest(name, (STATIC / name).stat().st_mtime_ns)}"


@cache
def _digest(name: str, changed: int) -> str:
    return blake2b((STATIC / name).read_bytes(), digest_size=6).hexdigest()


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["address"] = address
    return made
