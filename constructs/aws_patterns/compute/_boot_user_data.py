"""An instance's user data: its own commands, those of the fleet, and the signal that it came up."""

from __future__ import annotations

import jsii
from aws_cdk import Aws, CfnResource, Fn, IStableStringProducer, Lazy, Stack
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from constructs import Construct, IValidation

from aws_patterns._validation import Problems, is_token
from aws_patterns.compute import _defaults as defaults
from aws_patterns.compute._boot_script import is_shell_script, plain_boot, signalled_boot, without_shebang

_ADVICE = "bake what is always the same into an image, and download the rest"


def check_user_data(problems: Problems, given: ec2.UserData | None, *, trusted: bool) -> None:
    """Add to ``problems`` what can't be run, or is too long, before anything of the fleet's is added to it."""
    text = given.render() if isinstance(given, ec2.UserData) else ""
    if not text or is_token(text):
        return
    if not trusted and not is_shell_script(text):
        first = text.split("\n", 1)[0]
        problems.add(
            f"instances.user_data must be a shell script, because it is followed by a signal, got {first!r}: use "
            "ec2.UserData.for_linux(), or send no signal with trust_new_instances=True"
        )
    size = len(text.encode())
    if size > defaults.USER_DATA_BYTES:
        problems.add(
            f"instances.user_data must have at most {defaults.USER_DATA_BYTES} bytes, got {size} bytes: {_ADVICE}"
        )


@jsii.implements(IStableStringProducer, IValidation)
class BootUserData:
    """The script of a fleet's launch template, written when everybody has added their commands.

    Args:
        given: Of the user; may belong to several fleets, so nothing is added to it.
        own: Of the fleet.
        health_url: What must answer before the signal.
        signal_seconds: How long the signal is waited for. ``None`` sends none.
    """

    def __init__(
        self, *, given: ec2.UserData | None, own: ec2.UserData, health_url: str | None, signal_seconds: int | None
    ) -> None:
        self._given = given
        self._own = own
        self._health_url = health_url
        self._signal_seconds = signal_seconds

    def attach(
        self, fleet: Construct, launch_template: ec2.LaunchTemplate, group: autoscaling.AutoScalingGroup
    ) -> None:
        """Make it the user data of the template; ``group`` is what the signal is for."""
        self._stack = Stack.of(fleet)
        self._resource = _resource(group).logical_id
        self._text = Lazy.string(self)
        _resource(launch_template).add_property_override("LaunchTemplateData.UserData", Fn.base64(self._text))
        fleet.node.add_validation(self)

    def produce(self) -> str:
        given = self._given.render() if self._given else ""
        own = without_shebang(self._own.render()).strip("\n")
        if given and not is_token(given) and not is_shell_script(given) and not own:
            return given
        commands = "\n".join(part for part in (without_shebang(given).strip("\n"), own) if part)
        if self._signal_seconds is None:
            return plain_boot(commands)
        return signalled_boot(
            commands,
            stack=Aws.STACK_NAME,
            region=Aws.REGION,
            resource=self._resource,
            health_url=self._health_url or "",
            seconds=self._signal_seconds - defaults.SIGNAL_MARGIN_SECONDS,
        )

    def validate(self) -> list[str]:
        """What is wrong with all of it together, when the template is written."""
        given = self._given.render() if self._given else ""
        if given and not is_token(given) and not is_shell_script(given) and without_shebang(self._own.render()).strip():
            return ["user_data has commands, and instances.user_data is no shell script that they could follow"]
        size = _known_bytes(self._stack.resolve(self._text))
        if size > defaults.USER_DATA_BYTES:
            return [f"user_data must have at most {defaults.USER_DATA_BYTES} bytes, got {size} bytes: {_ADVICE}"]
        return []


def _resource(construct: Construct) -> CfnResource:
    resource = construct.node.default_child
    assert isinstance(resource, CfnResource)  # noqa: S101 - for the type checker
    return resource


def _known_bytes(resolved: object) -> int:
    """How long a text is at least: what is known at deployment only counts nothing."""
    match resolved:
        case str(text):
            return len(text.encode())
        case {"Fn::Join": [str(separator), list(parts)]}:
            return sum(map(_known_bytes, parts)) + len(separator.encode()) * (len(parts) - 1)
        case _:
            return 0
