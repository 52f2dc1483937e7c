"""What a change of a template does to what is deployed. Needs no CDK.

Two templates in, changes out, one for each resource, each with its effect and what becomes of the data::

    review = review_templates(old, new)           # two templates as dictionaries
    assert not review.data_at_risk, review        # nothing that holds data is replaced, renamed or removed, or may be
    assert not review.ended, review               # nothing at all is
    for change in review.resources:
        change.logical_id, change.type, change.effect, change.stateful, change.data, change.properties
    for finding in review.findings:               # permissions, network, alarms, deletion policies, protection of data
        finding.area, finding.severity, finding.logical_id, finding.text
    print(review)                                 # one line for each

``effect`` is one of ``Effect``: ADDED, IN_PLACE, MAY_BE_REPLACED, REPLACED, RENAMED, REMOVED, ... . Resources under a
condition of CloudFormation's are there or not by the values of its parameters: pass those that the stack is deployed
with, and the review is about what is there; otherwise such a resource "may be" added or removed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from aws_patterns.review._alarms import alarm_findings
from aws_patterns.review._fates import policy_findings
from aws_patterns.review._interface import interface_findings
from aws_patterns.review._network import network_findings
from aws_patterns.review._permissions import permission_findings
from aws_patterns.review._protection import protection_findings
from aws_patterns.review._renames import renamed
from aws_patterns.review._resources import resource_changes
from aws_patterns.review._stack import read_stack
from aws_patterns.review.changes import Area, Finding, Review

if TYPE_CHECKING:
    from aws_patterns.review._stack import Stack


def review_templates(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    *,
    region: str | None = None,
    parameters: Mapping[str, str] | None = None,
) -> Review:
    """What happens when a stack that is deployed by the old template is deployed by the new one.

    Args:
        old: The template that is deployed; ``{}`` where nothing is.
        new: The template to be deployed; ``{}`` where nothing is to be any more.
        region: Where. Default: not known; conditions about the Region may then go either way, and resource types are
            taken as they are in us-east-1.
        parameters: Values that the stack is deployed with. Default: not known. A parameter that only the new template
            has takes its default.

    Returns:
        Changes and findings; empty, and false, when nothing changes. Order of keys, of policy statements and of lists
        in which it means nothing, and ways to write the same value (``Fn::Sub`` and ``Fn::Join``, 1 and "1") are no
        change.
    """
    given = dict(parameters or {})
    before = read_stack(old, parameters=given, region=region)
    after = read_stack(new, parameters={**_defaults_of_new_ones(old, new), **given}, region=region)
    pairs = renamed(before, after)
    found = sorted(_findings(before, after, pairs), key=lambda each: (-each.severity, *_place(each)))
    return Review(resources=resource_changes(before, after, pairs), findings=found)


def _place(finding: Finding) -> tuple[int, str, str]:
    return list(Area).index(finding.area), finding.logical_id, finding.text


def _defaults_of_new_ones(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, str]:
    known = old.get("Parameters", {})
    return {
        name: str(parameter["Default"])
        for name, parameter in new.get("Parameters", {}).items()
        if name not in known and "Default" in parameter
    }


def _findings(old: Stack, new: Stack, renamed: Mapping[str, str]) -> Iterator[Finding]:
    for name, before in old.resources.items():
        after = new.resources.get(renamed.get(name, name))
        if after is not None and before.type == after.type:
            yield from policy_findings(before, after)
    yield from permission_findings(old, new, renamed)
    yield from network_findings(old, new, renamed)
    yield from alarm_findings(old, new, renamed)
    yield from protection_findings(old, new, renamed)
    yield from interface_findings(old, new)
