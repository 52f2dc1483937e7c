"""What an Auto Scaling group does by itself, and may be told to leave. Needs no CDK."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from aws_patterns.compute.scaling_policies import PredictiveMode, PredictiveScaling, ScheduledScaling

if TYPE_CHECKING:
    from aws_patterns._validation import Problems
    from aws_patterns.compute.scaling_policies import ScalingPolicy


class ScalingProcess(StrEnum):
    """A process of a group. Suspending one affects others, and every one stays suspended until somebody resumes it."""

    LAUNCH = "Launch"
    """Starts instances. Without it the fleet only shrinks: what is unhealthy is still ended, and nothing takes its
    place; no policy and no schedule adds anything; zones are not balanced; an instance refresh does nothing, a rolling
    update waits until it fails; instances in standby can't come back."""
    TERMINATE = "Terminate"
    """Ends instances. Without it the fleet only grows: nothing scales in, what is unhealthy stays, balancing zones may
    take it a tenth above its maximum, an instance refresh does nothing, a rolling update waits until it fails."""
    HEALTH_CHECK = "HealthCheck"
    """Asks EC2 and the load balancer how instances are. Without it only ``SetInstanceHealth`` makes one unhealthy."""
    REPLACE_UNHEALTHY = "ReplaceUnhealthy"
    """Replaces what is unhealthy. Without it such an instance stays, and a load balancer leaves it out."""
    AZ_REBALANCE = "AZRebalance"
    """Moves instances to even out the zones after one was away. Without it the loss of the fuller zone costs more."""
    ALARM_NOTIFICATION = "AlarmNotification"
    """Hears alarms. Without it target tracking, step and simple policies do nothing."""
    SCHEDULED_ACTIONS = "ScheduledActions"
    """Runs what is scheduled, the work of predictive policies included."""
    ADD_TO_LOAD_BALANCER = "AddToLoadBalancer"
    """Registers new instances. A trap: those launched meanwhile are *not* registered when it resumes, somebody has to
    do it by hand; with ELB health checks they count as healthy, so the fleet is full and serves with fewer."""
    INSTANCE_REFRESH = "InstanceRefresh"
    """Replaces instances after a change. Without it a refresh waits, and so does a deployment that started it."""


def check_suspended(
    problems: Problems,
    processes: Sequence[ScalingProcess],
    *,
    policies: Sequence[ScalingPolicy] = (),
    name: str = "suspended_processes",
) -> None:
    """Add to ``problems`` what is wrong with suspending these, given the fleet's policies."""
    for process in dict.fromkeys(processes):
        problems.one_of(name, process, tuple(ScalingProcess))
        if processes.count(process) > 1:
            problems.add(f"{name} names {process} {processes.count(process)} times: once is enough")
    idle = {
        ScalingProcess.ALARM_NOTIFICATION: [policy.name for policy in policies if _acts_by_alarm(policy)],
        ScalingProcess.SCHEDULED_ACTIONS: [policy.name for policy in policies if _acts_by_schedule(policy)],
    }
    for process, names in idle.items():
        if process in processes and names:
            problems.add(
                f"{name} must not hold {process} while scaling policies need it, got {', '.join(names)}: "
                "they would never act; leave out the one or the others"
            )


def _acts_by_alarm(policy: ScalingPolicy) -> bool:
    return not isinstance(policy, ScheduledScaling | PredictiveScaling)


def _acts_by_schedule(policy: ScalingPolicy) -> bool:
    if isinstance(policy, PredictiveScaling):
        return policy.mode == PredictiveMode.FORECAST_AND_SCALE
    return isinstance(policy, ScheduledScaling)
