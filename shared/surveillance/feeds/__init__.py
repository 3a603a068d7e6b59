"""Venue files to events: one file a format, pure, bad lines as values.

`FORMATS["lobster"].read(FileSource(name, stream))` gives a `Reading`: chunks of decoded events in file order, and what
the file says about its instruments. Of a folder, `chosen` gives the names that may be of a format and `Feed.recognises`
looks into each; `Feed.companion_name` names a file to hand in beside another. `merge` puts readings in one order.
"""

from collections.abc import Mapping
from typing import Final

from surveillance.feeds import bars, bitstamp, events, lean, lobster, polygon
from surveillance.feeds.feed import Defaults, Feed, FileSource, Options, Reading
from surveillance.feeds.merge import merge
from surveillance.feeds.selection import chosen

__all__ = ["FORMATS", "Defaults", "Feed", "FileSource", "Options", "Reading", "chosen", "merge"]

FORMATS: Final[Mapping[str, Feed]] = {
    "events": events.FEED,
    "lobster": lobster.FEED,
    "bitstamp": bitstamp.FEED,
    "lean": lean.FEED,
    "polygon": polygon.FEED,
    "bars": bars.FEED,
}
