"""What a Network Load Balancer can pass on to an Application Load Balancer. Needs no CDK."""

from __future__ import annotations

from collections.abc import Sequence

from aws_patterns._validation import Problems, is_token
from aws_patterns.load_balancing._network_listener_checks import check_health
from aws_patterns.load_balancing.network_listener_options import HttpHealthCheck


def check_ports(problems: Problems, *, ports: Sequence[int], load_balancers: Sequence[str]) -> None:
    """Add to ``problems`` whatever is wrong with the listeners behind, given by their ports and load balancers."""
    if not ports:
        problems.add("listeners must hold at least one listener of an Application Load Balancer, got none")
    if len(set(load_balancers)) > 1:
        problems.add(
            f"listeners must be of one load balancer, got {len(set(load_balancers))}: give each a front of its own"
        )
    for position, port in enumerate(ports):
        if is_token(port):
            problems.add(f"listeners[{position}].port must be known at synthesis: the front's own has to be the same")
        elif port in ports[:position]:
            problems.add(
                f"listeners[{position}] is on port {port}, as listeners[{list(ports).index(port)}] is: once is enough"
            )


def check_page(problems: Problems, check: HttpHealthCheck) -> None:
    """Add to ``problems`` whatever is wrong with how the load balancer behind is asked."""
    check_health(problems, "health_check", check)
    if check.port is not None:
        problems.add(
            f"health_check.port must be None, got {check.port}: the load balancer behind is asked where it listens"
        )
