"""Who gives history: where, how the key is sent, how often one may ask, and how a refusal looks inside an answer."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from surveillance.collection.rate import Rate

Complaint = tuple[str, str]
"""`again` (asked too often) or `refused`, and the vendor's own words."""


def _says_nothing(answer: Any) -> Complaint | None:
    return None


def _polygon(answer: Any) -> Complaint | None:
    if isinstance(answer, Mapping) and answer.get("status") in ("ERROR", "NOT_AUTHORIZED"):
        return "refused", str(answer.get("error") or answer.get("message") or "")
    return None


def _finnhub(answer: Any) -> Complaint | None:
    if isinstance(answer, Mapping) and isinstance(answer.get("error"), str):
        return "again" if "limit" in answer["error"].lower() else "refused", answer["error"]
    return None


def _fmp(answer: Any) -> Complaint | None:
    if isinstance(answer, Mapping) and isinstance(answer.get("Error Message"), str):
        return "again" if "limit" in answer["Error Message"].lower() else "refused", answer["Error Message"]
    return None


def _alphavantage(answer: Any) -> Complaint | None:
    """It answers 200 whatever happened: `Note` and `Information` where asked too often, `Error Message` where wrong."""
    if isinstance(answer, Mapping):
        for word in ("Note", "Information"):
            if isinstance(answer.get(word), str):
                return "again", answer[word]
        if isinstance(answer.get("Error Message"), str):
            return "refused", answer["Error Message"]
    return None


class Source(msgspec.Struct, frozen=True):
    """One vendor. The key goes into a header, after `key_prefix`, or, where there is no other way, a parameter.

    The rate keeps the published limit of the free plan: in `period_s` at most `requests + burst − 1` are sent.
    """

    name: str
    title: str
    endpoint: str
    requests: int
    period_s: float
    key_header: str | None = None
    key_prefix: str = ""
    key_parameter: str | None = None
    complaint: Callable[[Any], Complaint | None] = _says_nothing
    burst: int = 1

    @property
    def rate(self) -> Rate:
        """Give how often one may ask on the free plan."""
        return Rate(self.requests, self.period_s, self.burst)


SOURCES: Final[Mapping[str, Source]] = {
    source.name: source
    for source in (
        Source(
            "polygon",
            "Polygon.io (Massive)",
            "https://api.polygon.io",
            requests=5,
            period_s=60,
            key_header="Authorization",
            key_prefix="Bearer ",
            complaint=_polygon,
        ),
        Source(
            "finnhub",
            "Finnhub",
            "https://finnhub.io/api/v1",
            requests=60,
            period_s=60,
            key_header="X-Finnhub-Token",
            complaint=_finnhub,
        ),
        Source(
            "fmp",
            "Financial Modeling Prep",
            "https://financialmodelingprep.com/stable",
            requests=125,
            period_s=86_400,
            burst=125,
            key_header="apikey",
            complaint=_fmp,
        ),
        Source(
            "alphavantage",
            "Alpha Vantage",
            "https://www.alphavantage.co",
            requests=5,
            period_s=60,
            key_parameter="apikey",
            complaint=_alphavantage,
        ),
    )
}
