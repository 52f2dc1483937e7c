"""What may be wrong with rules of an Application Load Balancer, one by one and together. Needs no CDK."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from aws_patterns._validation import Problems, is_token
from aws_patterns.load_balancing import _defaults as defaults
from aws_patterns.load_balancing._rule_patterns import covers
from aws_patterns.load_balancing._rule_priorities import band_of, priority_of
from aws_patterns.load_balancing._rule_values import check_header_name, check_value, wildcards

if TYPE_CHECKING:
    from aws_patterns.load_balancing.content_routing import Condition, Rule

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_ONCE_PER_RULE = ("path", "host", "method", "source")


def check_rule(problems: Problems, rule: Rule, *, https: bool) -> None:
    """Add to ``problems`` whatever is wrong with one rule."""
    name = f"rule {rule.name!r}"
    if not _NAME.fullmatch(rule.name):
        problems.add(f"{name}: name must be a letter and up to 63 letters, digits, dashes and underscores")
    _check_number_of_conditions(problems, name, rule.conditions)
    for condition in rule.conditions:
        _check_condition(problems, f"{name}: {type(condition).__name__}", condition)
    rule.action.check(problems, f"{name}: {type(rule.action).__name__}", https=https)
    if rule.priority is not None:
        problems.between(f"{name}: priority", rule.priority, 1, defaults.LAST_PRIORITY)
    elif not _is_known(rule):
        problems.add(
            f"{name}: priority must be given, as a value of its conditions is known only at deployment: how narrow "
            "it is can't be seen"
        )


def _check_number_of_conditions(problems: Problems, name: str, conditions: Sequence[Condition]) -> None:
    if not conditions:
        problems.add(f"{name}: conditions must hold at least one, got none: what has none is the default action")
    kinds = Counter(type(condition) for condition in conditions if condition.subject in _ONCE_PER_RULE)
    for kind, count in kinds.items():
        if count > 1:
            problems.add(f"{name}: conditions may hold one {kind.__name__}, got {count}: give one of them every value")
    values = [value for condition in conditions for value in condition.values]
    if len(values) > defaults.VALUES_PER_RULE:
        problems.add(
            f"{name}: conditions may compare with {defaults.VALUES_PER_RULE} values in all, got {len(values)}: make "
            "it two rules"
        )
    keys = [key for condition in conditions if (key := getattr(condition, "key", None))]
    found = sum(wildcards(value) for value in (*values, *keys) if not is_token(value))
    if found > defaults.WILDCARDS_PER_RULE:
        problems.add(
            f"{name}: conditions may hold {defaults.WILDCARDS_PER_RULE} wildcards in all, got {found}: make it two "
            "rules, or one value less precise"
        )


def _check_condition(problems: Problems, name: str, condition: Condition) -> None:
    if not condition.values:
        problems.add(f"{name} must hold at least one value, got none")
    header = getattr(condition, "name", None)
    if header is not None:
        check_header_name(problems, f"{name}.name", header)
    key = getattr(condition, "key", None)
    if key is not None:
        check_value(problems, condition.subject, f"{name}.key", key)
    for value in condition.values:
        check_value(problems, condition.subject, name, value)


def _is_known(rule: Rule) -> bool:
    texts = [
        text
        for condition in rule.conditions
        for text in (*condition.values, getattr(condition, "key", None), getattr(condition, "name", None))
    ]
    return not any(is_token(text) for text in texts)


def check_together(problems: Problems, rules: Sequence[Rule]) -> None:
    """Add to ``problems`` what rules that are right one by one do to each other."""
    if len(rules) > defaults.RULES_PER_LOAD_BALANCER:
        problems.add(
            f"rules may hold {defaults.RULES_PER_LOAD_BALANCER}, the quota of a load balancer, got {len(rules)}: join "
            "those that lead to the same place, or have the quota raised and use a second load balancer meanwhile"
        )
    priorities = [priority_of(rule) for rule in rules]
    for (one, of_one), (other, of_other) in combinations(zip(rules, priorities, strict=True), 2):
        if of_one == of_other:
            _add_collision(problems, one, other, taken=priorities)
        elif _is_known(one) and _is_known(other):
            first, second = (one, other) if of_one < of_other else (other, one)
            _check_order(problems, first, second)


def _check_order(problems: Problems, first: Rule, second: Rule) -> None:
    asked, asked_later = ([condition.facet for condition in rule.conditions] for rule in (first, second))
    if not covers(asked, asked_later):
        return
    if covers(asked_later, asked):
        problems.add(f"rules {first.name!r} and {second.name!r} have the same conditions: the second would never apply")
        return
    problems.add(
        f"rule {second.name!r} (priority {priority_of(second)}) would never apply: rule {first.name!r} (priority "
        f"{priority_of(first)}) is tried before it and applies whenever it does; give {second.name!r} the lower one"
    )


def _add_collision(problems: Problems, one: Rule, other: Rule, *, taken: Sequence[int]) -> None:
    """Say which rules have the same priority, and how one of them gets another."""
    priority = priority_of(one)
    if one.priority is not None and other.priority is not None:
        problems.add(f"rules {one.name!r} and {other.name!r} both have priority {priority}: each needs its own")
        return
    automatic, moving = (other, one) if one.priority is not None else (one, other)
    free = band_of(automatic).free(taken)
    hint = "" if free is None else f", such as {free}"
    if moving.priority is not None:
        problems.add(
            f"rule {moving.name!r} has priority {priority}, which rule {automatic.name!r} got from its name: give "
            f"{moving.name!r} another one{hint}"
        )
    else:
        problems.add(
            f"rules {one.name!r} and {other.name!r} both got priority {priority} from their names: rename the newer "
            f"of them, or give it a priority of its own{hint}"
        )
