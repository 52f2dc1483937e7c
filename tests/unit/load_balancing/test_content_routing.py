"""Rules that can't be, one by one or together: each is refused with its name, the limit and the fix."""

from __future__ import annotations

import subprocess
import sys

import pytest

from aws_patterns._validation import Problems
from aws_patterns.load_balancing._rule_priorities import priority_of
from aws_patterns.load_balancing.content_routing import (
    Condition,
    FixedResponse,
    Forward,
    HostHeader,
    HttpHeader,
    HttpMethod,
    PathPattern,
    QueryString,
    Redirect,
    Rule,
    RuleAction,
    SourceIp,
    WeightedForward,
    check_rules,
)

ANY_PATH = PathPattern("/a/*")


def problems(*rules: Rule, https: bool = True) -> list[str]:
    found = Problems("Thing")
    check_rules(found, rules, https=https)
    return found.found


def of_conditions(*conditions: Condition) -> list[str]:
    return problems(Rule(name="r", conditions=conditions))


def of_action(action: RuleAction, *, https: bool = True) -> list[str]:
    return problems(Rule(name="r", conditions=[ANY_PATH], action=action), https=https)


class TestConditions:
    @pytest.mark.parametrize(
        "conditions",
        [
            [PathPattern("/a-z_0.9$/~\"'@:+&*?")],
            [PathPattern("*.php", "?x")],
            [PathPattern("/" + "a" * 127)],
            [HostHeader("*.example.com", "example.org", "a?.example.com")],
            [HttpMethod("GET", "M-SEARCH", "CUSTOM_ONE")],
            [HttpHeader("User-Agent", "*Mozilla/5.0 (X11)*")],
            [QueryString("version", "1"), QueryString(None, "a*"), QueryString("x", r"\*literal\?")],
            [SourceIp("192.0.2.0/24", "2001:db8::/32")],
            [
                PathPattern("/a"),
                HostHeader("a.example.com"),
                HttpMethod("GET"),
                SourceIp("192.0.2.1/32"),
                HttpHeader("X", "y"),
            ],
            [PathPattern("/1", "/2", "/3", "/4", "/5")],
            [PathPattern("/*/*/*/*/*")],
            [QueryString("q", r"*****\*")],
        ],
        ids=lambda conditions: str(conditions)[:60],
    )
    def test_what_is_allowed_is_accepted(self, conditions: list[Condition]) -> None:
        assert of_conditions(*conditions) == []

    @pytest.mark.parametrize(
        ("conditions", "message"),
        [
            ([], "conditions must hold at least one, got none: what has none is the default action"),
            (
                [PathPattern("/a"), PathPattern("/b")],
                "conditions may hold one PathPattern, got 2: give one of them every value",
            ),
            (
                [PathPattern("/1", "/2", "/3", "/4"), HttpMethod("GET", "HEAD")],
                "conditions may compare with 5 values in all, got 6: make it two rules",
            ),
            (
                [PathPattern("/*/*/*"), QueryString("a*", "*?")],
                "conditions may hold 5 wildcards in all, got 6: make it two rules, or one value less precise",
            ),
            ([PathPattern()], "PathPattern must hold at least one value, got none"),
            ([PathPattern("")], "PathPattern must not be empty"),
            *(
                (
                    [PathPattern(path)],
                    "PathPattern must be a path such as /images/* (letters, digits, _-.$/~\"'@:+& and wildcards), "
                    f"got {path!r}",
                )
                for path in ("images/*", "/a b", "/a#b", "/ä")
            ),
            (
                [PathPattern("/" + "a" * 128)],
                f"PathPattern may hold 128 characters, got 129 in {'/' + 'a' * 128!r}",
            ),
            *(
                (
                    [HostHeader(host)],
                    "HostHeader must be a host such as *.example.com, with letters alone behind the last dot, and no "
                    f"port, got {host!r}",
                )
                for host in ("localhost", "example.com:8080", "example.c0m", "10.0.0.1", "exa mple.com", "example.*")
            ),
            *(
                (
                    [HttpMethod(method)],
                    f"HttpMethod must be a method such as GET, 40 capitals at most, no wildcards, got {method!r}",
                )
                for method in ("get", "P*", "A" * 41)
            ),
            (
                [HttpHeader("Host", "a.example.com")],
                "HttpHeader.name must not be Host: use HostHeader(...) for it",
            ),
            *(
                (
                    [HttpHeader(name, "x")],
                    "HttpHeader.name must be the name of a header, up to 40 letters, digits and dashes without "
                    f"wildcards, got {name!r}",
                )
                for name in ("X-Ünder", "a b", "", "x" * 41)
            ),
            ([HttpHeader("X", "tab\t")], "HttpHeader must be printable characters, got 'tab\\t'"),
            ([HttpHeader("X")], "HttpHeader must hold at least one value, got none"),
            (
                [QueryString("a b", "1")],
                "QueryString.key must be letters, digits, _-.$/~\"'@:+&()!,;=\\ and wildcards, got 'a b'",
            ),
            ([QueryString("", "1")], "QueryString.key must not be empty"),
            ([QueryString("a", "")], "QueryString must not be empty"),
            ([SourceIp("192.0.2.1")], "SourceIp must be a network with its prefix length, got '192.0.2.1': write "),
            ([SourceIp("office")], "SourceIp must be a network such as 10.0.0.0/16, got 'office'"),
        ],
        ids=lambda value: str(value)[:60],
    )
    def test_what_is_not_allowed_is_refused_with_the_reason(self, conditions: list[Condition], message: str) -> None:
        (found,) = of_conditions(*conditions)
        assert found.removesuffix("192.0.2.1/32") == f"rule 'r': {message}"

    def test_a_value_known_only_at_deployment_needs_a_chosen_priority(self) -> None:
        import aws_cdk as cdk

        host = HostHeader(cdk.Fn.import_value("Host"))
        assert of_conditions(host) == [
            "rule 'r': priority must be given, as a value of its conditions is known only at deployment: how narrow it "
            "is can't be seen"
        ]
        chosen = [Rule(name=name, conditions=[host], priority=place) for place, name in enumerate("abc", start=1)]
        assert problems(*chosen) == []

    def test_a_network_known_only_at_deployment_is_compared_with_none(self) -> None:
        import aws_cdk as cdk

        office = Rule(name="office", conditions=[SourceIp(cdk.Fn.import_value("Office"))], priority=2)
        known = Rule(name="known", conditions=[SourceIp("10.0.0.0/8")], priority=1)
        assert problems(known, office) == []


class TestActions:
    @pytest.mark.parametrize(
        "action",
        [
            Forward(),
            WeightedForward({None: 1}),
            WeightedForward({None: 999}, sticky_seconds=604_800),
            Redirect(host="www.#{host}", permanent=True),
            Redirect(path="/new/#{path}", query="#{query}&from=#{host}"),
            Redirect(protocol="HTTPS", port=8443),
            FixedResponse(200, "a" * 1024, "application/json"),
            *(FixedResponse(code) for code in (200, 299, 400, 599)),
        ],
        ids=str,
    )
    def test_what_is_allowed_is_accepted(self, action: RuleAction) -> None:
        assert of_action(action) == []

    @pytest.mark.parametrize(
        ("action", "message"),
        [
            (WeightedForward({}), "WeightedForward.weights must hold 1 to 5 target groups, got 0"),
            (WeightedForward({None: 0}), "WeightedForward.weights must not all be 0: nobody would get a request"),
            (WeightedForward({None: 1000}), "WeightedForward.weights must be between 0 and 999, got 1000"),
            (
                WeightedForward({None: 1}, sticky_seconds=0),
                "WeightedForward.sticky_seconds must be between 1 and 604800 s, got 0 s",
            ),
            (
                Redirect(),
                "Redirect must change the protocol, host, port or path: clients would be sent round in circles",
            ),
            (
                Redirect(protocol="HTTPS", path="/#{path}", query="a=1"),
                "Redirect must change the protocol, host, port or path: clients would be sent round in circles",
            ),
            (
                Redirect(protocol="HTTP", host="example.com"),
                "Redirect.protocol must not be HTTP: a load balancer does not send clients from HTTPS to HTTP",
            ),
            (Redirect(protocol="FTP"), "Redirect.protocol must be one of HTTP, HTTPS, got 'FTP'"),
            (Redirect(port=65_536), "Redirect.port must be between 1 and 65535, got 65536"),
            (Redirect(path="new"), "Redirect.path must begin with /, got 'new': write '/new'"),
            (Redirect(path="/" + "a" * 128), "Redirect.path may hold 128 characters, got 129"),
            (Redirect(host=""), "Redirect.host must not be empty: leave it out to keep the host"),
            (
                Redirect(host="a.example.com", query="?a=1"),
                "Redirect.query must not begin with ?, got '?a=1': it is put there",
            ),
            (
                Redirect(path="/#{user}"),
                "Redirect.path may hold #{protocol}, #{host}, #{port}, #{path}, #{query}, got #{user}",
            ),
            *(
                (FixedResponse(code), f"FixedResponse.status_code must be 200 to 299 or 400 to 599, got {code}")
                for code in (199, 300, 302, 399, 600)
            ),
            (
                FixedResponse(200, "ä" * 513),
                "FixedResponse.body may hold 1024 bytes, got 1026: serve it from a target",
            ),
            (
                FixedResponse(200, "", "text/xml"),
                "FixedResponse.content_type must be one of text/plain, text/css, text/html, application/javascript, "
                "application/json, got 'text/xml'",
            ),
        ],
        ids=lambda value: str(value)[:60],
    )
    def test_what_is_not_allowed_is_refused_with_the_reason(self, action: RuleAction, message: str) -> None:
        assert of_action(action) == [f"rule 'r': {message}"]

    def test_plain_http_may_lead_to_https_and_elsewhere_on_http(self) -> None:
        assert of_action(Redirect(protocol="HTTPS"), https=False) == []
        assert of_action(Redirect(protocol="HTTP", host="example.com"), https=False) == []
        assert len(of_action(Redirect(protocol="HTTP"), https=False)) == 1


def rule(name: str, *conditions: Condition, priority: int | None = None) -> Rule:
    return Rule(name=name, conditions=conditions or [PathPattern(f"/{name}")], priority=priority)


class TestTogether:
    def test_a_hundred_rules_are_the_quota(self) -> None:
        rules = [rule(f"r{number}", priority=number + 1) for number in range(101)]
        assert problems(*rules[:100]) == []
        assert problems(*rules) == [
            "rules may hold 100, the quota of a load balancer, got 101: join those that lead to the same place, or "
            "have the quota raised and use a second load balancer meanwhile"
        ]

    def test_names_are_single(self) -> None:
        assert problems(rule("a"), rule("b"), rule("a", HttpMethod("GET"))) == [
            "rules must have names of their own, got 'a' 2 times"
        ]

    @pytest.mark.parametrize("name", ["", "1a", "a/b", "a b", "a" * 65])
    def test_names_are_names(self, name: str) -> None:
        assert problems(rule(name, ANY_PATH)) == [
            f"rule {name!r}: name must be a letter and up to 63 letters, digits, dashes and underscores"
        ]

    @pytest.mark.parametrize("priority", [0, 50_001, -1])
    def test_priorities_are_in_the_range_of_aws(self, priority: int) -> None:
        assert problems(rule("a", priority=priority)) == [
            f"rule 'a': priority must be between 1 and 50000, got {priority}"
        ]
        assert problems(rule("a", priority=1), rule("b", priority=50_000)) == []

    def test_the_same_chosen_priority_is_refused_with_both_names(self) -> None:
        assert problems(rule("a", priority=9), rule("b", priority=9)) == [
            "rules 'a' and 'b' both have priority 9: each needs its own"
        ]

    @pytest.mark.parametrize("turned", [False, True])
    def test_a_chosen_priority_that_another_rule_got_from_its_name_is_refused_with_a_free_one(
        self, turned: bool
    ) -> None:
        automatic = rule("a")
        taken = priority_of(automatic)
        chosen = rule("b", priority=taken)
        (found,) = problems(*([chosen, automatic] if turned else [automatic, chosen]))
        said, _, free = found.rpartition(" ")
        assert said == (
            f"rule 'b' has priority {taken}, which rule 'a' got from its name: give 'b' another one, such as"
        )
        assert problems(automatic, rule("b", priority=int(free))) == []

    def test_names_that_lead_to_the_same_priority_are_refused_with_a_free_one(self) -> None:
        seen: dict[int, Rule] = {}
        for number in range(20_000):
            one = rule(f"r{number}")
            other = seen.setdefault(priority_of(one), one)
            if other is not one:
                break
        else:
            pytest.fail("no collision was found")
        (found,) = problems(other, one)
        said, _, free = found.rpartition(" ")
        assert said == (
            f"rules {other.name!r} and {one.name!r} both got priority {priority_of(one)} from their names: rename the "
            "newer of them, or give it a priority of its own, such as"
        )
        assert problems(other, Rule(name=one.name, conditions=one.conditions, priority=int(free))) == []

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ([PathPattern("/a", "/b")], [PathPattern("/b", "/a")]),
            ([HostHeader("A.example.com")], [HostHeader("a.EXAMPLE.com")]),
            ([HttpHeader("X-One", "y")], [HttpHeader("x-one", "Y")]),
            ([HttpMethod("GET"), PathPattern("/a")], [PathPattern("/a"), HttpMethod("GET")]),
            ([PathPattern("/a?*")], [PathPattern("/a*?")]),
            ([PathPattern("/*"), HttpMethod("GET")], [HttpMethod("GET")]),
            ([QueryString(None, "x")], [QueryString("*", "X")]),
        ],
        ids=str,
    )
    def test_the_same_conditions_in_other_words_are_refused(self, one: list[Condition], other: list[Condition]) -> None:
        found = problems(rule("a", *one, priority=1), rule("b", *other, priority=2))
        assert found == ["rules 'a' and 'b' have the same conditions: the second would never apply"]

    def test_conditions_that_differ_in_case_where_it_matters_are_others(self) -> None:
        assert problems(rule("a", PathPattern("/a")), rule("b", PathPattern("/A"))) == []

    def test_a_rule_that_would_never_apply_is_refused(self) -> None:
        api = rule("api", PathPattern("/api/*"), priority=10)
        found = problems(api, rule("admin", PathPattern("/api/admin/*"), HttpMethod("GET"), priority=20))
        assert found == [
            "rule 'admin' (priority 20) would never apply: rule 'api' (priority 10) is tried before it and applies "
            "whenever it does; give 'admin' the lower one"
        ]
        assert problems(api, rule("admin", PathPattern("/api/admin/*"), HttpMethod("GET"), priority=5)) == []
        assert problems(api, rule("other", PathPattern("/other/*"), priority=20)) == []

    def test_everything_wrong_is_said_at_once(self) -> None:
        found = problems(
            Rule(name="1", conditions=[PathPattern("x"), SourceIp("y")], action=FixedResponse(1), priority=0),
            rule("b", HostHeader("localhost")),
        )
        assert [problem.split(":")[1].split()[0] for problem in found] == [
            "name",
            "PathPattern",
            "SourceIp",
            "FixedResponse.status_code",
            "priority",
            "HostHeader",
        ]


def test_settings_may_name_rules_before_the_cdk_is_loaded() -> None:
    modules = ("content_routing", "tls", "stickiness", "health_check", "application_front_options")
    names = ", ".join(f"aws_patterns.load_balancing.{module}" for module in (*modules, "target_group_options"))
    code = f"import sys, {names}\nprint(sorted({{'aws_cdk', 'constructs', 'jsii'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
