"""Rules get priorities that never collide, never move, and let the narrower rule come first: for any rules at all."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fnmatch import fnmatchcase
from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from aws_patterns._validation import Problems
from aws_patterns.load_balancing._rule_patterns import covers, fits, text_pattern
from aws_patterns.load_balancing._rule_priorities import FIRST_AUTOMATIC, LAST_AUTOMATIC, band_of, priority_of
from aws_patterns.load_balancing.content_routing import (
    Condition,
    HostHeader,
    HttpHeader,
    HttpMethod,
    PathPattern,
    QueryString,
    Rule,
    SourceIp,
    check_rules,
)

NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,12}", fullmatch=True)
PLAIN_PATHS = st.from_regex(r"(/[a-z]{1,5}){1,4}", fullmatch=True)
PATTERNS = st.text("ab*?", min_size=0, max_size=4).map("/".__add__)
HOSTS = st.from_regex(r"(\*|[a-z]{1,5})\.[a-z]{1,8}\.(com|org)", fullmatch=True)
CONDITIONS: dict[str, st.SearchStrategy[Condition]] = {
    "path": st.lists(PATTERNS, min_size=1, max_size=2).map(lambda values: PathPattern(*values)),
    "host": HOSTS.map(HostHeader),
    "method": st.lists(st.sampled_from(["GET", "HEAD", "POST"]), min_size=1, max_size=2).map(
        lambda values: HttpMethod(*values)
    ),
    "header": st.tuples(st.sampled_from(["X-One", "X-Two"]), PATTERNS).map(lambda pair: HttpHeader(*pair)),
    "query": st.tuples(st.sampled_from(["k", None]), PATTERNS).map(lambda pair: QueryString(*pair)),
    "source": st.sampled_from(["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "2001:db8::/32"]).map(SourceIp),
}
CONDITION_SETS = st.sets(st.sampled_from(sorted(CONDITIONS)), min_size=1, max_size=4).flatmap(
    lambda kinds: st.tuples(*(CONDITIONS[kind] for kind in sorted(kinds)))
)


def rules_of(conditions: Sequence[Sequence[Condition]], names: Sequence[str]) -> list[Rule]:
    return [Rule(name=name, conditions=given) for name, given in zip(names, conditions, strict=True)]


RULES = st.lists(CONDITION_SETS, min_size=1, max_size=12).flatmap(
    lambda sets: st.lists(NAMES, min_size=len(sets), max_size=len(sets), unique=True).map(
        lambda names: rules_of(sets, names)
    )
)


def problems(*rules: Rule) -> list[str]:
    found = Problems("Thing")
    check_rules(found, rules)
    return found.found


def narrower(wide: Rule, narrow: Rule) -> bool:
    """Whether one applies to some of the requests that the other applies to, and to none besides."""
    asked, asked_less = ([condition.facet for condition in rule.conditions] for rule in (narrow, wide))
    return covers(asked_less, asked) and not covers(asked, asked_less)


class TestAnyRules:
    @given(RULES)
    def test_rules_that_are_accepted_have_priorities_of_their_own(self, rules: list[Rule]) -> None:
        assume(not problems(*rules))
        priorities = [priority_of(rule) for rule in rules]
        assert len(set(priorities)) == len(rules)
        assert all(FIRST_AUTOMATIC <= priority <= LAST_AUTOMATIC for priority in priorities)

    @given(RULES)
    def test_rules_that_would_collide_are_refused_and_both_are_named(self, rules: list[Rule]) -> None:
        by_priority: dict[int, str] = {}
        for rule in rules:
            other = by_priority.setdefault(priority_of(rule), rule.name)
            if other != rule.name:
                # Rules that are wrong by themselves are told of that first.
                assume(not any(problems(each) for each in rules))
                assert any(repr(rule.name) in said and repr(other) in said for said in problems(*rules))

    @given(RULES, st.randoms(use_true_random=False), st.integers(0, 12))
    def test_no_rule_moves_when_others_come_go_or_change_places(
        self, rules: list[Rule], order: random.Random, kept: int
    ) -> None:
        before = {rule.name: priority_of(rule) for rule in rules}
        others = order.sample(rules, k=min(kept, len(rules)))
        assert {rule.name: priority_of(rule) for rule in others}.items() <= before.items()

    @given(RULES)
    def test_a_rule_that_applies_to_less_comes_first_or_the_set_is_refused(self, rules: list[Rule]) -> None:
        assume(not problems(*rules))
        for wide, narrow in product(rules, repeat=2):
            if narrower(wide, narrow):
                assert priority_of(narrow) < priority_of(wide)


class TestNarrowness:
    @given(PLAIN_PATHS, PLAIN_PATHS, NAMES, NAMES)
    def test_a_path_comes_before_its_prefix(self, prefix: str, rest: str, one: str, other: str) -> None:
        wide = Rule(name=one, conditions=[PathPattern(f"{prefix}/*")])
        for pattern in (f"{prefix}{rest}/*", f"{prefix}{rest}"):
            narrow = Rule(name=other, conditions=[PathPattern(pattern)])
            assert narrower(wide, narrow)
            assert priority_of(narrow) < priority_of(wide)

    @given(PLAIN_PATHS, PLAIN_PATHS, HOSTS, NAMES, NAMES)
    def test_so_it_does_on_a_host_with_a_method(self, prefix: str, rest: str, host: str, one: str, other: str) -> None:
        more: list[Condition] = [HostHeader(host), HttpMethod("GET")]
        wide = Rule(name=one, conditions=[PathPattern(f"{prefix}/*"), *more])
        narrow = Rule(name=other, conditions=[*more, PathPattern(f"{prefix}{rest}/*")])
        assert priority_of(narrow) < priority_of(wide)

    @given(CONDITION_SETS, NAMES, NAMES)
    def test_one_more_condition_comes_before(self, conditions: Sequence[Condition], one: str, other: str) -> None:
        wide = Rule(name=one, conditions=conditions)
        narrow = Rule(name=other, conditions=[*conditions, HttpHeader("X-Trial", "yes")])
        assert priority_of(narrow) < priority_of(wide)

    @pytest.mark.parametrize(
        ("narrow", "wide"),
        [
            (PathPattern("/a"), PathPattern("/a*")),
            (PathPattern("/a?"), PathPattern("/a*")),
            (PathPattern("/a*b"), PathPattern("/a*b*")),
            (PathPattern("/a/*"), PathPattern("/a/*", "/b/*")),
            (PathPattern("/a"), PathPattern("/*")),
            (PathPattern("/a" * 60 + "/b/*"), PathPattern("/a" * 60 + "/*")),
            (HostHeader("www.example.com"), HostHeader("*.example.com")),
            (HostHeader("*.example.com"), HostHeader("*.com")),
            (HttpMethod("GET"), HttpMethod("GET", "HEAD")),
            (SourceIp("10.1.0.0/16"), SourceIp("10.0.0.0/8")),
            (SourceIp("10.1.2.3/32"), SourceIp("10.1.2.0/24")),
            (SourceIp("2001:db8:1::/48"), SourceIp("2001:db8::/32")),
            (QueryString("version", "1"), QueryString("version", "*")),
            (QueryString("version", "1"), QueryString(None, "1")),
            (HttpHeader("User-Agent", "*Chrome/1*"), HttpHeader("user-agent", "*chrome*")),
        ],
        ids=str,
    )
    @pytest.mark.parametrize("names", [("a", "b"), ("b", "a"), ("one", "two"), ("x", "y")])
    def test_whatever_is_narrower_comes_first(self, narrow: Condition, wide: Condition, names: tuple[str, str]) -> None:
        first = Rule(name=names[0], conditions=[narrow])
        second = Rule(name=names[1], conditions=[wide])
        assert narrower(second, first)
        assert priority_of(first) < priority_of(second)

    def test_what_holds_always_makes_no_rule_narrower(self) -> None:
        narrow = Rule(name="a", conditions=[HostHeader("www.example.com")])
        wide = Rule(name="b", conditions=[HostHeader("*.example.com"), PathPattern("/*")])
        assert priority_of(narrow) < priority_of(wide)
        assert priority_of(Rule(name="c", conditions=[PathPattern("*")])) > priority_of(wide)


def matches(pattern: str, text: str) -> bool:
    return fnmatchcase(text, pattern)


@given(st.text("ab*?", max_size=4), st.text("ab*?", max_size=4))
def test_one_pattern_holds_another_exactly_if_it_fits_whatever_the_other_fits(wide: str, narrow: str) -> None:
    texts = ["".join(letters) for length in range(6) for letters in product("abc", repeat=length)]
    inside = all(matches(wide, text) for text in texts if matches(narrow, text))
    assert fits(text_pattern(wide), text_pattern(narrow)) == inside


def test_collisions_are_rare_among_as_many_rules_as_an_application_has() -> None:
    sites = ["api", "app", "docs", "blog", "shop", "auth", "admin", "images", "static", "search", "health", "status"]
    refused = 0
    for number in range(100):
        rules = [Rule(name=f"{site}-{number}", conditions=[PathPattern(f"/{site}/*")], priority=None) for site in sites]
        refused += bool(problems(*rules))
    assert refused <= 5


def test_an_escaped_wildcard_is_a_character() -> None:
    bands = [band_of(Rule(name="a", conditions=[QueryString("q", value)])) for value in (r"\*", "x", "*")]
    assert bands[0] == bands[1] != bands[2]


@pytest.mark.parametrize(
    ("conditions", "priority"),
    [
        ([PathPattern("/api")], 27_394),
        ([PathPattern("/api", "/v1")], 30_994),
        ([PathPattern("/api/*")], 46_102),
        ([PathPattern("/api/*/x/*")], 44_974),
        ([PathPattern("/api?")], 46_346),
        ([PathPattern("/api/*", "/v1/*")], 46_650),
        ([PathPattern("/" + "a" * 40 + "/*")], 35_195),
        ([PathPattern("/*")], 48_546),
        ([PathPattern("/api"), HostHeader("a.example.com")], 12_362),
        ([PathPattern("/api/*"), HostHeader("a.example.com")], 21_220),
        ([PathPattern("/api/*"), HostHeader("*.example.com")], 25_049),
        ([PathPattern("/api/*"), HostHeader("a.example.com"), HttpMethod("GET")], 7_667),
        ([PathPattern("/api/*"), HostHeader("a.example.com"), HttpMethod("GET"), SourceIp("10.0.0.0/8")], 4_066),
        (
            [
                PathPattern("/api/*"),
                HostHeader("a.example.com"),
                HttpMethod("GET"),
                SourceIp("10.0.0.0/8"),
                QueryString("a", "b"),
            ],
            1_682,
        ),
    ],
    ids=str,
)
def test_a_deployed_rule_keeps_its_number_in_later_versions(conditions: list[Condition], priority: int) -> None:
    assert priority_of(Rule(name="api", conditions=conditions)) == priority


def test_a_chosen_priority_is_the_one_that_a_rule_has() -> None:
    chosen: Any = Rule(name="api", conditions=[PathPattern("/api/*")], priority=7)
    assert priority_of(chosen) == 7
