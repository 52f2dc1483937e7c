"""A pipeline is drawn with what each of its stages does, in order."""

from __future__ import annotations

from docs.generate.delivery import draw


def action(name: str, category: str = "Build", order: int = 1) -> dict[str, object]:
    return {"Name": name, "ActionTypeId": {"Category": category}, "RunOrder": order}


STAGES: list[dict[str, object]] = [
    {"Name": "Build", "Actions": [action("Synth")]},
    {"Name": "Assets", "Actions": [action(f"Asset{number}") for number in range(5)]},
    {
        "Name": "production",
        "Actions": [
            action("Try", order=4),
            action("Shop.Prepare", "Deploy", 2),
            action("Shop.Deploy", "Deploy", 3),
            action("Approve", "Approval"),
        ],
        "OnFailure": {"Result": "ROLLBACK"},
    },
]


def test_what_a_stage_does_is_told_in_order() -> None:
    _, words = draw(STAGES)
    assert words == (
        "Build: Synth. Assets: 5 side by side. "
        "production: a person agrees, deploy Shop, Try, \u21ba goes back when that fails."
    )


def test_one_stage_leads_to_the_next() -> None:
    drawn, _ = draw(STAGES)
    assert [line for line in drawn.splitlines() if "->" in line] == ["s1 -> s2", "s2 -> s3"]


def test_a_stage_that_waits_for_somebody_looks_different_from_one_that_deploys_at_once() -> None:
    without = [{**STAGES[2], "Actions": [action("Shop.Deploy", "Deploy")]}]
    color = "#7136c9"
    assert color in draw([STAGES[2]])[0]
    assert color not in draw(without)[0]
