"""The templates that are deployed, for what was synthesized: what a review compares with. An operator's tool."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

_STACK = "aws:cloudformation:stack"
_ASSEMBLY = "cdk:cloud-assembly"
_PLACE = re.compile(r"aws://(?P<account>[^/]+)/(?P<region>.+)", re.ASCII)
_UNKNOWN = "unknown-"
_SESSION = "template-review"


class DeployedTemplatesError(RuntimeError):
    """Templates can't be had; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SynthesizedStack:
    """A stack of a cloud assembly.

    Attributes:
        name: As it is deployed.
        template: Its file, relative to the assembly.
        account: Where it is deployed; ``None`` where the credentials say so.
        region: Where it is deployed; ``None`` where the environment says so.
        lookup_role: ARN of the role by which ``cdk bootstrap`` lets others look; ``None`` without.
    """

    name: str
    template: Path
    account: str | None
    region: str | None
    lookup_role: str | None


def stacks_of(assembly: Path) -> list[SynthesizedStack]:
    """The stacks of a cloud assembly, those of its stages among them.

    Raises:
        DeployedTemplatesError: The folder is none.
    """
    manifest = assembly / "manifest.json"
    if not manifest.is_file():
        raise DeployedTemplatesError(f"{assembly} is no cloud assembly: it has no manifest.json. Run cdk synth first.")
    return list(_stacks_in(assembly, Path()))


def save_deployed(
    stacks: Sequence[SynthesizedStack],
    folder: Path,
    *,
    client_for: Callable[[SynthesizedStack], CloudFormationClient] | None = None,
) -> Iterator[tuple[SynthesizedStack, bool]]:
    """Write each stack's template as it is deployed, by the name that it has in the assembly.

    Args:
        stacks: Of ``stacks_of``.
        folder: Where to; what was written there before is written over.
        client_for: Gives the way to a stack's account and Region. Default: by its lookup role.

    Yields:
        Each stack, and whether it is deployed: for one that is not, nothing is written.

    Raises:
        DeployedTemplatesError: AWS refuses, or can't be reached.
    """
    # There to be compared with, even while nothing is deployed.
    folder.mkdir(parents=True, exist_ok=True)
    for stack in stacks:
        template = _deployed(stack, (client_for or looking_at)(stack))
        file = folder / stack.template
        if template is None:
            file.unlink(missing_ok=True)
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(template, indent=1) + "\n")
        yield stack, template is not None


def looking_at(stack: SynthesizedStack) -> CloudFormationClient:
    """CloudFormation where the stack is, as the lookup role of ``cdk bootstrap``.

    Raises:
        DeployedTemplatesError: The role is refused.
    """
    region = stack.region or boto3.session.Session().region_name
    if region is None:
        raise DeployedTemplatesError(f"{stack.name} has no Region of its own: set AWS_REGION to where it is deployed.")
    if stack.lookup_role is None:
        return boto3.client("cloudformation", region_name=region)
    try:
        sts = boto3.client("sts", region_name=region)
        account = stack.account or sts.get_caller_identity()["Account"]
        partition = boto3.session.Session().get_partition_for_region(region)
        arn = stack.lookup_role
        for name, value in (("Partition", partition), ("AccountId", account), ("Region", region)):
            arn = arn.replace(f"${{AWS::{name}}}", value)
        session = sts.assume_role(RoleArn=arn, RoleSessionName=_SESSION)["Credentials"]
    except (ClientError, BotoCoreError) as error:
        raise DeployedTemplatesError(
            f"The lookup role for {stack.name} can't be taken: {_plainly(error)} "
            "GitHubDeployRole's diff_role may take it; an account has it after cdk bootstrap."
        ) from error
    return boto3.client(
        "cloudformation",
        region_name=region,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )


def _stacks_in(assembly: Path, below: Path) -> Iterator[SynthesizedStack]:
    artifacts = json.loads((assembly / below / "manifest.json").read_text()).get("artifacts", {})
    for id, artifact in artifacts.items():
        properties = artifact.get("properties", {})
        if artifact["type"] == _ASSEMBLY:
            yield from _stacks_in(assembly, below / properties["directoryName"])
        elif artifact["type"] == _STACK:
            place = _PLACE.fullmatch(artifact["environment"])
            yield SynthesizedStack(
                name=properties.get("stackName", id),
                template=below / properties["templateFile"],
                account=_known(place and place["account"]),
                region=_known(place and place["region"]),
                lookup_role=properties.get("lookupRole", {}).get("arn"),
            )


def _known(value: str | None) -> str | None:
    return None if value is None or value.startswith(_UNKNOWN) else value


def _deployed(stack: SynthesizedStack, client: CloudFormationClient) -> Mapping[str, object] | None:
    try:
        body: object = client.get_template(StackName=stack.name, TemplateStage="Original")["TemplateBody"]
        # boto3 reads JSON itself, and leaves everything else as text.
    except ClientError as error:
        if "does not exist" in error.response["Error"].get("Message", ""):
            return None
        raise DeployedTemplatesError(f"The template of {stack.name} can't be read: {_plainly(error)}") from error
    except BotoCoreError as error:
        raise DeployedTemplatesError(f"The template of {stack.name} can't be read: {_plainly(error)}") from error
    if not isinstance(body, dict):
        raise DeployedTemplatesError(f"The template of {stack.name} is not JSON: it was not deployed by the CDK.")
    return body


def _plainly(error: Exception) -> str:
    if isinstance(error, ClientError):
        return f"{error.response['Error'].get('Message', error.response['Error']['Code']).rstrip('.')}."
    return f"{str(error).rstrip('.')}."
