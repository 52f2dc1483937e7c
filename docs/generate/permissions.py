"""Arrows that IAM tells: whoever may act on a resource is taken to do so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from docs.generate.graph import Category, Shape
from docs.generate.template import Resource, Template, at, items, text

# Not what a system is about, and allowed to nearly everything in it.
_EVERYWHERE = frozenset({"logs", "xray", "cloudwatch", "kms", "ssm", "ssmmessages", "ec2messages", "ecr", "sts"})
# Of a service that everything talks to, and yet a part of what a system does.
_TELLING = frozenset({"ssm:SendCommand"})

# What is asked of a queue or stream, in the direction in which the messages go.
_TAKING = frozenset({"sqs:ReceiveMessage", "kinesis:GetRecords"})
_AROUND_TAKING = re.compile(r"sqs:(ChangeMessageVisibility|DeleteMessage)|kinesis:(Get|Describe|List|Subscribe)\w+")
# Asked for the sake of the other actions.
_INCIDENTAL = re.compile(
    r"sqs:Get\w+|s3:(GetBucket|List)\w*|secretsmanager:Describe\w+|dynamodb:(Describe|GetShard)\w+"
)

_VERBS = (
    (re.compile(r"(Get|List|Describe|Query|Scan|BatchGet|Head|Read|ConditionCheck)"), "reads"),
    (re.compile(r"(Put|Update|Delete|BatchWrite|Create|Write|Abort)"), "writes"),
)
_NAMED_ACTIONS = 2


@dataclass(frozen=True, slots=True)
class Outside:
    """Whom or what a service reaches that is used without a resource of it in the template.

    Attributes:
        actions: The IAM actions that use it.
        title: What is reached.
        kind: The service.
    """

    actions: re.Pattern[str]
    title: str
    kind: str
    category: Category = Category.OTHER
    shape: Shape = Shape.BOX


_PEOPLE = (Category.PEOPLE, Shape.PERSON)

OUTSIDE: tuple[Outside, ...] = (
    Outside(re.compile(r"ses:Send\w*"), "Inbox", "through Amazon SES", *_PEOPLE),
    Outside(re.compile(r"sns:Publish"), "Phone", "through Amazon SNS", *_PEOPLE),
    Outside(re.compile(r"bedrock:Invoke\w*"), "Model", "Amazon Bedrock"),
    Outside(re.compile(r"rekognition:\w+"), "Image recognition", "Amazon Rekognition"),
    Outside(re.compile(r"polly:\w+"), "Speech", "Amazon Polly"),
    Outside(re.compile(r"translate:\w+"), "Translation", "Amazon Translate"),
)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the holders of a role may do.

    Attributes:
        role: Logical id of the role.
        actions: The actions, less those that everything has.
        resources: Logical ids of the resources that the statement names.
    """

    role: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]

    def outside(self) -> list[Outside]:
        """The services meant by the actions where they are not about a resource of the template."""
        return [one for one in OUTSIDE if any(one.actions.fullmatch(action) for action in self.actions)]

    def takes(self) -> bool:
        """Whether messages come towards the holder, and nothing else happens."""
        around = [action for action in self.actions if _AROUND_TAKING.fullmatch(action) or _INCIDENTAL.match(action)]
        return _TAKING.issuperset(set(self.actions) - set(around)) and not _TAKING.isdisjoint(self.actions)


def labels(granted: Sequence[Allowed]) -> tuple[str, ...]:
    """What is done, of several statements about the same: by name where it is little, or else what it comes to."""
    if all(one.takes() for one in granted):
        return ("messages",)
    actions = [action for one in granted for action in one.actions]
    telling = [action for action in actions if not _INCIDENTAL.match(action)] or actions
    names = list(dict.fromkeys(action.partition(":")[2] for action in telling))
    if len(names) <= _NAMED_ACTIONS and not any("*" in name for name in names):
        return tuple(names)
    verbs = [next((verb for pattern, verb in _VERBS if pattern.match(name)), name) for name in names]
    return (" and ".join(dict.fromkeys(sorted(verbs))),)


def allowed(template: Template) -> Iterator[Allowed]:
    """Everything that the roles of a template may do, a statement at a time."""
    for role in template.of_type("AWS::IAM::Role"):
        for document in items(at(role.properties.get("Policies"), "PolicyDocument")):
            yield from _statements(template, role.id, document)
    for policy in template.of_type("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        for role_id in template.references(policy.properties.get("Roles")):
            yield from _statements(template, role_id, policy.properties.get("PolicyDocument"))


def _statements(template: Template, role: str, document: object) -> Iterator[Allowed]:
    for statement in items(at(document, "Statement")):
        actions = [text(action) for action in items(at(statement, "Action"))]
        actions = [action for action in actions if action in _TELLING or action.partition(":")[0] not in _EVERYWHERE]
        if actions and at(statement, "Effect") == "Allow":
            yield Allowed(role, tuple(actions), tuple(template.references(at(statement, "Resource"))))


def only_permits(resource: Resource) -> bool:
    """Whether a resource only says who may do what, or who may talk to whom."""
    return resource.type.endswith(("Policy", "Permission")) or resource.type.startswith("AWS::EC2::SecurityGroup")
