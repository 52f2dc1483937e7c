"""The health of what alias records lead to, as far as AWS tells it: load balancers'. All else counts as healthy.

Source: https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html
"""

from __future__ import annotations

from local_aws.launcher import hooks
from local_aws.launcher.balancing import health
from local_aws.launcher.hooks import Record
from local_aws.launcher.regions.reachability import REGIONS


def is_healthy(host: str) -> bool:
    """Whether the load balancer with this name can serve; true of everything else."""
    host = host.removeprefix("dualstack.")
    for (account, region, _), balancer in hooks.scoped(hooks.BALANCERS).all_items():
        if str(balancer.get("DNSName", "")).lower() == host:
            with hooks.scope(account, region):
                return not REGIONS.is_lost(region) and _has_healthy_targets(balancer)
    return True


def _has_healthy_targets(balancer: Record) -> bool:
    """In each of its target groups that has any."""
    groups = [
        group
        for group in hooks.store(hooks.TARGET_GROUPS).values()
        if balancer["LoadBalancerArn"] in group.get("LoadBalancerArns", ())
    ]
    targets = {group["TargetGroupArn"]: hooks.lists(hooks.TARGETS).get(group["TargetGroupArn"], []) for group in groups}
    counted = [group for group in groups if targets[group["TargetGroupArn"]]]
    return bool(counted) and all(
        any(health.state_of(target, group)[0] == "healthy" for target in targets[group["TargetGroupArn"]])
        for group in counted
    )
