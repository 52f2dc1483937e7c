"""A secret in a template is referred to as on AWS: by its ARN, which policies name."""

from __future__ import annotations

from local_aws.embedded import EmbeddedAws
from local_aws.template_stacks import CreateStack
from tests.local.network_types import get, ref, resource


def template(description: str) -> dict[str, object]:
    return {
        "Resources": {"Secret": resource("SecretsManager::Secret", Description=description, GenerateSecretString={})},
        "Outputs": {"Ref": {"Value": ref("Secret")}, "Id": {"Value": get("Secret", "Id")}},
    }


def test_a_reference_to_a_secret_is_its_arn_for_all_its_life(
    session_aws: EmbeddedAws, create_stack: CreateStack
) -> None:
    secrets = session_aws.client("secretsmanager")
    stack = create_stack(session_aws, "secret-references", template("first"))
    assert stack.settled() == "CREATE_COMPLETE", stack.failures()
    made = stack.outputs()
    assert made["Ref"] == made["Id"] == secrets.describe_secret(SecretId=made["Ref"])["ARN"]
    value = secrets.get_secret_value(SecretId=made["Ref"])["SecretString"]

    assert stack.update(template("second")) == "UPDATE_COMPLETE", stack.failures()

    assert stack.outputs() == made
    assert secrets.describe_secret(SecretId=made["Ref"])["Description"] == "second"
    assert secrets.get_secret_value(SecretId=made["Ref"])["SecretString"] == value
    assert stack.delete() == "DELETE_COMPLETE"
    assert made["Ref"] not in {one["ARN"] for one in secrets.list_secrets()["SecretList"]}
