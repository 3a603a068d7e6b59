"""One holder at a time: a lease is taken when free or expired, keeps the positions, and whoever lost it knows."""

from typing import Any

import pytest

from ingester.lease import LeaseLostError, LeaseTable
from ingester.watch import Position


@pytest.fixture
def table(aws: dict[str, Any]) -> Any:
    return aws["dynamodb"]


def test_held_lease_is_refused_to_another(table: Any) -> None:
    first = LeaseTable(table, "leases", "one", 10).acquire("venue")
    assert first is not None
    assert first.valid
    assert LeaseTable(table, "leases", "two", 10).acquire("venue") is None
    assert LeaseTable(table, "leases", "two", 10).acquire("other") is not None


def test_expired_lease_goes_to_another_with_its_positions_and_the_old_holder_is_told(table: Any) -> None:
    one, two = LeaseTable(table, "leases", "one", 0), LeaseTable(table, "leases", "two", 10)
    first = one.acquire("venue")
    assert first is not None
    position = Position(base=7, first_seq=1, last_seq=9, last_ts=123, missing=2)
    one.renew("venue", first, {"orders": position})
    second = two.acquire("venue")
    assert second is not None
    assert (second.number, second.positions, second.clean) == (2, {"orders": position}, False)
    assert second.started_ns > first.started_ns
    with pytest.raises(LeaseLostError):
        one.renew("venue", first, {})
    assert not first.valid


def test_released_lease_is_free_at_once_and_clean(table: Any) -> None:
    one, two = LeaseTable(table, "leases", "one", 10), LeaseTable(table, "leases", "two", 10)
    first = one.acquire("venue")
    assert first is not None
    one.renew("venue", first, {"orders": Position(last_seq=4)}, release=True)
    assert not first.valid
    second = two.acquire("venue")
    assert second is not None
    assert second.clean
    assert second.positions["orders"].last_seq == 4


def test_same_owner_takes_its_own_lease_back_and_fences_its_former_self(table: Any) -> None:
    owner = LeaseTable(table, "leases", "one", 10)
    first, second = owner.acquire("venue"), owner.acquire("venue")
    assert first is not None
    assert second is not None
    assert second.number == 2
    with pytest.raises(LeaseLostError):
        owner.renew("venue", first, {})


def test_lease_that_is_not_renewed_is_no_longer_trusted_before_it_expires(table: Any) -> None:
    lease = LeaseTable(table, "leases", "one", 0).acquire("venue")
    assert lease is not None
    assert not lease.valid
