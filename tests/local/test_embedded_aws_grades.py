"""Grades: what a local deployment proves is never overstated, and no type is forgotten."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from local_aws.catalogue import further, template_file
from local_aws.grades import GRADES, grade, grade_template
from local_aws.project import ROOT, Workspace
from local_aws.report import show_grades
from stacks.registry import STACKS

PROVISIONED = """
import json
from local_aws.launcher import hooks
from local_aws.launcher.added_types import ADDED_TYPES
print(json.dumps(sorted({*hooks.resource_handlers(), *ADDED_TYPES})))
"""


def test_every_type_with_something_behind_it_is_graded(run_in_launcher: Callable[[str], str]) -> None:
    provisioned = set(json.loads(run_in_launcher(PROVISIONED))) - {"AWS::CDK::Metadata"}

    assert len(provisioned) > 200
    assert [name for name in sorted(provisioned) if grade(name).grade == "recorded"] == []


def test_an_unknown_type_is_recorded() -> None:
    assert grade("AWS::Budgets::Budget").grade == "recorded"


def test_what_belongs_to_a_network_load_balancer_carries_no_traffic() -> None:
    prefix = "AWS::ElasticLoadBalancingV2::"
    resources = {
        "Application": {"Type": f"{prefix}LoadBalancer", "Properties": {"Type": "application"}},
        "Default": {"Type": f"{prefix}TargetGroup", "Properties": {"Protocol": "HTTP"}},
        "Network": {"Type": f"{prefix}LoadBalancer", "Properties": {"Type": "network"}},
        "Tcp": {"Type": f"{prefix}TargetGroup", "Properties": {"Protocol": "TCP"}},
        "Tls": {"Type": f"{prefix}Listener", "Properties": {"Protocol": "TLS"}},
    }

    graded = grade_template({"Resources": resources})

    assert graded.types["executes"] == {f"{prefix}LoadBalancer": 1, f"{prefix}TargetGroup": 1}
    names = ("Listener", "LoadBalancer", "TargetGroup")
    assert graded.types["API-backed"] == {f"{prefix}{name}": 1 for name in names}
    assert graded.reason("API-backed", f"{prefix}Listener").endswith("carries no traffic")
    assert graded.reason("executes", f"{prefix}TargetGroup").startswith("routes by rules and weights")


def test_the_resources_of_a_template_are_counted_by_grade() -> None:
    types = [
        "AWS::SQS::Queue",
        "AWS::SQS::Queue",
        "AWS::Lambda::Function",
        "AWS::EC2::NatGateway",
        "AWS::Budgets::Budget",
        "Custom::Anything",
        "AWS::CDK::Metadata",
    ]

    graded = grade_template({"Resources": {f"R{number}": {"Type": name} for number, name in enumerate(types)}})

    assert graded.types == {
        "executes": {"AWS::Lambda::Function": 1, "AWS::SQS::Queue": 2, "Custom::Anything": 1},
        "API-backed": {"AWS::EC2::NatGateway": 1},
        "recorded": {"AWS::Budgets::Budget": 1},
    }
    assert graded.count("executes") == 4


def test_no_name_is_cut_off_however_narrow_the_terminal(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.assembly.mkdir()
    stacks = [entry.name for entry in STACKS]
    for stack in (*stacks, *further(stacks, ROOT)):
        template_file(stack, workspace.assembly).write_text(json.dumps({"Resources": {}}))

    def shown(width: int) -> str:
        output = io.StringIO()
        show_grades(stacks, workspace, Console(file=output, width=width))
        return output.getvalue()

    for width in (40, 80):
        assert [name for name in [*stacks, *GRADES] if name not in shown(width)] == []
    assert max(map(len, shown(80).splitlines())) <= 80
