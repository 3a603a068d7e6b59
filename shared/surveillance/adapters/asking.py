"""Asks a vendor until it answers: turns of the rate, waits with jitter, and what each answer means."""

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Final

import msgspec

from surveillance.adapters.rate_limiter import OutOfTimeError, RateLimiter
from surveillance.adapters.vendor_http import Answer, TransportError, VendorHttp
from surveillance.collection.request import Request
from surveillance.collection.source import Source
from surveillance.collection.verdict import Again, CollectionError, Use, delays, judge, without_key

ATTEMPTS: Final = 7


class Asked(msgspec.Struct, frozen=True):
    """The answer as it came and parsed; both None where the vendor knows nothing of what was asked for."""

    body: bytes | None
    answer: object


class Asking:
    """One source at one endpoint. `left_s` tells how long there is; `sleep` waits seconds; `chance` draws jitter."""

    def __init__(
        self,
        source: Source,
        key: str | None,
        http: VendorHttp,
        limiter: RateLimiter,
        *,
        endpoint: str | None = None,
        sleep: Callable[[float], None],
        left_s: Callable[[], float],
        chance: Random,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        attempts: int = ATTEMPTS,
    ) -> None:
        self._source, self._key, self._http, self._limiter = source, key, http, limiter
        self._endpoint = (endpoint or source.endpoint).rstrip("/")
        self._sleep, self._left_s, self._chance, self._now = sleep, left_s, chance, now
        self._attempts = attempts
        self.requests = 0

    def ask(self, request: Request) -> Asked:
        """Ask; raises `CollectionError` with one sentence, without the key, where no answer is to be had."""
        waits = delays(self._chance)
        reason = ""
        for attempt in range(1, self._attempts + 1):
            self._limiter.take(self._left_s())
            self.requests += 1
            verdict = self._once(request)
            if isinstance(verdict, Asked):
                return verdict
            reason = verdict.reason
            wait = next(waits) if verdict.wait_s is None else verdict.wait_s
            if attempt == self._attempts:
                break
            if wait > self._left_s():
                raise OutOfTimeError(f"{self._source.title} asks to wait {wait:.0f} s, longer than there is time.")
            if verdict.everyone:
                self._limiter.hold(wait)
            else:
                self._sleep(wait)
        raise CollectionError(
            f"{self._source.title} gave no answer to {request.path} in {self._attempts} attempts; the last: {reason}."
        )

    def _once(self, request: Request) -> Asked | Again:
        headers, url = {}, f"{self._endpoint}{request.target()}"
        if self._key and self._source.key_header:
            headers[self._source.key_header] = f"{self._source.key_prefix}{self._key}"
        elif self._key and self._source.key_parameter:
            url += f"{'&' if request.query else '?'}{self._source.key_parameter}={self._key}"
        try:
            answer: Answer = self._http.get(url, headers)
        except TransportError as error:
            return Again(without_key(str(error), self._key))
        verdict = judge(self._source, request.path, answer.status, answer.headers, answer.body, self._key, self._now())
        if isinstance(verdict, Again):
            return verdict
        return Asked(answer.body, verdict.answer) if isinstance(verdict, Use) else Asked(None, None)
