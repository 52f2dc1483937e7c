"""A fleet that is scaled by memory measures it."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Template

from aws_patterns.compute._scaling_metrics import OF_FLEET
from aws_patterns.compute.memory_agent import install_memory_agent
from aws_patterns.compute.scaling_policies import FleetMetric


@pytest.fixture
def script(stack: cdk.Stack) -> str:
    user_data = ec2.UserData.for_linux()
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
    install_memory_agent(user_data=user_data, role=role)
    return str(user_data.render())


def configuration(script: str) -> Any:
    found = re.search(r"<<'CONFIGURATION'\n(.*)\nCONFIGURATION", script, re.DOTALL)
    assert found
    return json.loads(found[1])


def test_the_agent_reports_the_metric_that_policies_are_about_for_the_whole_fleet(script: str) -> None:
    metrics = configuration(script)["metrics"]
    policy = OF_FLEET[FleetMetric.MEMORY]
    assert metrics["namespace"] == policy.namespace
    assert metrics["metrics_collected"] == {"mem": {"measurement": [policy.metric_name]}}
    assert metrics["aggregation_dimensions"] == [["AutoScalingGroupName"]]
    assert metrics["append_dimensions"] == {"AutoScalingGroupName": "${aws:AutoScalingGroupName}"}


def test_the_script_is_one_and_leaves_the_agents_own_placeholders_alone(script: str) -> None:
    lines = script.splitlines()
    assert lines[0] == "#!/bin/bash"
    begin = next(number for number, line in enumerate(lines) if line.startswith("cat > "))
    end = lines.index("CONFIGURATION")
    document = ["cat <<'CONFIGURATION'", *lines[begin + 1 : end + 1]]
    subprocess.run(["bash", "-n"], input=script, text=True, check=True, timeout=30)
    written = subprocess.run(
        ["bash"], input="\n".join(document), text=True, check=True, capture_output=True, timeout=30
    ).stdout
    assert json.loads(written) == configuration(script)
    assert "file:/opt/aws/amazon-cloudwatch-agent/etc/fleet-memory.json" in lines[end + 1]


def test_the_instances_may_report_into_the_agents_namespace_and_read_tags(stack: cdk.Stack, script: str) -> None:
    (policy,) = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
    assert policy["Properties"]["PolicyDocument"]["Statement"] == [
        {
            "Action": "cloudwatch:PutMetricData",
            "Condition": {"StringEquals": {"cloudwatch:namespace": "CWAgent"}},
            "Effect": "Allow",
            "Resource": "*",
        },
        {"Action": "ec2:DescribeTags", "Effect": "Allow", "Resource": "*"},
    ]
