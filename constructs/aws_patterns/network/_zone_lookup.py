"""Keeps ``ec2.Vpc`` from asking for the names of an account's Availability Zones during synthesis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import jsii
from aws_cdk import Stack, Token
from constructs import Construct, Node


@contextmanager
def zones_known_as(zones: Sequence[str], scope: Construct) -> Iterator[None]:
    """Let the stack of ``scope`` answer with ``zones`` what it would otherwise have the CDK CLI look up.

    ``ec2.Vpc`` compares the zones that it is given with those of its stack. In a stack with account and Region that
    makes the CLI call AWS, although nothing of the answer is used. Context is where the stack looks first; afterwards
    it is as it was, so that whatever else is in the stack is not concerned. What is in the context already (as in
    ``cdk.context.json``) is left to say whether the zones exist.
    """
    stack = Stack.of(scope)
    if Token.is_unresolved(stack.account) or Token.is_unresolved(stack.region):
        yield
        return
    key = f"availability-zones:account={stack.account}:region={stack.region}"
    if stack.node.try_get_context(key) is not None:
        yield
        return
    _set_context(stack, key, list(zones))
    try:
        yield
    finally:
        _set_context(stack, key, None)


def _set_context(stack: Stack, key: str, value: object) -> None:
    """Context may be set only where there are no children, so these step aside and come back in their order."""
    children = stack.node.children
    for child in children:
        stack.node.try_remove_child(child.node.id)
    stack.node.set_context(key, value)
    for child in children:
        # Not Node(...), which asks Python for the child's type, and an imported resource has none that it knows.
        jsii.create(Node, Node.__new__(Node), [child, stack, child.node.id])
