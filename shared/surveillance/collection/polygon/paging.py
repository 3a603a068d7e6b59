"""Polygon's pages: `next_url` names the next one, with a cursor."""

from collections.abc import Mapping
from typing import Any

from surveillance.collection.request import Request, request_of

SOURCE = "polygon"


def following(answer: Any) -> Request | None:
    """Give the request of the next page, None at the last."""
    link = answer.get("next_url") if isinstance(answer, Mapping) else None
    return request_of(link) if isinstance(link, str) and link else None


def results(answer: Any) -> Any:
    """Give what an answer holds; an answer without any has none."""
    return answer.get("results") if isinstance(answer, Mapping) else answer
