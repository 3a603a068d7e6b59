"""Any period or width can be asked for, by a text; columns are named so that no two collide."""

import pytest
from surveillance.errors import ParameterError
from surveillance.indicators import DEFAULT, INDICATORS, request, requests


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("sma:20", ("sma_20",)),
        (" wma : 137 ", ("wma_137",)),
        ("macd", ("macd", "macd_signal", "macd_histogram")),
        ("macd:5,35,5", ("macd_5_35_5", "macd_signal_5_35_5", "macd_histogram_5_35_5")),
        ("bollinger", ("bollinger_upper_20", "bollinger_middle_20", "bollinger_lower_20")),
        ("bollinger:10,1.5", ("bollinger_upper_10_1_5", "bollinger_middle_10_1_5", "bollinger_lower_10_1_5")),
        ("rsi", ("rsi_14",)),
        ("vwap", ("vwap",)),
        ("cdl_doji", ("cdl_doji",)),
    ],
)
def test_request_names_its_columns(text: str, columns: tuple[str, ...]) -> None:
    assert request(text).columns == columns


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("smma:20", "'smma' is no indicator; sma is."),
        ("sma:1", "period of sma is 1; it must be a whole number of 2 to 10000."),
        ("sma:20.5", "period of sma is 20.5; it must be a whole number of 2 to 10000."),
        ("sma:nan", "period of sma is nan; it must be a whole number of 2 to 10000."),
        ("sma:20,3", "sma was given 2 parameters; it has period."),
        ("vwap:1", "vwap was given 1 parameters; it has none."),
        ("sma:twenty", "'twenty' of sma is no list of numbers."),
        ("bollinger:20,0", "width of bollinger is 0; it must be a number of 0.01 to 100."),
    ],
)
def test_impossible_request_is_refused_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ParameterError) as error:
        request(text)
    assert str(error.value) == sentence


def test_request_reads_what_it_writes() -> None:
    for asked in (*DEFAULT, request("bollinger:7,2.123456789")):
        assert request(asked.text) == asked


def test_same_column_twice_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"^rsi_14 is asked for twice\.$"):
        requests(["rsi", "rsi:14"])


def test_nothing_asked_for_is_the_default_with_distinct_columns() -> None:
    columns = [column for asked in requests([]) for column in asked.columns]
    assert requests([]) is DEFAULT
    assert len(set(columns)) == len(columns) == 102
    assert {"sma_200", "ema_50", "wma_10", "macd_signal", "bollinger_upper_20", "rsi_14", "cdl_doji"} <= set(columns)
    assert sum(column.startswith("cdl_") for column in columns) == 61


def test_names_in_the_catalogue_are_distinct() -> None:
    assert len({indicator.name for indicator in INDICATORS}) == len(INDICATORS)
