"""A workload that is there only while its Region is needed: its template is deployed, its resources are not made.

The runbook makes them with an update of the deployed stack that changes parameters alone: template and assets have been
in the Region since the deployment, and nothing of another Region is asked.
"""

from __future__ import annotations

from collections.abc import Sequence

import jsii
from aws_cdk import Aspects, CfnCondition, CfnParameter, CfnResource, Fn, IAspect, Stack
from constructs import Construct, IConstruct

# What the runbook knows them by (lambda_src/recovery_runbook).
RUNNING_PARAMETER = "WorkloadRunning"
RUNNING, NOT_RUNNING = "yes", "no"
_CONDITION = "WorkloadIsRunning"
# They cost nothing while they are empty; made anew with each drill, they would pile up.
_ALWAYS = ("AWS::Logs::LogGroup",)


def restored_parameter(id: str) -> str:
    """The parameter that holds the name of a table, which is another one once it was restored."""
    return f"Restored{id}Name"


def restored_as(table_name: str) -> str:
    """What the names look like under which the runbook restores a table."""
    return f"{table_name}-restored-*"


class RestoredNames:
    """The names of tables that may have been restored, as parameters of a stack."""

    def __init__(self, scope: Construct) -> None:
        self._stack = Stack.of(scope)

    def __call__(self, id: str, default: str) -> str:
        """The name of the table, as a token."""
        known = self._stack.node.try_find_child(restored_parameter(id))
        parameter = known or CfnParameter(
            self._stack,
            restored_parameter(id),
            type="String",
            default=default,
            description="Written by the recovery runbook: the table to work with",
        )
        assert isinstance(parameter, CfnParameter)  # noqa: S101 - for the type checker
        return parameter.value_as_string


def is_free(scope: Construct) -> bool:
    """Whether no other workload of this stack waits for its restore: both would be started by one parameter."""
    return Stack.of(scope).node.try_find_child(RUNNING_PARAMETER) is None


def make_only_while_running(
    scope: Construct, parts: Sequence[Construct], *, always: Sequence[IConstruct]
) -> CfnCondition:
    """Let what is inside of ``parts`` exist only while a parameter of the stack says so, all but ``always``."""
    stack = Stack.of(scope)
    parameter = CfnParameter(
        stack,
        RUNNING_PARAMETER,
        type="String",
        default=NOT_RUNNING,
        allowed_values=[RUNNING, NOT_RUNNING],
        description="Written by the recovery runbook: whether the workload is in this Region",
    )
    condition = CfnCondition(stack, _CONDITION, expression=Fn.condition_equals(parameter.value_as_string, RUNNING))
    kept = tuple(construct.node.path for construct in always)
    for part in parts:
        Aspects.of(part).add(_OnlyIf(condition, kept))
    return condition


@jsii.implements(IAspect)
class _OnlyIf:
    """Gives resources a condition. An aspect, because grants made later add policies to what is there already."""

    def __init__(self, condition: CfnCondition, kept: Sequence[str]) -> None:
        self._condition = condition
        self._kept = kept

    def visit(self, node: IConstruct) -> None:
        if not isinstance(node, CfnResource) or node.cfn_resource_type in _ALWAYS or self._is_kept(node.node.path):
            return
        node.cfn_options.condition = self._condition

    def _is_kept(self, path: str) -> bool:
        return any(path == kept or path.startswith(f"{kept}/") for kept in self._kept)
