"""The word list scores headlines as people do, well enough to be worth having, and never beyond its bounds."""

import json
from hashlib import blake2b
from pathlib import Path
from string import printable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from surveillance.collection.sentiment import score

HEADLINES = Path(__file__).parents[3] / "shared" / "data" / "news" / "SemEval2017Task5Headlines.json"


def is_tuning(title: str) -> bool:
    """Say whether the word list was made with a headline in sight; the other half gives the figure."""
    return blake2b(title.encode(), digest_size=1).digest()[0] & 1 == 0


@pytest.mark.parametrize(("better", "worse"), [
    ("Profit rises", "Profit falls"),
    ("Loss narrows", "Loss widens"),
    ("Company cuts costs", "Costs rise"),
    ("Shares surge", "Shares rise"),
    ("Shares fall", "Shares plunge"),
    ("Bank wins approval", "Bank fails to win approval"),
    ("Sales beat forecasts", "Sales miss forecasts"),
])  # fmt: skip
def test_of_two_headlines_the_better_scores_higher(better: str, worse: str) -> None:
    assert score(better) > score(worse)


def test_without_a_known_word_the_score_is_zero() -> None:
    assert score("") == 0
    assert score("Company holds annual meeting in Ohio") == 0


@given(st.text(printable, max_size=200))
def test_any_text_scores_within_bounds(text: str) -> None:
    assert -1 <= score(text) <= 1


def test_on_the_half_not_seen_it_agrees_with_people() -> None:
    if not HEADLINES.is_file():
        pytest.skip("../shared/data is not here")
    read = json.loads(HEADLINES.read_text())
    figure = [(score(one["title"]), float(one["sentiment"])) for one in read if not is_tuning(one["title"])]
    assert len(figure) == 539
    assert np.corrcoef(np.array(figure).T)[0, 1] == pytest.approx(0.677, abs=0.001)
