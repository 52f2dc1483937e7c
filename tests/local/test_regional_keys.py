"""Keys and a secret of two Regions, deployed by the real ``cdk deploy``: what one Region wrote, the other reads."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from botocore.exceptions import ClientError

from local_aws.project import REGION

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

    from local_aws.embedded import EmbeddedAws

ELSEWHERE = "eu-west-1"
STACKS = ("KeysPrimary", "KeysReplica", "KeysSecret")
ALIAS = "alias/letters"
SECRET = "letters/token"
APP = """
import sys

sys.path[:0] = [LIBRARY, FUNCTIONS]
import aws_cdk as cdk
from aws_patterns.security.encryption_key import EncryptionKey
from aws_patterns.security.regional_keys import RegionalKeyPrimary, RegionalKeyReplica
from aws_patterns.security.regional_secret import RegionalSecret

app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
here, there = (cdk.Environment(region=region) for region in REGIONS)
primary, replica, secret = cdk.Stack(app, "KeysPrimary", env=here), cdk.Stack(app, "KeysReplica", env=there), cdk.Stack(
    app, "KeysSecret", env=here
)
replica.add_stack_dependency(primary)
secret.add_stack_dependency(replica)
key = RegionalKeyPrimary(primary, "Key", alias="letters")
copy = RegionalKeyReplica(replica, "Key", alias="letters", primary_region=REGIONS[0])
alone = EncryptionKey(primary, "Alone", alias="letters-here")
RegionalSecret(
    secret,
    "Token",
    name="letters/token",
    replica_regions=[REGIONS[1]],
    fields={"user": "postman"},
    replica_key_alias="letters",
    never_rotated=True,
)
cdk.CfnOutput(primary, "PrimaryArn", value=key.key.key_arn)
cdk.CfnOutput(primary, "AloneArn", value=alone.key.key_arn)
cdk.CfnOutput(replica, "ReplicaArn", value=copy.key.key_arn)
app.synth()
"""


class Keys(NamedTuple):
    """Both Regions, deployed."""

    aws: EmbeddedAws
    outputs: Mapping[str, str]

    def kms(self, region: str) -> KMSClient:
        return self.aws.clients_in(region)("kms")

    def secrets(self, region: str) -> SecretsManagerClient:
        return self.aws.clients_in(region)("secretsmanager")

    def encrypted(self, text: str, key: str = ALIAS, *, region: str = REGION) -> bytes:
        return self.kms(region).encrypt(KeyId=key, Plaintext=text.encode())["CiphertextBlob"]

    def decrypted(self, blob: bytes, *, region: str) -> str:
        return self.kms(region).decrypt(CiphertextBlob=blob)["Plaintext"].decode()

    def secret(self, region: str) -> str:
        return self.secrets(region).get_secret_value(SecretId=SECRET)["SecretString"]


@pytest.fixture(scope="module")
def keys(session_aws: EmbeddedAws, project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keys]:
    """The stacks as a production has them; what they encrypted is still read when they have been destroyed."""
    folder = tmp_path_factory.mktemp("keys")
    code = APP.replace("LIBRARY", repr(str(project / "constructs"))).replace(
        "FUNCTIONS", repr(str(project / "lambda_src"))
    )
    (folder / "app.py").write_text(code.replace("REGIONS", repr((REGION, ELSEWHERE))))
    app = shlex.join([sys.executable, "app.py"])
    outputs = session_aws.deploy(*STACKS, app=app, folder=folder, regions=[ELSEWHERE])
    deployed = Keys(session_aws, outputs)
    letter, token = deployed.encrypted("Dear Whiskers"), deployed.secret(REGION)
    yield deployed
    session_aws.destroy(*STACKS, app=app, folder=folder)
    for region in (REGION, ELSEWHERE):
        assert deployed.decrypted(letter, region=region) == "Dear Whiskers"
        assert deployed.secret(region) == token
        deployed.secrets(REGION).describe_secret(SecretId=SECRET)


def test_the_replica_is_the_same_key_in_another_region(keys: Keys) -> None:
    primary, replica = keys.outputs["PrimaryArn"], keys.outputs["ReplicaArn"]
    assert replica == primary.replace(REGION, ELSEWHERE)
    kinds = {}
    for region, arn in ((REGION, primary), (ELSEWHERE, replica)):
        found = keys.kms(region).describe_key(KeyId=ALIAS)["KeyMetadata"]
        assert found["Arn"] == arn, "each Region knows it by the same name"
        kinds[region] = found["MultiRegionConfiguration"]["MultiRegionKeyType"]
    assert kinds == {REGION: "PRIMARY", ELSEWHERE: "REPLICA"}


@pytest.mark.parametrize(("writes", "reads"), [(REGION, ELSEWHERE), (ELSEWHERE, REGION)])
def test_what_one_region_encrypted_the_other_reads_by_itself(keys: Keys, writes: str, reads: str) -> None:
    assert keys.decrypted(keys.encrypted("Meow", region=writes), region=reads) == "Meow"


def test_a_key_of_one_region_is_of_no_use_elsewhere(keys: Keys) -> None:
    blob = keys.encrypted("Meow", keys.outputs["AloneArn"])
    assert keys.decrypted(blob, region=REGION) == "Meow"
    with pytest.raises(ClientError):
        keys.decrypted(blob, region=ELSEWHERE)


def test_the_key_material_changes_every_year(keys: Keys) -> None:
    for arn in (keys.outputs["PrimaryArn"], keys.outputs["AloneArn"]):
        status = keys.kms(REGION).get_key_rotation_status(KeyId=arn)
        assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 365)


def test_a_secret_has_one_name_and_one_value_in_both_regions(keys: Keys) -> None:
    assert '"user": "postman"' in keys.secret(REGION)
    assert keys.secret(ELSEWHERE) == keys.secret(REGION)
    copy = keys.secrets(ELSEWHERE).describe_secret(SecretId=SECRET)
    original = keys.secrets(REGION).describe_secret(SecretId=SECRET)
    assert copy["ARN"] == original["ARN"].replace(REGION, ELSEWHERE)
    assert copy["KmsKeyId"] == ALIAS
    assert copy["PrimaryRegion"] == REGION


def test_a_secret_that_is_changed_is_changed_in_both_regions_and_nowhere_else(keys: Keys) -> None:
    before = keys.secret(REGION)
    keys.secrets(REGION).put_secret_value(SecretId=SECRET, SecretString="another")
    assert keys.secret(ELSEWHERE) == "another"
    with pytest.raises(ClientError):
        keys.secrets(ELSEWHERE).put_secret_value(SecretId=SECRET, SecretString="a third")
    keys.secrets(REGION).put_secret_value(SecretId=SECRET, SecretString=before)
