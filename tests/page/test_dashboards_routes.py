"""Promise: the page lists the dashboards, draws their sheets in its frame, gives a visual's rows as CSV, and says what
is not there.
"""

from collections.abc import Iterator

import pytest
from surveillance.history.tables import BY_NAME

from local.page import dashboards
from local.page.render import template as templates
from local.page.render.lake import Lake
from tests.page.standing import ask, served
from tests.page.test_dashboards_live import alert, land
from tests.quicksight.templates import template


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    state = tmp_path_factory.mktemp("state")
    land(state, "alerts", [alert("first"), alert("second", severity="low")], BY_NAME["raw_alerts"].columns)
    made = templates.of(template())
    lake = Lake(state, made)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dashboards.Pages, "open", lambda self: (made, lake))
        with served(state) as address:
            yield address


def test_all_dashboards_are_listed(page: str) -> None:
    listed = ask(page, "/dashboards")
    assert listed.status == 200
    for name in ("alert-triage", "instrument", "feeds-and-data-quality"):
        assert f'href="/dashboards/{name}"' in listed.text


def test_a_sheet_stands_in_the_frame_with_its_style_and_script(page: str) -> None:
    sheet = ask(page, "/dashboards/alert-triage").text
    assert '<p class="kpi">2</p>' in sheet
    assert "dashboards.css" in sheet
    assert "charts.js" in sheet
    assert " style=" not in sheet


def test_rows_of_a_visual_are_csv(page: str) -> None:
    told = ask(page, "/dashboards/alert-triage/by-severity.csv?sheet=open-alerts")
    assert told.text.splitlines() == ["Severity,Open alerts", "high,1", "low,1"]
    chosen = ask(page, "/dashboards/alert-triage/by-severity.csv?sheet=open-alerts&severity-chosen=low")
    assert chosen.text.splitlines() == ["Severity,Open alerts", "low,1"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/dashboards/gossip", "There is no such dashboard."),
        ("/dashboards/alert-triage/mood.csv", "There is no such visual on this sheet."),
        ("/dashboards/market-health/breadth.csv", "Waits for history: run surveillance history build."),
    ],
)
def test_what_is_not_there_is_said(page: str, path: str, said: str) -> None:
    answer = ask(page, path)
    assert (answer.status, said in answer.text) == (404, True)
