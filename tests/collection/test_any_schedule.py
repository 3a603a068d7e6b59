"""Whatever goes wrong on the way, and however often a collection is cut short, the tables end up the same."""

from pathlib import Path
from random import Random

import pytest
from surveillance.collection.work import Job

from tests.collection.collecting import Collecting, days, table_rows
from tests.collection.vendor_server import Asked, Reply, Vendor, reply

SPLITS = "/v3/reference/splits"
QUARTER = days("2023-01-01", "2023-03-31")


def answer(asked: Asked) -> Reply:
    """Answer a month's splits in three pages; the cursor carries the month, as the vendor's does."""
    month, place = (asked.query.get("cursor") or f"{asked.query['execution_date.gte'][:7]}_0").split("_")
    items = [{"ticker": f"S{place}{n}", "execution_date": f"{month}-15", "split_from": 1, "split_to": 2} for n in "ab"]
    more = {} if place == "2" else {"next_url": f"https://x.invalid{SPLITS}?cursor={month}_{int(place) + 1}"}
    return reply({"results": items, **more})


def fault(chance: Random) -> Reply | None:
    """Draw what goes wrong with one answer; mostly nothing."""
    good = Reply(b'{"results": []}' * 50)
    faults = [
        None,
        None,
        None,
        Reply(status=500),
        Reply(status=503, headers={"Retry-After": "2"}),
        Reply(status=429),
        Reply(status=429, headers={"Retry-After": "30"}),
        Reply(status=429, headers={"Retry-After": "soon"}),
        Reply(good.body, cut=chance.randrange(len(good.body))),
        Reply(good.body[: chance.randrange(15)]),
        Reply(status=400),
    ]
    return chance.choice(faults)


def tables(folder: Path) -> dict[str, list[object]]:
    rows = table_rows(folder, "raw_splits")
    return {"raw_splits": [{name: row[name] for name in row if name != "loaded_at"} for row in rows]}


@pytest.mark.parametrize(
    "seed", [seed if seed < 3 else pytest.param(seed, marks=pytest.mark.nightly) for seed in range(40)]
)
def test_a_collection_cut_short_and_run_again_ends_like_one_without_faults(
    played: Vendor, tmp_path: Path, seed: int
) -> None:
    played.routes[SPLITS] = answer
    undisturbed = Collecting(played, tmp_path / "undisturbed")
    assert run(undisturbed, QUARTER)
    chance = Random(seed)
    played.routes[SPLITS] = lambda asked: fault(chance) or answer(asked)
    disturbed = Collecting(played, tmp_path / "disturbed")
    disturbed.attempts = 3
    for _ in range(12):
        disturbed.left_s = chance.choice([0.5, 20, 3600])
        if chance.random() < 0.3:
            damage(tmp_path / "disturbed", chance)
        run(disturbed, QUARTER, parallel=chance.choice([1, 3]))
    played.routes[SPLITS] = answer
    disturbed.left_s = 3600
    assert run(disturbed, QUARTER)
    assert tables(tmp_path / "disturbed") == tables(tmp_path / "undisturbed")
    assert len(tables(tmp_path / "disturbed")["raw_splits"]) == 18


def run(collecting: Collecting, job: Job, parallel: int = 1) -> bool:
    return collecting.run("polygon", "splits", job, parallel=parallel).complete


def damage(folder: Path, chance: Random) -> None:
    """Lose a file, or its end, as a crashed machine might, and forget what had been said to be done."""
    for path in folder.rglob("done/*.json"):
        path.unlink()
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if not files:
        return
    chosen = chance.choice(files)
    if chance.random() < 0.5:
        chosen.unlink()
    else:
        chosen.write_bytes(chosen.read_bytes()[: chance.randrange(20)])
