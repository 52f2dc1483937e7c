"""What a pipeline fetches of what is deployed, and what it says when it can't."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from typer.testing import CliRunner

from aws_patterns.delivery import __main__ as program
from aws_patterns.delivery import deployed_templates as tool

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

TEMPLATE = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
ROLE = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/cdk-hnb659fds-lookup-role-${AWS::AccountId}-${AWS::Region}"


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stack anywhere, and one in a stage for an account and a Region."""
    import aws_cdk as cdk
    from aws_cdk import aws_sns as sns

    folder = tmp_path_factory.mktemp("assembly")
    app = cdk.App(outdir=str(folder), builtin_cloud_formation_validation=False)
    sns.Topic(cdk.Stack(app, "Anywhere"), "Topic")
    stage = cdk.Stage(app, "production", env=cdk.Environment(account="111122223333", region="eu-west-1"))
    sns.Topic(cdk.Stack(stage, "Shop"), "Topic")
    app.synth()
    return folder


@dataclass
class Deployed:
    """CloudFormation that has these stacks, or refuses."""

    stacks: dict[str, object] = field(default_factory=dict)
    refusal: str = ""
    asked: list[str] = field(default_factory=list)

    def client_for(self, stack: tool.SynthesizedStack) -> CloudFormationClient:
        self.asked.append(stack.name)
        client = boto3.Session("test", "test", region_name="eu-west-1").client("cloudformation")
        stubber = Stubber(client)
        expected = {"StackName": stack.name, "TemplateStage": "Original"}
        if self.refusal:
            stubber.add_client_error("get_template", "AccessDenied", self.refusal, expected_params=expected)
        elif stack.name in self.stacks:
            stubber.add_response("get_template", {"TemplateBody": json.dumps(self.stacks[stack.name])}, expected)
        else:
            missing = f"Stack with id {stack.name} does not exist"
            stubber.add_client_error("get_template", "ValidationError", missing, expected_params=expected)
        stubber.activate()
        return client


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Deployed:
    aws = Deployed()
    monkeypatch.setattr(tool, "looking_at", aws.client_for)
    return aws


def run(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(program.app, ["deployed-templates", *map(str, arguments)])
    return done.exit_code, done.output


def test_stacks_of_stages_are_found_with_where_they_are(assembly: Path) -> None:
    anywhere, shop = sorted(tool.stacks_of(assembly), key=lambda stack: stack.name)
    assert (anywhere.name, anywhere.account, anywhere.region) == ("Anywhere", None, None)
    assert anywhere.lookup_role == ROLE
    assert anywhere.template == Path("Anywhere.template.json")
    assert (shop.name, shop.account, shop.region) == ("production-Shop", "111122223333", "eu-west-1")
    assert shop.template.parent == Path("assembly-production")
    assert (assembly / shop.template).is_file()


def test_what_is_deployed_is_written_where_the_synthesized_one_is(
    assembly: Path, deployed: Deployed, tmp_path: Path
) -> None:
    deployed.stacks = {"production-Shop": TEMPLATE}
    code, said = run(assembly, "--to", tmp_path)
    assert code == 0
    (shop,) = (stack for stack in tool.stacks_of(assembly) if stack.name == "production-Shop")
    assert sorted(said.splitlines()) == [
        "Anywhere: not deployed yet",
        f"production-Shop: {tmp_path / shop.template}",
    ]
    assert json.loads((tmp_path / shop.template).read_text()) == TEMPLATE
    assert list(tmp_path.rglob("*.json")) == [tmp_path / shop.template]


def test_what_is_not_deployed_any_more_leaves_no_template(assembly: Path, deployed: Deployed, tmp_path: Path) -> None:
    deployed.stacks = {"Anywhere": TEMPLATE}
    run(assembly, "--to", tmp_path)
    assert (tmp_path / "Anywhere.template.json").exists()
    deployed.stacks = {}
    run(assembly, "--to", tmp_path)
    assert not (tmp_path / "Anywhere.template.json").exists()


def test_a_template_in_another_language_is_told(assembly: Path, deployed: Deployed, tmp_path: Path) -> None:
    deployed.stacks = dict.fromkeys(("Anywhere", "production-Shop"), "Resources: {}")
    code, said = run(assembly, "--to", tmp_path)
    assert code == 1
    first = tool.stacks_of(assembly)[0].name
    assert said == f"The template of {first} is not JSON: it was not deployed by the CDK.\n"


def test_a_refusal_is_told_plainly(assembly: Path, deployed: Deployed, tmp_path: Path) -> None:
    deployed.refusal = "User is not authorized."
    code, said = run(assembly, "--to", tmp_path)
    assert code == 1
    first = tool.stacks_of(assembly)[0].name
    assert said == f"The template of {first} can't be read: User is not authorized.\n"


def test_a_folder_that_is_no_assembly_is_told(tmp_path: Path) -> None:
    code, said = run(tmp_path)
    assert (code, said) == (
        1,
        f"{tmp_path} is no cloud assembly: it has no manifest.json. Run cdk synth first.\n",
    )


class Sts:
    """Gives the role that is asked for, or refuses."""

    def __init__(self, refusal: str = "") -> None:
        self.refusal = refusal
        self.taken: list[str] = []

    def get_caller_identity(self) -> Mapping[str, str]:
        return {"Account": "222233334444"}

    def assume_role(self, *, RoleArn: str, RoleSessionName: str) -> Mapping[str, Any]:  # noqa: N803 - boto3's names
        assert RoleSessionName
        if self.refusal:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": self.refusal}}, "AssumeRole")
        self.taken.append(RoleArn)
        return {"Credentials": {"AccessKeyId": "key", "SecretAccessKey": "secret", "SessionToken": "token"}}


@dataclass
class Made:
    """The clients that were made, and what STS is asked for by them."""

    sts: Sts = field(default_factory=Sts)
    clients: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def client(self, service: str, **options: Any) -> Sts:
        self.clients.append((service, options))
        return self.sts


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Made:
    found = Made()
    monkeypatch.setattr("aws_patterns.delivery.deployed_templates.boto3.client", found.client)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    return found


def stack(account: str | None, region: str | None, role: str | None = ROLE) -> tool.SynthesizedStack:
    return tool.SynthesizedStack(
        name="Shop", template=Path("Shop.template.json"), account=account, region=region, lookup_role=role
    )


@pytest.mark.parametrize(
    ("account", "region", "arn"),
    [
        (
            "111122223333",
            "eu-west-1",
            "arn:aws:iam::111122223333:role/cdk-hnb659fds-lookup-role-111122223333-eu-west-1",
        ),
        (None, None, "arn:aws:iam::222233334444:role/cdk-hnb659fds-lookup-role-222233334444-eu-central-1"),
        (
            "111122223333",
            "cn-north-1",
            "arn:aws-cn:iam::111122223333:role/cdk-hnb659fds-lookup-role-111122223333-cn-north-1",
        ),
    ],
)
def test_it_looks_as_the_lookup_role_of_the_account_and_region(
    made: Made, account: str | None, region: str | None, arn: str
) -> None:
    tool.looking_at(stack(account, region))
    assert made.sts.taken == [arn]
    service, options = made.clients[-1]
    assert (service, options["region_name"]) == ("cloudformation", region or "eu-central-1")
    assert options["aws_session_token"] == "token"


def test_without_a_lookup_role_it_looks_as_itself(made: Made) -> None:
    tool.looking_at(stack(None, None, role=None))
    assert made.clients == [("cloudformation", {"region_name": "eu-central-1"})]


def test_a_refused_role_is_told_with_who_may_take_it(made: Made) -> None:
    made.sts.refusal = "not authorized to perform: sts:AssumeRole"
    with pytest.raises(tool.DeployedTemplatesError) as refused:
        tool.looking_at(stack("111122223333", "eu-west-1"))
    assert str(refused.value) == (
        "The lookup role for Shop can't be taken: not authorized to perform: sts:AssumeRole. GitHubDeployRole's "
        "diff_role may take it; an account has it after cdk bootstrap."
    )


def test_no_region_at_all_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    with pytest.raises(tool.DeployedTemplatesError) as refused:
        tool.looking_at(stack(None, None))
    assert str(refused.value) == "Shop has no Region of its own: set AWS_REGION to where it is deployed."
