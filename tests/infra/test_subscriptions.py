"""Context says who hears of what: each subscription carries the filter it asked for."""

from typing import Any

from tests.infra.assembly import Assembly


def subscriptions(assembly: Assembly) -> dict[str, dict[str, Any]]:
    found = assembly.resources("AWS::SNS::Subscription").values()
    return {resource["Properties"]["Endpoint"]: resource["Properties"] for resource in found}


def test_every_receiver_of_the_context_is_subscribed(production: Assembly) -> None:
    protocols = {endpoint: subscription["Protocol"] for endpoint, subscription in subscriptions(production).items()}
    assert protocols == {
        "desk@example.com": "email",
        "chief@example.com": "email",
        "+12025550123": "sms",
        "https://example.com/hook": "https",
        "night@example.com": "email",
    }


def test_a_plain_address_hears_of_every_severity(production: Assembly) -> None:
    policy = subscriptions(production)["desk@example.com"]["FilterPolicy"]
    assert policy == {"severity": ["low", "medium", "high", "critical"]}


def test_a_phone_hears_from_high_on(production: Assembly) -> None:
    assert subscriptions(production)["+12025550123"]["FilterPolicy"] == {"severity": ["high", "critical"]}


def test_severity_symbols_and_rules_narrow_a_subscription(production: Assembly) -> None:
    found = subscriptions(production)
    assert found["chief@example.com"]["FilterPolicy"] == {"severity": ["critical"], "symbol": ["AAPL"]}
    assert found["https://example.com/hook"]["FilterPolicy"]["rule"] == ["spoofing", "layering"]


def test_undeliverable_announcements_are_kept(production: Assembly) -> None:
    receivers = [s for s in subscriptions(production).values() if "FilterPolicy" in s]
    assert len(receivers) == 4
    assert all("deadLetterTargetArn" in subscription["RedrivePolicy"] for subscription in receivers)


def test_operators_hear_of_every_alarm(production: Assembly) -> None:
    alarms = production.resources("AWS::CloudWatch::Alarm").values()
    assert alarms
    assert all(alarm["Properties"]["AlarmActions"] and alarm["Properties"]["OKActions"] for alarm in alarms)
    assert all(alarm["Properties"]["AlarmDescription"] for alarm in alarms)


def test_no_subscription_without_context(laptop: Assembly) -> None:
    assert subscriptions(laptop) == {}
