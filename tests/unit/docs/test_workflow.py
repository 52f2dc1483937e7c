"""The diagram of a state machine says what its definition says."""

from __future__ import annotations

from docs.generate.workflow import draw

_STATES = {
    "Wait": {"Type": "Wait", "SecondsPath": "$.waitSeconds", "Next": "Which?"},
    "Which?": {
        "Type": "Choice",
        "Choices": [
            {"Variable": "$.size", "NumericGreaterThanEquals": 3, "Next": "Both"},
            {"QueryLanguage": "JSONata", "Condition": "{% $states.input.small %}", "Next": "Send"},
        ],
        "Default": "Refused",
    },
    "Send": {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sns:publish",
        "Retry": [{"ErrorEquals": ["Slow"], "MaxAttempts": 4}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Refused"}],
        "Next": "Done",
    },
    "Both": {
        "Type": "Parallel",
        "Branches": [
            {"StartAt": "Send", "States": {"Send": {"Type": "Pass", "End": True}}},
            {"StartAt": "Keep", "States": {"Keep": {"Type": "Pass", "End": True}}},
        ],
        "Next": "Done",
    },
    "Refused": {"Type": "Fail", "Error": "NotPossible"},
    "Done": {"Type": "Succeed"},
}


def test_every_way_through_the_machine_is_told() -> None:
    _, spoken = draw({"StartAt": "Wait", "States": _STATES})
    assert spoken == (
        "Starts with Wait. Both runs Send. Both runs Keep. Wait to Which?. Which? to Both: size \u2265 3. "
        "Which? to Send: input.small. Which? to Refused: otherwise. Send to Done. Send to Refused: any error. "
        "Both to Done."
    )


def test_retries_are_shown_at_the_state_that_is_retried() -> None:
    dot, _ = draw({"StartAt": "Wait", "States": _STATES})
    assert '"Send\\nsns:publish\\n\u21bb retried up to 4 times"' in dot
    assert dot.count("retried") == 1


def test_what_follows_an_error_looks_different() -> None:
    dot, _ = draw({"StartAt": "Wait", "States": _STATES})
    dashed = [line for line in dot.splitlines() if "->" in line and "dashed" in line]
    assert len(dashed) == 1
    assert "any error" in dashed[0]


def test_states_of_one_name_in_two_branches_are_two_states() -> None:
    dot, _ = draw({"StartAt": "Wait", "States": _STATES})
    assert len([line for line in dot.splitlines() if '"Send' in line]) == 2
