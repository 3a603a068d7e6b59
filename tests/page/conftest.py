"""One small stack and one page over it for all tests of this folder that need them; a browser for those that look."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.page.browsing import chromium
from tests.page.standing import Standing, served, standing


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    with standing(tmp_path_factory.mktemp("stack")) as made:
        yield made


@pytest.fixture(scope="session")
def page(stack: Standing) -> Iterator[str]:
    with served(stack.folder) as address:
        yield address


@pytest.fixture(scope="session")
def lonely_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page over a folder in which nothing runs."""
    with served(tmp_path_factory.mktemp("nothing")) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened
