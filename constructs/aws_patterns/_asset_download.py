"""Lets instances fetch an asset that they boot with."""

from __future__ import annotations

from typing import cast

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as s3_assets

_VERSION_CHARACTERS = 12


def grant_download(asset: s3_assets.Asset, grantee: iam.IGrantable) -> iam.Grant:
    """Let the role of instances fetch an asset, and nothing else in its bucket.

    Each version of the asset has a policy of its own: CloudFormation deletes the last version's at the end of a
    deployment, so that until then instances can go back to it.
    """
    role = cast("iam.Role", grantee.grant_principal)
    # Inside of the role: what waits for the role waits for the policy too.
    id = f"Download{asset.asset_hash[:_VERSION_CHARACTERS]}"
    known = cast("iam.Policy | None", role.node.try_find_child(id))
    return iam.Grant.add_to_principal(
        grantee=known or iam.Policy(role, id, roles=[role]),
        actions=["s3:GetObject"],
        resource_arns=[asset.bucket.arn_for_objects(asset.s3_object_key)],
    )
