"""Venue files to events: one file a format, pure, bad lines as values.

`FORMATS["lobster"].read(FileSource(name, stream))` gives a `Reading`: chunks of decoded events in file order, and what
the file says about its instruments. `merge` puts several files in one order.
"""

from collections.abc import Mapping
from typing import Final

from surveillance.feeds import bitstamp, events, lobster
from surveillance.feeds.feed import Defaults, Feed, FileSource, Options, Reading

__all__ = ["FORMATS", "Defaults", "Feed", "FileSource", "Options", "Reading"]

FORMATS: Final[Mapping[str, Feed]] = {feed.name: feed for feed in (events.FEED, lobster.FEED, bitstamp.FEED)}
