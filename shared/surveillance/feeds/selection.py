"""Which files of a list are read, and which beside another."""

from collections.abc import Iterable
from pathlib import PurePath

from surveillance.feeds.feed import Feed


def chosen(feed: Feed, names: Iterable[str]) -> list[str]:
    """Give the files of a folder that can be of a format, in path order, without those read beside another.

    Names tell by suffix only; ask `Feed.recognises` about each before reading it, since folders hold other things too.
    """
    wanted = (name for name in names if feed.accepts(name) and not feed.is_companion(name))
    return sorted(wanted, key=lambda name: PurePath(name).parts)
