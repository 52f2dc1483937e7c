"""What the recovery Region must have before it can take over, because it can't be got on that day. Needs no CDK."""

from __future__ import annotations

from collections.abc import Iterator

from aws_patterns.disaster_recovery.plan import BackedUpTable, RecoveryPlan, ScaledFunction
from aws_patterns.disaster_recovery.regional_place import NeedKind, RegionalNeed

_LAMBDA_QUOTAS = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"
_EC2_QUOTAS = "https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html"
_BOOTSTRAPPING = "https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping.html"
_IMAGES = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/CopyingAMIs.html"
_BACKUP_ENCRYPTION = "https://docs.aws.amazon.com/aws-backup/latest/devguide/encryption.html"
_CERTIFICATES = "https://docs.aws.amazon.com/acm/latest/userguide/acm-regions.html"


def needs_of(plan: RecoveryPlan) -> Iterator[RegionalNeed]:
    """What follows from what a plan scales, restores and moves."""
    region = plan.recovery_region
    yield RegionalNeed(
        kind=NeedKind.ASSET,
        what="The code of all functions, and this template",
        how=f"`cdk deploy` puts them into the bucket that `cdk bootstrap` makes in {region}; nothing is fetched later.",
        source=_BOOTSTRAPPING,
    )
    functions = [part for part in plan.compute if isinstance(part, ScaledFunction)]
    if functions:
        yield RegionalNeed(
            kind=NeedKind.QUOTA,
            what=f"Concurrent executions of Lambda functions: {sum(part.full for part in functions)}, and 100 to spare",
            how=f"Ask for as many in {region} as in the other Region: Service Quotas, Lambda, L-B99A9384.",
            source=_LAMBDA_QUOTAS,
        )
    for fleet in (part for part in plan.compute if not isinstance(part, ScaledFunction)):
        yield RegionalNeed(
            kind=NeedKind.QUOTA,
            what=f"Running On-Demand instances: the vCPUs of {fleet.maximum} instances of {fleet.name}",
            how=f"Ask for as many in {region} as in the other Region: Service Quotas, EC2, L-1216C47A.",
            source=_EC2_QUOTAS,
        )
        yield RegionalNeed(
            kind=NeedKind.IMAGE,
            what=f"The machine image of {fleet.name}",
            how=f"Images belong to one Region: copy your own to {region} with every new version.",
            source=_IMAGES,
        )
    if any(isinstance(part, BackedUpTable) for part in plan.data):
        yield RegionalNeed(
            kind=NeedKind.KEY,
            what="A key for the copies of the backups",
            how=f"The vault in {region} has one of its own: what is copied there is encrypted anew.",
            source=_BACKUP_ENCRYPTION,
        )
    if plan.service_url is not None:
        yield RegionalNeed(
            kind=NeedKind.CERTIFICATE,
            what=f"A certificate for {plan.service_url.removeprefix('https://')}",
            how=f"The stack in {region} has one of its own: certificates belong to one Region.",
            source=_CERTIFICATES,
        )
