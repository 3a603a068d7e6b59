"""Who trades: accounts, their beneficial owners and kinds."""

from typing import Final

import msgspec
import numpy as np
import pyarrow as pa

from surveillance.simulation.kernels.state import Integers

CLIENTS: Final = 160
PROPRIETARY: Final = 12
MAKERS: Final = 8
HEDGERS: Final = 6
SECOND_ACCOUNTS: Final = 60
"""So many of the clients and proprietary owners have a second account."""

CLIENT: Final = "client"
PROPRIETARY_KIND: Final = "proprietary"
MAKER_KIND: Final = "market_maker"


class Accounts(msgspec.Struct, frozen=True):
    """Accounts by number. `owners` holds the owner's number of each; the groups hold account numbers."""

    names: list[str]
    owner_names: list[str]
    kinds: list[str]
    owners: Integers
    traders: Integers
    makers: Integers
    hedgers: Integers

    def of_owner(self, owner: int) -> list[int]:
        """Give the numbers of an owner's accounts."""
        return [int(number) for number in np.flatnonzero(self.owners == owner)]

    def table(self) -> pa.Table:
        """Give the accounts table of the reference data."""
        return pa.table({"account": self.names, "beneficial_owner": self.owner_names, "entity_type": self.kinds})


def make_accounts(chance: np.random.Generator) -> Accounts:
    """Draw the accounts of a market; names say nothing about kind or owner."""
    kinds = (
        [CLIENT] * CLIENTS + [PROPRIETARY_KIND] * PROPRIETARY + [MAKER_KIND] * MAKERS + [CLIENT] * HEDGERS
    )  # one owner each
    first_hedger = CLIENTS + PROPRIETARY + MAKERS
    doubled = chance.choice(CLIENTS + PROPRIETARY, SECOND_ACCOUNTS, replace=False)
    owners = np.concatenate([np.arange(len(kinds)), np.sort(doubled)]).astype(np.int64)
    names = 10_000 + chance.permutation(len(owners))
    owner_names = 100 + chance.permutation(len(kinds))
    numbers = np.arange(len(owners))
    is_maker = (owners >= CLIENTS + PROPRIETARY) & (owners < first_hedger)
    return Accounts(
        names=[f"A{name}" for name in names],
        owner_names=[f"O{owner_names[owner]}" for owner in owners],
        kinds=[kinds[owner] for owner in owners],
        owners=owners,
        traders=numbers[owners < CLIENTS + PROPRIETARY],
        makers=numbers[is_maker],
        hedgers=numbers[owners >= first_hedger],
    )
