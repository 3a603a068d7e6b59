"""A channel's sequence: gaps are exact, what was sent before is dropped, only a restart raises the base."""

import numpy as np
import pytest

from ingester.numbering import EPOCH
from ingester.watch import ChannelWatch, Gap, Position, Taken


def take(watch: ChannelWatch, *seqs: int, ts: list[int] | None = None) -> Taken:
    times = ts if ts is not None else [seq * 10 for seq in seqs]
    return watch.take(np.array(seqs, dtype=np.int64), np.array(times, dtype=np.int64))


def test_steps_of_one_need_no_closer_look() -> None:
    watch = ChannelWatch(resumable=True)
    first, second = take(watch, 5, 6, 7), take(watch, 8, 9)
    assert (first.gaps, first.new, second.gaps, second.new) == ([], None, [], None)
    assert (watch.next_seq, watch.position.first_seq, watch.position.last_ts) == (10, 5, 90)


def test_missing_events_are_a_gap_with_both_bounds() -> None:
    watch = ChannelWatch(resumable=True)
    take(watch, 1, 2)
    taken = take(watch, 3, 7, 8)
    assert taken.gaps == [Gap(1, 4, 6)]
    assert watch.position.missing == 3


@pytest.mark.parametrize(("unreadable", "gaps"), [(1, [Gap(0, 3, 4)]), (2, []), (3, [])])
def test_unreadable_lines_explain_as_many_missing_numbers(unreadable: int, gaps: list[Gap]) -> None:
    watch = ChannelWatch(resumable=True)
    take(watch, 1, 2)
    for _ in range(unreadable):
        watch.unreadable(0)
    assert take(watch, 5, 6).gaps == gaps


def test_unreadable_line_at_the_end_of_a_batch_explains_the_next() -> None:
    watch = ChannelWatch(resumable=True)
    watch.unreadable(2)
    assert take(watch, 1, 2).gaps == []
    assert take(watch, 4).gaps == []


def test_events_sent_again_are_not_new() -> None:
    watch = ChannelWatch(resumable=True)
    take(watch, 1, 2, 3, 4)
    taken = take(watch, 3, 4, 5)
    assert taken.new is not None
    assert taken.new.tolist() == [False, False, True]
    assert taken.gaps == []
    assert not taken.restarted


def test_numbering_that_begins_anew_raises_the_base_once() -> None:
    watch = ChannelWatch(resumable=True)
    take(watch, 1, 2, 3)
    taken = take(watch, 1, 2, ts=[1000, 1010])
    assert taken.restarted
    assert taken.new is None
    assert np.asarray(taken.bases).tolist() == [EPOCH, EPOCH]
    assert not take(watch, 3, 4, ts=[1020, 1030]).restarted


def test_restart_after_a_kill_stays_above_what_was_sent_and_not_saved() -> None:
    watch = ChannelWatch(resumable=True, position=Position(base=EPOCH, first_seq=1, last_seq=50, last_ts=500))
    taken = take(watch, 1, ts=[10_000])
    assert np.asarray(taken.bases).tolist() == [2 * EPOCH]


def test_venue_without_resume_leaves_a_gap_and_resumes() -> None:
    watch = ChannelWatch(resumable=False)
    take(watch, 1, 2, 3)
    watch.cut()
    taken = take(watch, 6, 7)
    assert taken.gaps == [Gap(0, 4, 5)]
    assert taken.resumed == 0


def test_venue_without_resume_that_missed_nothing_says_nothing() -> None:
    watch = ChannelWatch(resumable=False)
    take(watch, 1, 2, 3)
    watch.cut()
    taken = take(watch, 4, 5)
    assert (taken.gaps, taken.resumed) == ([], None)


def test_unnumbered_channel_leaves_a_gap_without_bounds() -> None:
    watch = ChannelWatch(resumable=False)
    times = np.array([10, 20], dtype=np.int64)
    watch.take(None, times)
    watch.cut()
    taken = watch.take(None, times)
    assert (taken.gaps, taken.resumed) == ([Gap(0, None, None)], 0)


def test_gap_after_a_kill_does_not_claim_to_know_its_first() -> None:
    watch = ChannelWatch(resumable=False, position=Position(first_seq=1, last_seq=5, last_ts=50), clean=False)
    assert take(watch, 9).gaps == [Gap(0, None, 8)]


def test_venue_word_on_a_gap_is_news_once() -> None:
    watch = ChannelWatch(resumable=True)
    take(watch, 1, 2)
    assert watch.skip(10, 0) == Gap(0, 3, 10)
    assert watch.skip(10, 0) is None
    assert take(watch, 11).gaps == []


def test_silent_channel_resumes_with_its_first_event() -> None:
    watch = ChannelWatch(resumable=True)
    take(watch, 1)
    watch.silent = True
    assert take(watch, 2).resumed == 0
    assert take(watch, 3).resumed is None
