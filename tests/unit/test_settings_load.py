from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pytest

from stacks.registry import StackEntry
from stacks.settings.load import Request, SettingsError, read_request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class OneSettings:
    sender: str
    rate: float = 5.0
    channels: tuple[str, ...] = ("email", "sms")
    removal_policy: Literal["retain", "destroy"] = "retain"

    def problems(self) -> list[str]:
        found = [] if "@" in self.sender else [f"sender must hold an @, got {self.sender!r}"]
        return found if self.rate > 0 else [*found, f"rate must be more than 0, got {self.rate:g}"]


@dataclass(frozen=True, kw_only=True, slots=True)
class TwoSettings:
    size: int = 1
    removal_policy: Literal["retain", "destroy"] = "retain"

    def problems(self) -> list[str]:
        return []


ENTRIES = tuple(
    StackEntry(name=name, summary="", stack_class="", settings_class=f"{__name__}:{name}Settings", grade="executes")
    for name in ("One", "Two")
)


class Person:
    """Somebody who gives settings in every way there is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cdk_json({"aws_patterns": {"sender": "cats@example.com"}})

    def cdk_json(self, context: object) -> None:
        (self.folder / "cdk.json").write_text(json.dumps({"app": "x", "context": context}))

    def file(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text)
        return str(self.folder / name)

    def asks(self, *arguments: str, environment: Mapping[str, str] | None = None) -> Request:
        return read_request(ENTRIES, arguments=arguments, environment=environment or {}, project=self.folder)

    def asks_through_cdk(self, context: Mapping[str, object]) -> Request:
        """As the CLI does it: cdk.json's context and every -c in one variable."""
        merged = json.loads((self.folder / "cdk.json").read_text())["context"] | dict(context)
        return self.asks(environment={"CDK_CONTEXT_JSON": json.dumps(merged)})

    def is_told(self, ask: Callable[[], Request]) -> list[str]:
        with pytest.raises(SettingsError) as error:
            ask()
        first, *lines = str(error.value).replace(str(self.folder), "FOLDER").splitlines()
        assert first == "The settings can't be used:"
        return [line.removeprefix("  - ") for line in lines if line.startswith("  - ")]


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


def one(request: Request) -> OneSettings:
    (settings,) = [settings for _, settings in request.stacks if isinstance(settings, OneSettings)]
    return settings


def two(request: Request) -> TwoSettings:
    (settings,) = [settings for _, settings in request.stacks if isinstance(settings, TwoSettings)]
    return settings


def test_everything_is_built_with_defaults_when_nothing_is_asked_for(person: Person) -> None:
    request = person.asks()
    assert [entry.name for entry, _ in request.stacks] == ["One", "Two"]
    assert one(request) == OneSettings(sender="cats@example.com")
    assert two(request) == TwoSettings()


@pytest.mark.parametrize("names", ["Two", " Two ", "Two,", "Two Two"])
def test_only_the_stacks_that_are_asked_for_are_built(person: Person, names: str) -> None:
    assert [entry.name for entry, _ in person.asks("-c", f"stacks={names}").stacks] == ["Two"]


@pytest.mark.parametrize("names", ["Two One", "One,Two", ["Two", "One"]])
def test_stacks_can_be_listed_with_blanks_or_commas_or_as_a_list(person: Person, names: object) -> None:
    request = person.asks_through_cdk({"stacks": names})
    assert [entry.name for entry, _ in request.stacks] == ["One", "Two"]


def test_the_command_line_beats_the_file_which_beats_cdk_json_which_beats_the_default(person: Person) -> None:
    file = person.file("s.toml", 'rate = 3\nchannels = ["sms"]\n')
    person.cdk_json({"aws_patterns": {"rate": 4, "channels": ["fax"], "sender": "cats@example.com"}})
    settings = one(person.asks("-c", "rate=2", "-c", f"settings={file}"))
    assert settings == OneSettings(rate=2, channels=("sms",), sender="cats@example.com", removal_policy="retain")


def test_what_is_given_for_one_stack_beats_what_is_given_for_all_in_the_same_place(person: Person) -> None:
    request = person.asks("-c", "One.removal_policy=destroy", "-c", "removal_policy=retain")
    assert (one(request).removal_policy, two(request).removal_policy) == ("destroy", "retain")
    person.cdk_json({"aws_patterns": {"One": {"sender": "one@example.com"}, "sender": "all@example.com"}})
    assert one(person.asks()).sender == "one@example.com"


def test_what_is_given_for_all_beats_what_a_weaker_place_gives_for_one_stack(person: Person) -> None:
    person.cdk_json({"aws_patterns": {"One": {"sender": "one@example.com"}}})
    assert one(person.asks("-c", "sender=me@example.com")).sender == "me@example.com"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("s.toml", 'size = 7\n[One]\nsender = "me@example.org"\n[tags]\nteam = "cats"\n'),
        ("s.json", '{"size": 7, "One": {"sender": "me@example.org"}, "tags": {"team": "cats"}}'),
    ],
)
def test_a_settings_file_is_toml_or_json(person: Person, name: str, text: str) -> None:
    request = person.asks("-c", f"settings={person.file(name, text)}")
    assert (two(request).size, one(request).sender, request.app.tags) == (7, "me@example.org", {"team": "cats"})


def test_the_cdk_cli_gives_the_same_as_the_app_by_itself(person: Person) -> None:
    person.cdk_json({"aws_patterns": {"sender": "me@example.org"}, "@aws-cdk/core:flag": True})
    by_cli = person.asks_through_cdk({"rate": "2", "Two.size": "3"})
    by_itself = person.asks("-c", "rate=2", "-c", "Two.size=3")
    assert (by_cli.app, by_cli.stacks) == (by_itself.app, by_itself.stacks)


def test_context_too_large_for_a_variable_is_read_from_the_file_the_cli_names(person: Person) -> None:
    overflow = person.file("overflow.json", json.dumps({"sender": "late@example.org"}))
    environment = {"CDK_CONTEXT_JSON": "{}", "CONTEXT_OVERFLOW_LOCATION_ENV": overflow}
    assert one(person.asks(environment=environment)).sender == "late@example.org"


def test_the_cdks_own_context_reaches_the_cdk_and_is_never_taken_for_a_setting(person: Person) -> None:
    theirs = {
        "@aws-cdk/core:target-partitions": ["aws"],
        "availability-zones:account=1:region=eu-west-1": ["a"],
        "aws:cdk:enable-path-metadata": False,
        "vpc-provider:account=1": {"vpcId": "vpc-1"},
        "cli-telemetry": False,
        "acknowledged-issue-numbers": [1],
    }
    person.cdk_json({"aws_patterns": {"sender": "me@example.org"}, **theirs})
    assert dict(person.asks().cdk_context) == {"aws:cdk:enable-asset-metadata": True, **theirs}
    assert dict(person.asks_through_cdk({}).cdk_context) == theirs


def test_account_region_and_tags_hold_for_every_stack(person: Person) -> None:
    app = person.asks("-c", "account=111122223333", "-c", "region=eu-west-1", "-c", "tags.a:b/c=d").app
    assert (app.account, app.region, app.tags) == ("111122223333", "eu-west-1", {"a:b/c": "d"})


def test_a_tag_on_the_command_line_beats_the_same_tag_in_a_file_and_leaves_the_others(person: Person) -> None:
    file = person.file("s.toml", '[tags]\nteam = "dogs"\nstage = "test"\n')
    assert person.asks("-c", "tags.team=cats", "-c", f"settings={file}").app.tags == {"team": "cats", "stage": "test"}


def test_a_mistyped_stack_does_not_hide_mistakes_in_its_settings(person: Person) -> None:
    assert person.is_told(lambda: person.asks("-c", "stacks=Tow", "-c", "size=big")) == [
        "stacks names Tow, which does not exist; did you mean Two? (from -c stacks)",
        "size must be a whole number, got 'big' (from -c size; default: 1)",
    ]


def test_a_value_that_cannot_be_read_is_reported_once(person: Person) -> None:
    person.cdk_json({"aws_patterns": {"sender": 5}})
    assert person.is_told(person.asks) == ["sender must be text, got 5 (from cdk.json, context.aws_patterns.sender)"]


def test_without_account_and_region_the_stacks_fit_any(person: Person) -> None:
    app = person.asks("-c", "account=").app
    assert (app.account, app.region, app.tags) == (None, None, {})


def test_every_mistake_is_reported_at_once_with_its_key_place_value_and_what_is_allowed(person: Person) -> None:
    file = person.file("s.toml", 'size = "big"\ncolour = "red"\n[Two]\nsiez = 3\n')
    person.cdk_json({"aws_patterns": {"sender": "me@example.org", "removal_policy": "keep", "rate": 0}})
    arguments = ["-c", f"settings={file}", "-c", "account=12", "-c", "region=mars", "-c", "tags.aws:x=1"]
    assert person.is_told(lambda: person.asks(*arguments, "-c", "chanels=fax", "-c", "stacks=One Two Tow")) == [
        "stacks names Tow, which does not exist; did you mean Two? (from -c stacks)",
        "chanels is not a setting; did you mean channels? (from -c chanels)",
        "colour is not a setting (from FOLDER/s.toml, colour)",
        "Two.siez is not a setting; did you mean Two.size? (from FOLDER/s.toml, Two.siez)",
        "account must be twelve digits, got '12' (from -c account)",
        "region must be a Region's code such as eu-west-1, got 'mars' (from -c region)",
        "tags.aws:x must be named by 1 to 128 letters, digits, spaces or _.:/=+-@, "
        "and not begin with aws: (from -c tags.aws:x)",
        "removal_policy must be one of retain, destroy, got 'keep' "
        "(from cdk.json, context.aws_patterns.removal_policy; default: retain)",
        "rate must be more than 0, got 0 (from cdk.json, context.aws_patterns.rate; default: 5)",
        "size must be a whole number, got 'big' (from FOLDER/s.toml, size; default: 1)",
    ]


def test_a_required_setting_that_nobody_gave_is_asked_for_and_the_rest_is_checked_too(person: Person) -> None:
    person.cdk_json({})
    assert person.is_told(lambda: person.asks("-c", "rate=-1")) == [
        "sender is missing: One needs it, text; give it as -c sender=... or in cdk.json, context.aws_patterns.sender",
        "rate must be more than 0, got -1 (from -c rate; default: 5)",
    ]


def test_whoever_mistypes_is_told_what_exists(person: Person) -> None:
    with pytest.raises(SettingsError, match=re.escape("Settings of Two: size, removal_policy")):
        person.asks("-c", "zzz=1")


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("Sender", "sender"),
        ("removalPolicy", "removal_policy"),
        ("removal-policy", "removal_policy"),
        ("tag", "tags.<name>"),
        ("chan", "channels"),
        ("stack", "stacks"),
    ],
)
def test_a_mistyped_setting_is_answered_with_the_one_that_was_meant(person: Person, wrong: str, meant: str) -> None:
    assert person.is_told(lambda: person.asks("-c", f"{wrong}=1")) == [
        f"{wrong} is not a setting; did you mean {meant}? (from -c {wrong})"
    ]


def test_a_setting_typed_for_a_stack_that_is_left_out_is_refused_because_it_would_do_nothing(person: Person) -> None:
    assert person.is_told(lambda: person.asks("-c", "stacks=Two", "-c", "sender=me@example.org")) == [
        "sender has no effect: it belongs to One, which stacks leaves out (from -c sender)"
    ]


def test_a_file_may_speak_of_stacks_that_are_left_out(person: Person) -> None:
    file = person.file("s.toml", '[One]\nsender = "me@example.org"\n')
    assert two(person.asks("-c", "stacks=Two", "-c", f"settings={file}")) == TwoSettings()


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("s.toml", "a = ", "FOLDER/s.toml is not valid TOML: "),
        ("s.json", "{", "FOLDER/s.json is not valid JSON: "),
        ("s.json", "[]", "FOLDER/s.json must hold an object, got list"),
        ("s.yaml", "", "settings must name a .toml or .json file, got 'FOLDER/s.yaml'"),
        (None, "", "FOLDER/s.toml can't be read: No such file or directory"),
    ],
)
def test_a_settings_file_that_cannot_be_read_is_said_so(
    person: Person, name: str | None, text: str, complaint: str
) -> None:
    file = person.file(name, text) if name else str(person.folder / "s.toml")
    (line,) = person.is_told(lambda: person.asks("-c", f"settings={file}"))
    assert line.startswith(complaint)


def test_a_broken_cdk_json_is_said_so(person: Person) -> None:
    person.file("cdk.json", "{")
    assert any(line.startswith("FOLDER/cdk.json is not valid JSON") for line in person.is_told(person.asks))


def test_all_settings_in_one_argument_are_refused_with_the_way_to_give_them(person: Person) -> None:
    assert person.is_told(lambda: person.asks("-c", 'aws_patterns={"rate":1}'))[0].startswith(
        "aws_patterns must be an object in cdk.json, got '{\"rate\":1}'; on the command line give each setting"
    )


def test_a_mistake_is_traced_to_the_file_even_when_the_cli_merged_it_with_the_command_line(person: Person) -> None:
    person.cdk_json({"sender": "me@example.org", "rate": "0"})
    assert person.is_told(lambda: person.asks_through_cdk({"Two.size": "x"})) == [
        "rate must be more than 0, got 0 (from cdk.json, context.rate; default: 5)",
        "size must be a whole number, got 'x' (from -c Two.size; default: 1)",
    ]


@pytest.mark.parametrize("nothing", ["", " , "])
def test_asking_for_no_stack_is_refused(person: Person, nothing: str) -> None:
    assert person.is_told(lambda: person.asks("-c", f"stacks={nothing}")) == [
        f"stacks must name one stack or more, got {nothing!r} (from -c stacks)"
    ]


@pytest.mark.parametrize(
    "arguments", [["--stacks", "One"], ["One"], ["--con", "rate=1"], ["-c", "sender"], ["-c", "=1"]]
)
def test_arguments_that_mean_nothing_are_not_ignored(
    person: Person, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        person.asks(*arguments)
    assert "error: " in capsys.readouterr().err
