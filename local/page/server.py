"""The application: every page's routes, static files, the guard around them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from local.page import alert_pages, board_page, dashboards, outbox_page, replay, stack_page
from local.page.following import Following
from local.page.guard import Guard, new_token
from local.page.shell import ECHARTS, ECHARTS_ADDRESS, NO_ECHARTS, STATIC, render, shell


def application(state: Path, ready: Callable[[], None] = lambda: None) -> Starlette:
    """Make the page over a state folder; `ready` is called when it begins to answer."""

    @asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        with Following(state) as following:
            app.state.following = following
            ready()
            yield

    made = Starlette(
        routes=[
            *board_page.ROUTES,
            *alert_pages.ROUTES,
            *replay.ROUTES,
            *outbox_page.ROUTES,
            *stack_page.ROUTES,
            *dashboards.routes(state),
            Route(ECHARTS_ADDRESS, _echarts),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[Middleware(Guard)],
        exception_handlers={HTTPException: _failed, 404: _failed},
        lifespan=life,
    )
    made.state.token = new_token()
    return made


async def _echarts(request: Request) -> Response:
    if not ECHARTS.is_file():
        return PlainTextResponse(NO_ECHARTS, 404)
    return FileResponse(ECHARTS, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


async def _failed(request: Request, error: Exception) -> HTMLResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    said = error.detail if isinstance(error, HTTPException) else "Something went wrong."
    title = "Not found" if status == 404 else "Failed"
    return shell(request, title, render("failed.html", said=said), status_code=status)
