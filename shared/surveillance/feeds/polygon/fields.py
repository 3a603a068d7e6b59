"""Every field of Polygon's messages and answers: the event field it becomes, or why it is left out.

Source: Polygon's (now Massive's) WebSocket specification and the answers of its REST reference.
"""

from collections.abc import Mapping
from typing import Final

_TAPE: Final = "tape follows from the listing"
_SEQUENCE: Final = "orders but skips, so no gap can be told from it"
_THEIR_CLOCK: Final = "Polygon's receipt, not the ingester's"
_AVERAGE_SIZE: Final = "follows from volume and the count of trades, which is not given"
_STOCK_BAR: Final[Mapping[str, str]] = {
    "ev": "interval",
    "sym": "symbol",
    "v": "volume",
    "vw": "vwap",
    "o": "open",
    "c": "close",
    "h": "high",
    "l": "low",
    "s": "ts",
    "e": "ts",
}
_STOCK_BAR_LEFT_OUT: Final[Mapping[str, str]] = {
    "av": "the day's volume so far is the sum of its bars",
    "op": "the day's official opening price is not of this bar",
    "a": "the day's vwap so far is not of this bar",
    "z": _AVERAGE_SIZE,
    "otc": "venue class; instruments say it",
}
_FX_BAR: Final[Mapping[str, str]] = {
    "ev": "interval",
    "pair": "symbol",
    "o": "open",
    "c": "close",
    "h": "high",
    "l": "low",
    "v": "volume",
    "s": "ts",
    "e": "ts",
}
_CRYPTO_BAR: Final[Mapping[str, str]] = {**_FX_BAR, "vw": "vwap"}

MAPPED: Final[Mapping[str, Mapping[str, str]]] = {
    "T": {
        "ev": "type",
        "sym": "symbol",
        "x": "venue",
        "trfi": "venue",
        "i": "trade_id",
        "p": "price",
        "s": "size",
        "c": "conditions, raw_conditions",
        "t": "ts",
    },
    "Q": {
        "ev": "type",
        "sym": "symbol",
        "bp": "bid_price",
        "bs": "bid_size",
        "ap": "ask_price",
        "as": "ask_size",
        "c": "raw_conditions",
        "i": "raw_conditions",
        "t": "ts",
    },
    "A": _STOCK_BAR,
    "AM": _STOCK_BAR,
    "LULD": {"ev": "state", "T": "symbol", "h": "limit_high", "l": "limit_low", "t": "ts"},
    "C": {"ev": "type", "p": "symbol", "x": "venue", "a": "ask_price", "b": "bid_price", "t": "ts"},
    "CA": _FX_BAR,
    "CAS": _FX_BAR,
    "XT": {
        "ev": "type",
        "pair": "symbol",
        "p": "price",
        "t": "ts",
        "s": "size",
        "c": "aggressor, raw_conditions",
        "i": "trade_id",
        "x": "venue",
    },
    "XQ": {
        "ev": "type",
        "pair": "symbol",
        "bp": "bid_price",
        "bs": "bid_size",
        "ap": "ask_price",
        "as": "ask_size",
        "t": "ts",
        "x": "venue",
    },
    "XL2": {
        "ev": "type",
        "pair": "symbol",
        "b": "bid_price, bid_size",
        "a": "ask_price, ask_size",
        "t": "ts",
        "x": "venue",
    },
    "XA": _CRYPTO_BAR,
    "XAS": _CRYPTO_BAR,
}
"""By message type and field: the event field, or several."""

LEFT_OUT: Final[Mapping[str, Mapping[str, str]]] = {
    "T": {"z": _TAPE, "q": _SEQUENCE, "trft": "the facility's clock; ts is the SIP's"},
    "Q": {
        "bx": "the quote is consolidated; its venue is NBBO",
        "ax": "the quote is consolidated; its venue is NBBO",
        "z": _TAPE,
        "q": _SEQUENCE,
    },
    "A": _STOCK_BAR_LEFT_OUT,
    "AM": _STOCK_BAR_LEFT_OUT,
    "LULD": {"i": "why the bands changed; statuses carry no conditions", "z": _TAPE, "q": _SEQUENCE},
    "C": {},
    "CA": {},
    "CAS": {},
    "XT": {"r": _THEIR_CLOCK},
    "XQ": {"r": _THEIR_CLOCK},
    "XL2": {"r": _THEIR_CLOCK},
    "XA": {"z": _AVERAGE_SIZE},
    "XAS": {"z": _AVERAGE_SIZE},
}
"""By message type and field: why it is left out."""

CONTROL: Final = "status"
"""The message type of the connection itself: no event, handed out apart."""

LEFT_OUT_MESSAGES: Final[Mapping[str, str]] = {
    "NOI": "auction imbalances: no rule reads them",
    "FMV": "fair market values: Polygon's model, not the market",
    "LV": "values without a trade: Polygon's display feed",
    "V": "index values: an index is not traded",
}
LEFT_OUT_MARKETS: Final[Mapping[str, str]] = {"O:": "options", "I:": "indices"}
"""By ticker prefix: markets that are left out, whatever the message."""

_BAR_ANSWER: Final[Mapping[str, str]] = {
    "T": "symbol",
    "v": "volume",
    "vw": "vwap",
    "o": "open",
    "c": "close",
    "h": "high",
    "l": "low",
    "t": "ts",
    "n": "trade_count",
}
MAPPED_ANSWERS: Final[Mapping[str, Mapping[str, str]]] = {
    "aggregates": {"ticker": "symbol", **_BAR_ANSWER},
    "trades": {
        "conditions": "conditions, raw_conditions; aggressor for crypto",
        "correction": "correction",
        "exchange": "venue",
        "trf_id": "venue",
        "id": "trade_id",
        "price": "price",
        "size": "size",
        "sip_timestamp": "ts",
        "participant_timestamp": "ts where there is no SIP",
        "next_url": "symbol",
    },
    "quotes": {
        "ask_price": "ask_price",
        "ask_size": "ask_size",
        "bid_price": "bid_price",
        "bid_size": "bid_size",
        "conditions": "raw_conditions",
        "indicators": "raw_conditions",
        "sip_timestamp": "ts",
        "participant_timestamp": "ts where there is no SIP",
        "next_url": "symbol",
    },
    "last trade": {
        "T": "symbol",
        "c": "conditions, raw_conditions",
        "e": "correction",
        "i": "trade_id",
        "p": "price",
        "s": "size",
        "x": "venue",
        "r": "venue",
        "t": "ts",
    },
    "last nbbo": {
        "T": "symbol",
        "p": "bid_price",
        "s": "bid_size",
        "P": "ask_price",
        "S": "ask_size",
        "c": "raw_conditions",
        "i": "raw_conditions",
        "t": "ts",
    },
    "last crypto trade": {
        "symbol": "symbol",
        "conditions": "aggressor, raw_conditions",
        "exchange": "venue",
        "price": "price",
        "size": "size",
        "timestamp": "ts",
    },
    "last currency quote": {
        "symbol": "symbol",
        "ask": "ask_price",
        "bid": "bid_price",
        "exchange": "venue",
        "timestamp": "ts",
    },
    "news": {
        "id": "news_id",
        "publisher": "source (its name)",
        "title": "headline",
        "published_utc": "ts",
        "article_url": "url",
        "tickers": "symbol, one event each",
        "insights": "sentiment of a ticker",
    },
}
"""By REST answer and field, of its envelope or its results."""

ENVELOPE: Final[Mapping[str, str]] = {
    "status": "of the request",
    "request_id": "of the request",
    "count": "of the request",
    "queryCount": "of the request",
    "resultsCount": "of the request",
    "next_url": "where the next page is",
    "results": "read field by field",
    "last": "read field by field",
    "adjusted": "instruments and the lake's factors say it",
}
_REST_TRADE_LEFT_OUT: Final[Mapping[str, str]] = {
    "tape": _TAPE,
    "sequence_number": _SEQUENCE,
    "trf_timestamp": "the facility's clock; ts is the SIP's",
}
LEFT_OUT_ANSWERS: Final[Mapping[str, Mapping[str, str]]] = {
    "aggregates": {"otc": "venue class; instruments say it"},
    "trades": _REST_TRADE_LEFT_OUT,
    "quotes": {
        **_REST_TRADE_LEFT_OUT,
        "ask_exchange": "the quote is consolidated; its venue is NBBO",
        "bid_exchange": "the quote is consolidated; its venue is NBBO",
    },
    "last trade": {
        "f": "the facility's clock; ts is the SIP's",
        "q": _SEQUENCE,
        "y": "the exchange's clock; ts is the SIP's",
        "z": _TAPE,
    },
    "last nbbo": {
        "X": "the quote is consolidated; its venue is NBBO",
        "x": "the quote is consolidated; its venue is NBBO",
        "f": "the facility's clock; ts is the SIP's",
        "q": _SEQUENCE,
        "y": "the exchange's clock; ts is the SIP's",
        "z": _TAPE,
    },
    "last crypto trade": {},
    "last currency quote": {},
    "news": {
        "author": "the publisher stands in source",
        "amp_url": "another address of the same text",
        "image_url": "decoration",
        "description": "the story is behind its url",
        "keywords": "the publisher's own words",
    },
}
"""By REST answer and field: why it is left out."""

EVENTLESS_ANSWERS: Final[Mapping[str, str]] = {
    "conversion": "a currency conversion",
    "indicators": "indicator values",
    "marketstatus": "market status and holidays",
    "open-close": "a day's open and close",
    "summaries": "ticker summaries",
    "snapshot": "ticker summaries",
    "reference": "reference data",
}
"""By a word of the request's path: answers that hold no event of ours, in words."""
