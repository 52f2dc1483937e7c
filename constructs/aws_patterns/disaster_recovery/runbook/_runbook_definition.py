"""The state machine of a runbook, as data. Needs no CDK.

Each step is a task that says whether it is done, and is asked again until it is. When it fails for good, what is
half-done is set right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.runbook._runbook_steps import Actor, Step, Steps

State = Mapping[str, object]

_INVOKE = "arn:aws:states:::lambda:invoke"
# A step that would fail in the same way.
_FOR_GOOD = "StepFailedError"
# What Lambda itself may fail with, in its own words.
_LAMBDA_ERRORS = [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.TooManyRequestsException",
]
_BEGIN, _STOP, _BROKEN = "Begin", "Stop: StopSafely", "Broken"


def definition(steps: Steps, *, plan: Mapping[str, object], functions: Mapping[Actor, str]) -> dict[str, object]:
    """The machine in Amazon States Language.

    Args:
        steps: Of the runbook.
        plan: What its functions are told of the workload.
        functions: The ARN of each.
    """
    return _Machine(plan, functions).of(steps)


class _Machine:
    def __init__(self, plan: Mapping[str, object], functions: Mapping[Actor, str]) -> None:
        self._plan = plan
        self._functions = functions

    def of(self, steps: Steps) -> dict[str, object]:
        modes = steps.by_mode()
        first = {mode: _name(mode, each[0]) for mode, each in modes.items()}
        states: dict[str, State] = {
            "Plan": self._start(),
            _BEGIN: self._task(steps.begin(), "Begun?"),
            "Begun?": _choice({"$states.input.refused": "Refused"}, "Which mode?"),
            "Which mode?": _choice({f"$mode = '{mode}'": name for mode, name in first.items()}, "Refused"),
            "Refused": _fail("RunbookRefused", "$string($states.input.result)"),
        }
        for mode, each in modes.items():
            states |= self._chain(mode.capitalize(), [*each, steps.finish()], "Succeeded")
        states |= self._chain("Stop", steps.after_failure(), "Stopped", after_failure=True)
        states |= {
            "Succeeded": {"Type": "Succeed"},
            "Stopped": _fail("RunbookStopped", "$string($states.input.result)"),
            _BROKEN: _fail("RunbookBroken", "$string($states.input)"),
        }
        return {
            "Comment": "Checks, rehearses, moves and brings back a workload",
            "QueryLanguage": "JSONata",
            "TimeoutSeconds": defaults.RUN_TIMEOUT_SECONDS,
            "StartAt": "Plan",
            "States": states,
        }

    def _start(self) -> State:
        given = "$states.context.Execution.Input"
        return {
            "Type": "Pass",
            "Assign": {
                "plan": self._plan,
                "mode": f"{{% $exists({given}.mode) ? $string({given}.mode) : '' %}}",
                "forced": f"{{% {given}.forced = true %}}",
                "reason": f"{{% $exists({given}.reason) ? $string({given}.reason) : '' %}}",
                "execution": "{% $states.context.Execution.Name %}",
                "started": "{% $states.context.Execution.StartTime %}",
                "approved": "",
                "failed_step": "",
                "error": {},
            },
            "Next": _BEGIN,
        }

    def _chain(self, prefix: str, steps: Sequence[Step], end: str, *, after_failure: bool = False) -> dict[str, State]:
        """The states of several steps, one after the other."""
        states: dict[str, State] = {}
        names = [_name(prefix, step) for step in steps] + [end]
        for step, name, following in zip(steps, names, names[1:], strict=False):
            if step.name in {"Finish", "Stopped"}:
                states[name] = self._task(step, following, after_failure=after_failure)
            elif step.name == "Approve":
                states[name] = self._approval(step, following)
            else:
                done, pause = f"{name} done?", f"{name} waits"
                states[name] = self._task(step, done, after_failure=after_failure)
                states[done] = _choice({"$states.input.done": following}, pause)
                states[pause] = {"Type": "Wait", "Seconds": "{% $states.input.wait_seconds %}", "Next": name}
        return states

    def _task(self, step: Step, following: str, *, after_failure: bool = False) -> State:
        return {
            "Type": "Task",
            "Resource": _INVOKE,
            "Arguments": self._arguments(step),
            "Output": f"{{% $states.result.Payload{'.result' if step.name == 'Finish' else ''} %}}",
            # The function's own limit ends it before; this is for what never began.
            "TimeoutSeconds": defaults.RUNBOOK_FUNCTION_TIMEOUT_SECONDS + 15,
            "Retry": [
                {"ErrorEquals": [_FOR_GOOD], "MaxAttempts": 0},
                _retry(["States.ALL"]),
            ],
            "Catch": [_catch_at_the_end()] if after_failure else [_catch(step)],
            "Next": following,
        }

    def _approval(self, step: Step, following: str) -> State:
        arguments = self._arguments(step)
        payload = {**arguments["Payload"], "token": "{% $states.context.Task.Token %}"}  # type: ignore[dict-item] # a mapping
        return {
            "Type": "Task",
            "Resource": f"{_INVOKE}.waitForTaskToken",
            "Arguments": {**arguments, "Payload": payload},
            "Assign": {
                "approved": "{% $exists($states.result.reason) ? $string($states.result.reason) : 'approved' %}"
            },
            "Output": {"done": True},
            "TimeoutSeconds": step.timeout_seconds,
            # Nobody is asked twice because they have not answered.
            "Retry": [_retry(_LAMBDA_ERRORS)],
            "Catch": [_catch(step)],
            "Next": following,
        }

    def _arguments(self, step: Step) -> dict[str, object]:
        return {
            "FunctionName": self._functions[step.actor],
            "Payload": {
                "step": asdict(step, dict_factory=_without_actor),
                "run": {
                    key: f"{{% ${key} %}}" for key in ("execution", "mode", "forced", "reason", "started", "approved")
                },
                "plan": "{% $plan %}",
                "failed_step": "{% $failed_step %}",
                "error": "{% $error %}",
            },
        }


def _without_actor(fields: list[tuple[str, object]]) -> dict[str, object]:
    return {name: value for name, value in fields if name != "actor"}


def _name(prefix: str, step: Step) -> str:
    return f"{prefix.capitalize()}: {step.name}"


def _choice(choices: Mapping[str, str], default: str) -> State:
    return {
        "Type": "Choice",
        "Choices": [{"Condition": f"{{% {condition} %}}", "Next": name} for condition, name in choices.items()],
        "Default": default,
    }


def _fail(error: str, cause: str) -> State:
    return {"Type": "Fail", "Error": error, "Cause": f"{{% {cause} %}}"}


def _retry(errors: list[str]) -> dict[str, object]:
    return {
        "ErrorEquals": errors,
        "IntervalSeconds": defaults.STEP_RETRY_SECONDS,
        "MaxAttempts": defaults.STEP_ATTEMPTS,
        "BackoffRate": defaults.STEP_RETRY_BACKOFF,
        "JitterStrategy": "FULL",
    }


def _catch(step: Step) -> dict[str, object]:
    return {
        "ErrorEquals": ["States.ALL"],
        "Assign": {"failed_step": step.name, "error": "{% $states.errorOutput %}"},
        "Output": {},
        "Next": _STOP,
    }


def _catch_at_the_end() -> dict[str, object]:
    return {"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput %}", "Next": _BROKEN}
