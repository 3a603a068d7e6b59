"""The page answers to this machine only: no other name, no form of another site, nothing foreign in it."""

import re

import pytest

from tests.page.standing import ask

TOKEN = re.compile(r'name="token" value="([^"]+)"')


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8642", "127.0.0.1.evil.example", "", "[::1]"])
def test_a_request_under_another_name_is_turned_away(lonely_page: str, host: str) -> None:
    assert ask(lonely_page, "/", headers={"Host": host}).status == 421


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:1234"])
def test_this_machines_own_names_are_answered(lonely_page: str, host: str) -> None:
    assert ask(lonely_page, "/", headers={"Host": host}).status == 200


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_a_form_of_another_site_is_turned_away(lonely_page: str, headers: dict[str, str]) -> None:
    answer = ask(lonely_page, f"/alerts/{'ab' * 16}/status", {"status": "open"}, headers)
    assert answer.status == 403


@pytest.mark.parametrize("path", ["/", "/alerts", "/outbox", "/stack", "/nowhere"])
def test_every_answer_forbids_what_is_not_its_own(lonely_page: str, path: str) -> None:
    answer = ask(lonely_page, path)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert {policy[name] for name in ("script-src", "style-src", "connect-src", "form-action")} == {"'self'"}
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert not re.search(r"""(src|href|action)=["'](https?:)?//""", answer.text)
    assert not re.search(r"""<script(?![^>]*\ssrc=)|\sstyle=|\son\w+=""", answer.text)


def test_without_a_stack_one_sentence_says_what_starts_one(lonely_page: str) -> None:
    for path in ("/", "/alerts", "/outbox", "/stack"):
        assert "No local stack is up: surveillance demo" in ask(lonely_page, path).text
    assert ask(lonely_page, f"/alerts/{'ab' * 16}").status == 503


def test_a_static_file_is_kept_by_its_content(lonely_page: str) -> None:
    (address,) = re.findall(r'href="(/static/page.css\?v=[0-9a-f]+)"', ask(lonely_page, "/").text)
    assert "immutable" in ask(lonely_page, address).headers["cache-control"]
    assert ask(lonely_page, "/static/page.css").headers["cache-control"] == "no-store"
    assert ask(lonely_page, "/static/../server.py").status == 404
