"""What others give to a stack, and take from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from aws_patterns.review._values import references, shown
from aws_patterns.review.changes import Area, Finding, Severity

if TYPE_CHECKING:
    from aws_patterns.review._stack import Stack


# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
_CONSTRAINTS = ("AllowedPattern", "AllowedValues", "MaxLength", "MaxValue", "MinLength", "MinValue")


def interface_findings(old: Stack, new: Stack) -> Iterator[Finding]:
    """Parameters that have to be given, or that a deployed stack has otherwise; exports that end."""
    before, after = (stack.template.get("Parameters", {}) for stack in (old, new))
    for name, parameter in after.items():
        if name in before:
            yield from _changed(name, before[name], parameter)
        elif "Default" not in parameter and old.template:
            yield _finding(name, "parameter has to be given", Severity.LOOK)
    yield from _rules(old, new)
    exports = dict(_exports(new))
    for name, value in _exports(old):
        if name not in exports:
            text = "export removed: CloudFormation refuses it while another stack imports it"
            yield _finding(name, text, Severity.LOOK)
        elif exports[name] != value:
            text = f"export changed: {shown(value)} -> {shown(exports[name])}; refused while another stack imports it"
            yield _finding(name, text, Severity.LOOK)


def _changed(name: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Finding]:
    if before.get("Type") != after.get("Type"):
        yield _finding(name, f"parameter has another type: {before.get('Type')} -> {after.get('Type')}", Severity.LOOK)
    was, will_be = (shown(each["Default"]) if "Default" in each else "none" for each in (before, after))
    if was != will_be:
        # https://docs.aws.amazon.com/cdk/v2/guide/parameters.html: `cdk deploy` keeps the values of a deployed stack.
        text = f"default {was} -> {will_be}: a deployed stack keeps its value unless it is given another one"
        yield _finding(name, text, Severity.NOTE)
    for constraint in _CONSTRAINTS:
        if constraint in after and before.get(constraint) != after[constraint]:
            was, will_be = (shown(each[constraint]) if constraint in each else "none" for each in (before, after))
            text = f"{constraint} {was} -> {will_be}: an update is refused while the deployed value does not meet it"
            yield _finding(name, text, Severity.LOOK)


def _rules(old: Stack, new: Stack) -> Iterator[Finding]:
    """Of those that say something of values that the deployed stack has."""
    before, deployed = old.template.get("Rules", {}), set(old.template.get("Parameters", {}))
    for name, rule in new.template.get("Rules", {}).items():
        if rule != before.get(name) and deployed & set(references(rule)):
            told = "; ".join(str(each.get("AssertDescription", "")) for each in rule.get("Assertions", []))
            yield _finding(name, f"rule on parameters, or an update is refused: {told or shown(rule)}", Severity.LOOK)


def _exports(stack: Stack) -> Iterator[tuple[str, Any]]:
    for output in stack.template.get("Outputs", {}).values():
        if "Export" in output:
            name = stack.spelling.plain(output["Export"].get("Name", ""))
            yield shown(name), stack.spelling.plain(output.get("Value"))


def _finding(name: str, text: str, severity: Severity) -> Finding:
    return Finding(area=Area.INTERFACE, severity=severity, logical_id=name, text=text)
