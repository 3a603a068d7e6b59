"""Routes of the dashboards: a list, each of their sheets, and the rows of a visual as CSV."""

import csv
import hashlib
import io
import os
import shutil
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from local.lifeline import module_command
from local.page.render import template as templates
from local.page.render.lake import Lake, NoHistoryError
from local.page.render.sheet import Page
from local.page.render.template import Dashboard, Template
from local.page.shell import address as static_address
from local.page.shell import shell

REPOSITORY: Final = Path(__file__).resolve().parents[2]
SOURCES: Final = ("quicksight", "infra")
SYNTHESIS_SECONDS: Final = 300
FILE: Final = "dashboards.template.json"


class NoTemplateError(RuntimeError):
    """The dashboards could not be synthesised; the message ends with what was said."""


def routes(state: Path) -> list[Route]:
    """Give the routes over a state folder; the template is synthesised at the first request, if it is not cached."""
    pages = Pages(state)
    return [
        Route("/dashboards", pages.list),
        Route("/dashboards/{name}", pages.one),
        Route("/dashboards/{name}/{visual}.csv", pages.rows),
    ]


def synthesised(cache: Path) -> Path:
    """Give the template of the dashboards, from the cache unless their sources changed; raises `NoTemplateError`."""
    folder = cache / f"dashboards-{_digest()}"
    if not (folder / FILE).exists():
        draft = folder.with_name(f"{folder.name}.{os.getpid()}")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "shared")])}
        done = subprocess.run(  # noqa: S603 - our own module
            module_command("local.page.synthesise_dashboards", str(draft)),
            capture_output=True,
            text=True,
            cwd=REPOSITORY,
            env=environment,
            timeout=SYNTHESIS_SECONDS,
            check=False,
        )
        if done.returncode:
            raise NoTemplateError(f"the dashboards could not be synthesised:\n{done.stderr[-2000:]}")
        for old in cache.glob("dashboards-*"):
            if old != draft:
                shutil.rmtree(old, ignore_errors=True)
        draft.rename(folder)
    return folder / FILE


def _digest() -> str:
    digest = hashlib.blake2b(digest_size=10)
    files = [path for name in SOURCES for path in (REPOSITORY / name).rglob("*") if path.suffix in (".py", ".sql")]
    for path in sorted([*files, REPOSITORY / "cdk.json"]):
        digest.update(f"{path.relative_to(REPOSITORY)}:".encode() + path.read_bytes())
    return digest.hexdigest()


class Pages:
    """Answers requests for dashboards over one state folder."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._lock = threading.Lock()
        self._opened: tuple[Template, Lake] | None = None

    async def list(self, request: Request) -> HTMLResponse:
        """Name all dashboards."""
        template, _ = await run_in_threadpool(self.open)
        items = Markup("").join(
            Markup('<li><a href="/dashboards/{}">{}<small>{}</small></a></li>').format(
                each.name, each.title, " · ".join(sheet["Name"] for sheet in each.definition["Sheets"])
            )
            for each in template.dashboards.values()
        )
        body = Markup('<div class="head"><h1>Dashboards</h1></div><ul class="dashboards">{}</ul>').format(items)
        return shell(request, "Dashboards", _styled(body))

    async def one(self, request: Request) -> HTMLResponse:
        """Draw a sheet."""
        title, body = await run_in_threadpool(self._drawn, request)
        return shell(request, title, _styled(body))

    async def rows(self, request: Request) -> Response:
        """Give the rows of a visual as CSV."""
        name, text = await run_in_threadpool(self._written, request)
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return PlainTextResponse(text, media_type="text/csv", headers=headers)

    def open(self) -> tuple[Template, Lake]:
        """Give the template and the lake; raises `NoTemplateError`."""
        with self._lock:
            if self._opened is None:
                template = templates.read(synthesised(self._state / "cache"))
                self._opened = template, Lake(self._state, template)
            return self._opened

    def _drawn(self, request: Request) -> tuple[str, Markup]:
        template, dashboard, lake = self._asked(request)
        with lake.opened() as view:
            return dashboard.title, Page(template, dashboard, view, _address(request)).body()

    def _written(self, request: Request) -> tuple[str, str]:
        template, dashboard, lake = self._asked(request)
        visual = request.path_params["visual"]
        try:
            with lake.opened() as view:
                found = Page(template, dashboard, view, _address(request)).rows_of(visual)
        except NoHistoryError as error:
            raise HTTPException(404, str(error)) from error
        if found is None:
            raise HTTPException(404, "There is no such visual on this sheet.")
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([found[0], *found[1]])
        return f"{dashboard.name}-{visual}.csv", out.getvalue()

    def _asked(self, request: Request) -> tuple[Template, Dashboard, Lake]:
        template, lake = self.open()
        dashboard = template.dashboards.get(request.path_params["name"])
        if dashboard is None:
            raise HTTPException(404, "There is no such dashboard.")
        return template, dashboard, lake


def _address(request: Request) -> Mapping[str, Sequence[str]]:
    return {key: request.query_params.getlist(key) for key in request.query_params}


def _styled(body: Markup) -> Markup:
    return Markup('<link rel="stylesheet" href="{}">').format(static_address("dashboards.css")) + body
