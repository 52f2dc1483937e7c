"""A workload that is there only while its Region is needed: its template is deployed, its resources are not made.

The runbook makes them with an update of the deployed stack that changes parameters alone: template and assets have been
in the Region since the deployment, and nothing of another Region is asked. Other strategies keep the parameters that
name tables: what they hold tells them whether the workload works with a table that its stack did not make.
"""

from __future__ import annotations

from collections.abc import Sequence

import jsii
from aws_cdk import Aspects, CfnCondition, CfnParameter, CfnResource, CfnRule, CfnRuleAssertion, Fn, IAspect, Stack
from constructs import Construct, IConstruct

# What the runbook knows them by (lambda_src/recovery_runbook).
RUNNING_PARAMETER = "WorkloadRunning"
RUNNING, NOT_RUNNING = "yes", "no"
_CONDITION = "WorkloadIsRunning"
# What a parameter has in its context, where it is there for the rule alone: the names that are allowed.
_AS_MADE = "aws-patterns:names-as-made"
# They cost nothing while they are empty; made anew with each drill, they would pile up.
_ALWAYS = ("AWS::Logs::LogGroup",)


def restored_parameter(id: str) -> str:
    """The parameter that holds the name of a table, which is another one once it was restored."""
    return f"Restored{id}Name"


def restored_as(table_name: str) -> str:
    """What the names look like under which the runbook restores a table."""
    return f"{table_name}-restored-*"


class _TableNames:
    """The names of tables, and the parameters of a stack that hold them.

    Args:
        subject: What is being built, as errors name it.
    """

    def __init__(self, scope: Construct, subject: str) -> None:
        self._stack = Stack.of(scope)
        self._subject = subject

    def _known(self, id: str) -> CfnParameter | None:
        found = self._stack.node.try_find_child(restored_parameter(id))
        assert found is None or isinstance(found, CfnParameter)  # noqa: S101 - for the type checker
        return found

    def _made(self, id: str, default: str) -> CfnParameter:
        return CfnParameter(
            self._stack,
            restored_parameter(id),
            type="String",
            default=default,
            description="Written by the recovery runbook: the table to work with",
        )

    def _taken(self, id: str) -> ValueError:
        return ValueError(
            f"{self._subject} can't be built:\n"
            f"  - the table {id} must have another id, or be in another stack: a workload of this stack has a table of "
            f"that id, which backup and restore would restore, and {restored_parameter(id)} can name only one of them"
        )


class RestoredNames(_TableNames):
    """Of tables that may have been restored."""

    def __call__(self, id: str, default: str) -> str:
        """The name of the table, as a token."""
        known = self._known(id)
        if known is not None and known.default != default:
            raise self._taken(id)
        return (known or self._made(id, default)).value_as_string


class NamesAsMade(_TableNames):
    """Of tables that are never restored: a stack that works with a restored one refuses to be updated."""

    def __call__(self, id: str, default: str) -> str:
        """The name as it is."""
        known = self._known(id)
        allowed = known.node.try_get_context(_AS_MADE) if known else []
        if allowed is None:
            raise self._taken(id)
        parameter = known or self._made(id, default)
        # Workloads that share a stack share the parameter: the table of none of them was restored.
        names = list(dict.fromkeys([*allowed, default]))
        parameter.node.set_context(_AS_MADE, names)
        why = (
            f"This stack works with a table that was restored, and this strategy would go back to {default}: copy "
            f"what the restored one holds into {default}, then deploy with {restored_parameter(id)}={default}"
        )
        rule = f"{id}IsNotRestored"
        self._stack.node.try_remove_child(rule)
        as_made = Fn.condition_contains(names, parameter.value_as_string)
        CfnRule(self._stack, rule, assertions=[CfnRuleAssertion(assert_=as_made, assert_description=why)])
        return default


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
