from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stacks.settings import delivery_pipeline as module
from stacks.settings.delivery_pipeline import DeliveryPipelineSettings


@pytest.fixture
def elsewhere(tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with environments of its own."""
    (tmp_path / "cdk.json").write_text((project / "cdk.json").read_text())
    (tmp_path / "environments").mkdir()
    monkeypatch.setattr(module, "_PROJECT", tmp_path)
    return tmp_path / "environments"


def test_as_it_comes_it_delivers_to_two_environments_and_asks_before_production() -> None:
    settings = DeliveryPipelineSettings()
    assert settings.problems() == []
    staging, production = settings.delivery_environments(settings.requests())
    assert (staging.name, staging.approval, staging.account) == ("staging", False, None)
    assert (production.name, production.approval) == ("production", True)
    assert staging.smoke_test is not None
    assert staging.smoke_test.outputs == {"URL": "PetCuddleOTron.SiteUrl"}
    assert staging.smoke_test.commands[0].endswith('"${URL%/}/"')


def test_each_environment_has_settings_of_its_own(elsewhere: Path) -> None:
    (elsewhere / "production.toml").write_text(
        'account = "222233334444"\nregion = "eu-central-1"\nthrottle_rate = 50\n[tags]\ncost = "shop"\n'
    )
    settings = DeliveryPipelineSettings(rollback_alarms=("Errors",), alarm_minutes=5)
    assert settings.problems() == []
    requests = settings.requests()
    staging, production = settings.delivery_environments(requests)
    assert (staging.account, staging.region) == (None, None)
    assert (production.account, production.region) == ("222233334444", "eu-central-1")
    assert production.rollback_alarms == ("Errors",)
    rates = {name: getattr(request.stacks[0][1], "throttle_rate", None) for name, request in requests.items()}
    assert rates["production"] == 50 != rates["staging"]
    assert requests["production"].app.tags == {"cost": "shop"}


def test_a_mistake_in_an_environment_is_told_with_the_others(elsewhere: Path) -> None:
    (elsewhere / "staging.toml").write_text('region = "Europe"\n')
    (elsewhere / "production.toml").write_text("throttle_rate = -1\n")
    problems = DeliveryPipelineSettings(approvals=("live",)).problems()
    assert problems[0] == "approvals must be among environments, got 'live'"
    assert problems[1] == (
        "environments names 'staging', of which region must be a Region's code such as eu-west-1, got 'Europe' "
        f"(from {elsewhere / 'staging.toml'}, region)"
    )
    assert problems[2].startswith("environments names 'production', of which throttle_rate must be ")
    assert len(problems) == 3


def test_nothing_is_asked_for_where_no_path_is_named() -> None:
    settings = DeliveryPipelineSettings(delivered=("OrderFanout",), smoke_test_path="")
    assert settings.problems() == []
    assert {each.smoke_test for each in settings.delivery_environments(settings.requests())} == {None}


def test_what_data_would_be_lost_by_stops_the_pipeline() -> None:
    assert DeliveryPipelineSettings().commands().review[-1].endswith("--fail-on data-loss")


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"repository": "shop"}, "repository must be owner and name such as acme/shop, got 'shop'"),
        ({"delivered": ()}, "delivered must name at least one stack"),
        ({"environments": ("staging", "Staging"), "approvals": ()}, "environments must differ from the others, got"),
        ({"environments": ("build",), "approvals": ()}, "environments must not be that of one of the pipeline's own"),
        ({"environments": (), "approvals": ()}, "environments must be 1 to 20, got 0"),
        ({"smoke_test_path": "health"}, "smoke_test_path must begin with a slash, got 'health'"),
        (
            {"smoke_test_output": "Shop.Url"},
            "smoke_test_output must be an output of a stack that is delivered, such as PetCuddleOTron.Url, got "
            "'Shop.Url'",
        ),
        ({"smoke_test_output": "PetCuddleOTron"}, "smoke_test_output must be a stack's output such as Shop.SiteUrl"),
        ({"rollback_alarms": ("",)}, "rollback_alarms must be the name of an alarm, got ''"),
        ({"alarm_minutes": 0}, "alarm_minutes must be between 1 and 1440 minutes, got 0 minutes"),
        ({"connection_arn": "x"}, "connection_arn must look like arn:aws:codeconnections:"),
    ],
)
def test_a_setting_that_can_not_be_used_is_named(values: dict[str, Any], complaint: str) -> None:
    (found,) = DeliveryPipelineSettings(**values).problems()
    assert found.startswith(complaint)


@pytest.mark.parametrize("name", ["DeliveryPipeline", "PetCuddle"])
def test_only_other_stacks_are_delivered(name: str) -> None:
    (found,) = DeliveryPipelineSettings(delivered=(name,)).problems()
    assert found.startswith("delivered must name some of PetCuddleOTron, ")
    assert found.endswith(f"; got {name!r}")
