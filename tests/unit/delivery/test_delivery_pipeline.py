"""What happens to a commit, in which order, and what stops it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ssm as ssm
from aws_cdk.assertions import Match, Template

from aws_patterns.delivery import _defaults as defaults
from aws_patterns.delivery.delivery_pipeline import DeliveryPipeline
from aws_patterns.delivery.delivery_pipeline_options import DeliveryEnvironment, PipelineCommands, SmokeTest

PIPELINE = "AWS::CodePipeline::Pipeline"
PROJECT = "AWS::CodeBuild::Project"
COMMANDS = PipelineCommands(
    install=["make install"],
    synth=["make synth"],
    checks={"Test": ["make test"], "Lint": ["make lint"]},
    review=["make review"],
)
STAGING = DeliveryEnvironment(
    name="staging", smoke_test=SmokeTest(commands=['curl --fail "$URL"'], outputs={"URL": "Shop.Url"})
)
PRODUCTION = DeliveryEnvironment(name="production", approval=True, rollback_alarms=["Errors", "Latency"])


def shop(stage: cdk.Stage, environment: DeliveryEnvironment) -> None:
    stack = cdk.Stack(stage, "Shop")
    parameter = ssm.StringParameter(stack, "Parameter", string_value=environment.name)
    cdk.CfnOutput(stack, "Url", value=parameter.parameter_name)


def new_stack(scope: Any = None, name: str = "S") -> cdk.Stack:
    env = cdk.Environment(account="111122223333", region="eu-west-1")
    return cdk.Stack(scope or cdk.App(builtin_cloud_formation_validation=False), name, env=env)


def build(stack: cdk.Stack | None = None, id: str = "Delivery", **props: Any) -> DeliveryPipeline:
    given = {
        "repository": "acme/shop",
        "commands": COMMANDS,
        "environments": [STAGING, PRODUCTION],
        "build_stage": shop,
        **props,
    }
    return DeliveryPipeline(stack or new_stack(), id, **given)


@pytest.fixture(scope="module")
def template() -> Template:
    delivery = build()
    return Template.from_stack(cdk.Stack.of(delivery))


def pipeline(template: Template) -> Mapping[str, Any]:
    (found,) = template.find_resources(PIPELINE).values()
    return dict(found["Properties"])


def stage(template: Template, name: str) -> Mapping[str, Any]:
    (found,) = (each for each in pipeline(template)["Stages"] if each["Name"] == name)
    return dict(found)


def actions(template: Template, name: str) -> list[str]:
    return [each["Name"] for each in sorted(stage(template, name)["Actions"], key=lambda each: each["RunOrder"])]


def build_of(template: Template, id: str) -> Mapping[str, Any]:
    (found,) = (
        each["Properties"]
        for name, each in template.find_resources(PROJECT).items()
        if name.removeprefix("DeliveryPipeline").startswith(id)
    )
    return {**found, "phases": json.loads(found["Source"]["BuildSpec"])["phases"]}


def statements(template: Template, id: str) -> Sequence[Mapping[str, Any]]:
    (found,) = (
        each["Properties"]["PolicyDocument"]["Statement"]
        for name, each in template.find_resources("AWS::IAM::Policy").items()
        if name.removeprefix("DeliveryPipeline").startswith(id)
    )
    return list(found)


def test_it_changes_itself_and_is_checked_before_anything_is_deployed(template: Template) -> None:
    assert [each["Name"] for each in pipeline(template)["Stages"]] == [
        "Source",
        "Build",
        "UpdatePipeline",
        "Checks",
        "staging",
        "production",
    ]
    assert sorted(actions(template, "Checks")) == ["Lint", "Review", "Test"]
    assert {each["RunOrder"] for each in stage(template, "Checks")["Actions"]} == {1}, "side by side"
    assert actions(template, "UpdatePipeline") == ["SelfMutate"]


def test_it_is_of_the_second_type_and_a_newer_commit_takes_an_olders_place(template: Template) -> None:
    found = pipeline(template)
    assert (found["PipelineType"], found["ExecutionMode"]) == ("V2", "SUPERSEDED")
    assert found["RestartExecutionOnUpdate"] is True


def test_every_machine_types_what_was_chosen(template: Template) -> None:
    for id, typed in (
        ("BuildSynth", "make synth"),
        ("ChecksTest", "make test"),
        ("ChecksLint", "make lint"),
        ("ChecksReview", "make review"),
    ):
        phases = build_of(template, id)["phases"]
        assert phases["install"]["commands"][-1:] == ["make install"]
        assert typed in phases["build"]["commands"]


def test_checks_have_the_source_and_what_was_synthesized(template: Template) -> None:
    (check,) = (each for each in stage(template, "Checks")["Actions"] if each["Name"] == "Review")
    assert check["Configuration"]["PrimarySource"] == "acme_shop_Source"
    assert [each["Name"] for each in check["InputArtifacts"]] == ["acme_shop_Source", "Synth_Output"]


def test_the_cli_is_pinned_to_the_one_that_reads_what_was_written(template: Template, project: Path) -> None:
    pinned = json.loads((project / "package.json").read_text())["devDependencies"]["aws-cdk"]
    assert pinned == defaults.CDK_CLI_VERSION
    installed = build_of(template, "UpdatePipelineSelfMutation")["phases"]["install"]["commands"]
    assert f"npm install -g aws-cdk@{pinned}" in installed


def test_an_environment_is_approved_then_deployed_then_tried(template: Template) -> None:
    assert actions(template, "staging") == ["Shop.Prepare", "Shop.Deploy", "SmokeTest"]
    assert actions(template, "production") == ["Approve", "Shop.Prepare", "Shop.Deploy"]
    phases = build_of(template, "stagingSmokeTest")["phases"]
    assert phases["build"]["commands"] == ['curl --fail "$URL"']
    (test,) = (each for each in stage(template, "staging")["Actions"] if each["Name"] == "SmokeTest")
    (variable,) = json.loads(test["Configuration"]["EnvironmentVariables"])
    assert (variable["name"], variable["value"].split(".")[-1]) == ("URL", "Url}")


def test_an_environment_that_fails_goes_back(template: Template) -> None:
    assert stage(template, "staging")["OnFailure"] == {"Result": "ROLLBACK"}
    assert stage(template, "production")["OnFailure"] == {"Result": "ROLLBACK"}
    assert "OnFailure" not in stage(template, "Checks")


def test_an_alarm_after_a_deployment_takes_it_back(template: Template) -> None:
    assert "OnSuccess" not in stage(template, "staging")
    (condition,) = stage(template, "production")["OnSuccess"]["Conditions"]
    assert condition["Result"] == "ROLLBACK"
    assert [rule["Configuration"] for rule in condition["Rules"]] == [
        {"AlarmName": "Errors", "WaitTime": "20"},
        {"AlarmName": "Latency", "WaitTime": "20"},
    ]
    assert {rule["RuleTypeId"]["Provider"] for rule in condition["Rules"]} == {"CloudWatchAlarm"}
    (watching,) = (each for each in statements(template, "Role") if each["Action"] == "cloudwatch:DescribeAlarms")
    assert json.dumps(watching["Resource"]).count(":cloudwatch:eu-west-1:111122223333:alarm:") == 2


def test_artifacts_are_encrypted_with_a_key_of_their_own(template: Template) -> None:
    store = pipeline(template)["ArtifactStore"]
    (key,) = template.find_resources("AWS::KMS::Key")
    assert store["EncryptionKey"] == {"Id": {"Fn::GetAtt": [key, "Arn"]}, "Type": "KMS"}
    for project in template.find_resources(PROJECT).values():
        assert project["Properties"]["EncryptionKey"] == {"Fn::GetAtt": [key, "Arn"]}


def test_the_machine_that_builds_may_touch_nothing_but_its_artifacts_and_logs(template: Template) -> None:
    services = {
        action.partition(":")[0]
        for statement in statements(template, "BuildSynth")
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    assert services == {"s3", "kms", "logs", "codebuild"}
    assert not [each for each in statements(template, "ChecksTest") if "sts:AssumeRole" in each["Action"]]


def test_the_review_looks_and_no_more(template: Template) -> None:
    taken = [each for each in statements(template, "ChecksReview") if each["Action"] == "sts:AssumeRole"]
    assert [each["Resource"] for each in taken] == [
        {
            "Fn::Join": [
                "",
                [
                    "arn:",
                    {"Ref": "AWS::Partition"},
                    ":iam::111122223333:role/cdk-hnb659fds-lookup-role-111122223333-eu-west-1",
                ],
            ]
        }
    ]


def test_the_review_looks_likewise_where_only_another_stack_was_asked_for() -> None:
    """The CDK CLI then says which stacks have to be bundled, and this is none of them."""
    app = cdk.App(builtin_cloud_formation_validation=False, context={"aws:cdk:bundling-stacks": ["Another"]})
    template = Template.from_stack(cdk.Stack.of(build(new_stack(app))))
    looking = [each for each in statements(template, "ChecksReview") if each["Action"] == "sts:AssumeRole"]
    assert "role/cdk-hnb659fds-lookup-role-111122223333-eu-west-1" in json.dumps(looking)


def test_other_accounts_and_regions_are_deployed_to_by_their_own_roles() -> None:
    delivery = build(
        environments=[
            DeliveryEnvironment(name="production", account="222233334444", region="eu-central-1", approval=True)
        ]
    )
    assert delivery.stages["production"].region == "eu-central-1"
    template = Template.from_stack(cdk.Stack.of(delivery))
    stores = pipeline(template)["ArtifactStores"]
    assert sorted(store["Region"] for store in stores) == ["eu-central-1", "eu-west-1"]
    assert all(store["ArtifactStore"]["EncryptionKey"]["Type"] == "KMS" for store in stores)
    deployment = next(each for each in stage(template, "production")["Actions"] if each["Name"].endswith("Prepare"))
    assert deployment["Region"] == "eu-central-1"
    assert "role/cdk-hnb659fds-deploy-role-222233334444-eu-central-1" in json.dumps(deployment["RoleArn"])
    looking = [each for each in statements(template, "ChecksReview") if each["Action"] == "sts:AssumeRole"]
    assert "lookup-role-222233334444-eu-central-1" in json.dumps(looking)


def test_a_connection_to_github_is_made_for_somebody_to_complete(template: Template) -> None:
    template.has_resource_properties(
        "AWS::CodeConnections::Connection", {"ConnectionName": "shop", "ProviderType": "GitHub"}
    )
    (source,) = stage(template, "Source")["Actions"]
    assert source["Configuration"]["FullRepositoryId"] == "acme/shop"
    assert source["Configuration"]["BranchName"] == "main"


def test_a_connection_that_exists_is_used() -> None:
    arn = "arn:aws:codeconnections:eu-west-1:111122223333:connection/0a1b2c3d"
    delivery = build(connection_arn=arn, branch="release")
    template = Template.from_stack(cdk.Stack.of(delivery))
    template.resource_count_is("AWS::CodeConnections::Connection", 0)
    (source,) = stage(template, "Source")["Actions"]
    assert (source["Configuration"]["ConnectionArn"], source["Configuration"]["BranchName"]) == (arn, "release")
    assert delivery.connection is None


def test_without_checks_there_is_no_stage_for_them() -> None:
    delivery = build(commands=PipelineCommands(synth=["make synth"]))
    names = [each["Name"] for each in pipeline(Template.from_stack(cdk.Stack.of(delivery)))["Stages"]]
    assert names == ["Source", "Build", "UpdatePipeline", "staging", "production"]


def test_what_was_built_is_kept_unless_it_is_said_otherwise() -> None:
    kept, gone = build(), build(removal_policy=cdk.RemovalPolicy.DESTROY)
    for delivery, policy in ((kept, "Retain"), (gone, "Delete")):
        template = Template.from_stack(cdk.Stack.of(delivery))
        for kind in ("AWS::S3::Bucket", "AWS::KMS::Key"):
            template.all_resources(kind, Match.object_like({"DeletionPolicy": policy}))


def test_machines_give_up_in_time() -> None:
    template = Template.from_stack(cdk.Stack.of(build(build_timeout_minutes=7, alarm_minutes=3)))
    assert build_of(template, "ChecksTest")["TimeoutInMinutes"] == 7
    (condition,) = stage(template, "production")["OnSuccess"]["Conditions"]
    assert condition["Rules"][0]["Configuration"]["WaitTime"] == "3"


def test_two_pipelines_live_in_one_stack_and_in_a_stage() -> None:
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = new_stack(cdk.Stage(app, "Tools"), "S")
    build(stack, "One")
    build(stack, "Two", repository="acme/stock")
    Template.from_stack(stack).resource_count_is(PIPELINE, 2)


def test_an_output_that_no_stack_has_is_told() -> None:
    wrong = DeliveryEnvironment(
        name="staging", smoke_test=SmokeTest(commands=["true"], outputs={"URL": "Shop.Address"})
    )
    with pytest.raises(ValueError, match="can't be built") as refused:
        build(environments=[wrong])
    assert str(refused.value) == (
        "DeliveryPipeline S/Delivery can't be built:\n  - smoke_test.outputs names Shop.Address, which environment "
        "staging does not have; it has Shop.Url"
    )


@pytest.mark.parametrize(
    ("props", "problems"),
    [
        (
            {"repository": "shop", "branch": "", "connection_arn": "arn:aws:s3:::x"},
            [
                "repository must be owner and name such as acme/shop, got 'shop'",
                "branch must name the branch whose commits are deployed, got ''",
                "connection_arn must look like arn:aws:codeconnections:eu-west-1:111122223333:connection/..., got "
                "'arn:aws:s3:::x'",
            ],
        ),
        (
            {"commands": PipelineCommands(synth=[], checks={"a b": [], "Review": ["x"]})},
            [
                "commands.synth must hold at least one command that leaves the cloud assembly in cdk.out",
                "commands.checks must have titles of 1 to 30 letters, digits and dashes that begin with a letter, got "
                "'a b'",
                "commands.checks['a b'] must hold at least one command",
                "commands.checks must not have the title Review: that is commands.review",
            ],
        ),
        ({"environments": []}, ["environments must be 1 to 20, got 0"]),
        (
            {
                "environments": [
                    DeliveryEnvironment(name="1st"),
                    DeliveryEnvironment(name="Assets"),
                    DeliveryEnvironment(name="test", account="1", region="Europe", rollback_alarms=[""]),
                    DeliveryEnvironment(name="Test", smoke_test=SmokeTest(commands=[], outputs={"site-url": "Shop"})),
                ],
                "build_timeout_minutes": 4,
                "alarm_minutes": 1441,
            },
            [
                "build_timeout_minutes must be between 5 and 480 minutes, got 4 minutes",
                "alarm_minutes must be between 1 and 1440 minutes, got 1441 minutes",
                "environments[0].name must be 1 to 30 letters, digits and dashes and begin with a letter, got '1st'",
                "environments[1].name must not be that of one of the pipeline's own stages, got 'Assets'",
                "environments[2].account must be 12 digits, got '1'",
                "environments[2].region must be a Region's code such as eu-west-1, got 'Europe'",
                "environments[2].rollback_alarms[0] must be the name of an alarm, got ''",
                "environments[3].name must differ from the others, got 'Test' again",
                "environments[3].smoke_test.commands must hold at least one command",
                "environments[3].smoke_test.outputs must fill variables called like SITE_URL: letters, digits and "
                "underscores, got 'site-url'",
                "environments[3].smoke_test.outputs['site-url'] must be a stack's output such as Shop.SiteUrl, got "
                "'Shop'",
            ],
        ),
    ],
)
def test_every_problem_is_told_at_once(props: Mapping[str, Any], problems: Sequence[str]) -> None:
    with pytest.raises(ValueError, match="can't be built") as refused:
        build(**props)
    assert str(refused.value) == "\n  - ".join(["DeliveryPipeline S/Delivery can't be built:", *problems])
