"""Allow-lists: which alerts an entry fits, until when, and what is refused."""

from datetime import UTC, datetime

import pytest
from surveillance.alerts import content
from surveillance.allow_list import AllowList, read_entries
from surveillance.errors import ParameterError
from surveillance.reference import Account

from tests.adapters.aws_tables import alert

RULES = ("quote_stuffing", "wash_trading")
DETECTED = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
DETECTED_TS = int(DETECTED.timestamp()) * 1_000_000_000
ACCOUNTS = (Account(account="A-1", beneficial_owner="One"), Account(account="A-2", beneficial_owner="One"))


def status(entry: str, **changes: object) -> str:
    allow = AllowList(read_entries(f'[[allow]]\nreason = "known"\n{entry}\n', RULES), ACCOUNTS)
    return allow.judged(alert(**{"detected_ts": DETECTED_TS} | changes)).status  # type: ignore[arg-type]


LATER = "expires = 2026-12-31\n"


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ('rules = "quote_stuffing"', "suppressed"),
        ('rules = ["wash_trading", "quote_stuffing"]', "suppressed"),
        ('rules = "wash_trading"', "open"),
        ('symbols = ["AAPL"]', "suppressed"),
        ('symbols = "MSFT"', "open"),
        ('venues = "XNAS"', "suppressed"),
        ('venues = "XNYS"', "open"),
        ('symbols = "AAPL"\nvenues = "XNYS"', "open"),
        ('accounts = "A-1"', "suppressed"),
        ('accounts = "A-2"', "open"),
        ('beneficial_owners = "One"', "suppressed"),
        ('beneficial_owners = "Two"', "open"),
    ],
)
def test_every_scope_of_an_entry_must_fit(entry: str, expected: str) -> None:
    assert status(LATER + entry) == expected


def test_accounts_must_cover_all_accounts_of_the_alert() -> None:
    assert status(LATER + 'accounts = "A-1"', accounts=["A-1", "A-2"]) == "open"
    assert status(LATER + 'accounts = ["A-1", "A-2"]', accounts=["A-1", "A-2"]) == "suppressed"
    assert status(LATER + 'beneficial_owners = "One"', accounts=["A-1", "A-2"]) == "suppressed"
    assert status(LATER + 'beneficial_owners = "One"', accounts=["A-1", "B"]) == "open"


@pytest.mark.parametrize("scope", ['accounts = "A-1"', 'beneficial_owners = "One"'])
def test_an_alert_without_accounts_fits_no_entry_about_accounts(scope: str) -> None:
    assert status(LATER + scope, accounts=[]) == "open"


@pytest.mark.parametrize(
    ("expires", "expected"),
    [
        ("2026-03-02T15:00:00Z", "open"),
        ("2026-03-02T15:00:00.000001Z", "suppressed"),
        ("2026-03-02T16:00:00+01:00", "open"),
        ("2026-03-02T15:00:01", "suppressed"),
        ("2026-03-02", "open"),
        ("2026-03-03", "suppressed"),
    ],
)
def test_expiry_is_judged_by_the_time_of_detection(expires: str, expected: str) -> None:
    assert status(f'expires = {expires}\nsymbols = "AAPL"') == expected


def test_the_first_entry_that_fits_gives_the_reason_and_content_stays() -> None:
    text = """
    [[allow]]
    symbols = "MSFT"
    reason = "another"
    expires = 2027-01-01
    [[allow]]
    symbols = "AAPL"
    reason = "market maker's  agreement 17"
    expires = 2026-06-30T22:00:00Z
    """
    found = alert(detected_ts=DETECTED_TS)
    judged = AllowList(read_entries(text, RULES)).judged(found)
    assert judged.status_reason == "Allow-listed until 2026-06-30 22:00 UTC: market maker's agreement 17"
    assert content(judged) == content(found)
    assert found.status == "open"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[allow]]\nsymbols = 'A'\nexpires = 2027-01-01", "needs a reason"),
        ("[[allow]]\nsymbols = 'A'\nexpires = 2027-01-01\nreason = ' '", "needs a reason"),
        ("[[allow]]\nsymbols = 'A'\nexpires = 2027-01-01\nreason = 7", "needs a reason"),
        ("[[allow]]\nsymbols = 'A'\nreason = 'r'", "needs expires"),
        ("[[allow]]\nsymbols = 'A'\nreason = 'r'\nexpires = '2027-01-01'", "without quotes"),
        ("[[allow]]\nsymbols = 'A'\nreason = 'r'\nexpires = 20270101", "without quotes"),
        ("[[allow]]\nsymbols = 5\nreason = 'r'\nexpires = 2027-01-01", "list of texts"),
        ("[[allow]]\nsymbols = []\nreason = 'r'\nexpires = 2027-01-01", "list of texts"),
        ("[[allow]]\nsymbols = ['A', 1]\nreason = 'r'\nexpires = 2027-01-01", "list of texts"),
        ("[[allow]]\nreason = 'r'\nexpires = 2027-01-01", "suppress everything"),
        ("[[allow]]\nrule = 'quote_stuffing'\nreason = 'r'\nexpires = 2027-01-01", "did you mean rules"),
        ("[[allow]]\nrules = 'wash_tradin'\nreason = 'r'\nexpires = 2027-01-01", "did you mean wash_trading"),
        ("[allow]\nsymbols = 'A'", r"\[\[allow\]\]"),
        ("[[allowed]]\nsymbols = 'A'", "allowed"),
        ("[[allow]", "TOML"),
    ],
)
def test_a_bad_entry_is_refused_in_one_sentence(text: str, words: str) -> None:
    with pytest.raises(ParameterError, match=words) as refused:
        read_entries(text, RULES, "allow.toml")
    assert str(refused.value).startswith("allow.toml")


def test_an_empty_file_allows_nothing() -> None:
    assert read_entries("", RULES) == ()
