"""What a change means: permissions, network, alarms, deletion policies, protection of data, parameters and exports."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from aws_patterns.review.changes import Area, Review, Severity
from aws_patterns.review.template_review import review_templates
from tests.unit.review.templates import Template, resource, review_of, template

OPEN = "0.0.0.0/0"


def told(review: Review, area: Area) -> list[str]:
    """The findings of an area; those that need a look begin with an exclamation mark."""
    return [
        f"{'!' if each.severity is not Severity.NOTE else ''}{each}" for each in review.findings if each.area is area
    ]


def role(*statements: dict[str, Any], **properties: Any) -> Template:
    policies = [{"PolicyName": "p", "PolicyDocument": {"Statement": list(statements)}}] if statements else []
    return template(Worker=resource("IAM::Role", {"Policies": policies, **properties}))


def allow(action: str | list[str], on: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": on, **more}


class TestPermissions:
    @pytest.mark.parametrize(
        ("old", "new", "expected"),
        [
            (
                role(allow("s3:GetObject", "a")),
                role(allow(["s3:GetObject", "s3:PutObject"], "a")),
                ["!Worker: widened: allows s3:PutObject on a"],
            ),
            (role(allow("s3:*")), role(allow("s3:GetObject")), ["Worker: narrowed: allows s3:* on *"]),
            (
                role(allow("s3:GetObject", "arn:b/x")),
                role(allow("s3:GetObject", "arn:b/*")),
                ["!Worker: widened: allows s3:GetObject on arn:b/*"],
            ),
            (
                role(allow("s3:Get*", "a", Condition={"Bool": {"x": "true"}})),
                role(allow("s3:Get*", "a")),
                ["!Worker: widened: allows s3:Get* on a"],
            ),
            (
                role(allow("s3:Get*", "a")),
                role(allow("s3:Get*", "a", Condition={"Bool": {"x": "true"}})),
                ["Worker: narrowed: allows s3:Get* on a"],
            ),
            (
                role(allow("s3:*"), {"Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"}),
                role(allow("s3:*")),
                ["!Worker: widened: denies s3:Delete* on *"],
            ),
            (
                role(allow("s3:*")),
                role(allow("s3:*"), {"Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"}),
                ["Worker: narrowed: denies s3:Delete* on *"],
            ),
            (
                role(),
                role({"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}),
                ["!Worker: widened: allows all but iam:* on *"],
            ),
            (
                role(),
                role(ManagedPolicyArns=["arn:aws:iam::aws:policy/AdministratorAccess"]),
                ["!Worker: widened: allows whatever AdministratorAccess allows on *"],
            ),
            (role(allow(["a:B", "a:C"], ["x", "y"])), role(allow("a:C", ["y", "x"]), allow("a:B", ["x", "y"])), []),
            (role(allow("S3:getobject", "a")), role(allow("s3:GetObject", "a")), []),
            (
                role(AssumeRolePolicyDocument={"Statement": []}),
                role(
                    AssumeRolePolicyDocument={
                        "Statement": {
                            "Effect": "Allow",
                            "Action": "sts:AssumeRole",
                            "Principal": {"Service": "ec2.amazonaws.com"},
                        }
                    }
                ),
                ["!Worker: widened: allows ec2.amazonaws.com to take the role"],
            ),
        ],
    )
    def test_of_a_role(self, old: Template, new: Template, expected: list[str]) -> None:
        assert told(review_templates(old, new), Area.PERMISSIONS) == expected

    def test_a_statement_that_moves_to_another_policy_is_no_change(self) -> None:
        old = role(allow("s3:GetObject", "a"))
        policy = {"Roles": [{"Ref": "Worker"}], "PolicyDocument": {"Statement": [allow("s3:GetObject", "a")]}}
        assert (
            told(
                review_templates(old, template(**role()["Resources"], P=resource("IAM::Policy", policy))),
                Area.PERMISSIONS,
            )
            == []
        )

    def test_what_a_new_role_may_is_expected_unless_it_goes_far(self) -> None:
        new = role(allow("s3:GetObject", "a"), allow("s3:*"))
        assert told(review_templates({}, new), Area.PERMISSIONS) == [
            "!Worker: widened (with the resource): allows s3:* on *",
            "Worker: widened (with the resource): allows s3:GetObject on a",
        ]

    def test_a_role_under_another_logical_id_may_the_same(self) -> None:
        (body,) = role(allow("s3:GetObject", "a"))["Resources"].values()
        assert told(review_templates(template(A=body), template(B=body)), Area.PERMISSIONS) == []

    @pytest.mark.parametrize(
        ("principal", "sentence"),
        [
            ("*", "allows everybody s3:GetObject on ${Photos.Arn}/*"),
            ({"AWS": "*"}, "allows everybody s3:GetObject on ${Photos.Arn}/*"),
            ({"Service": "x.amazonaws.com"}, "allows x.amazonaws.com s3:GetObject on ${Photos.Arn}/*"),
        ],
    )
    def test_of_a_bucket(self, principal: Any, sentence: str) -> None:
        on = {"Fn::Join": ["", [{"Fn::GetAtt": ["Photos", "Arn"]}, "/*"]]}
        document = {"Statement": [allow("s3:GetObject", on, Principal=principal)]}
        policy = resource("S3::BucketPolicy", {"Bucket": {"Ref": "Photos"}, "PolicyDocument": document})
        old, new = template(Photos=resource("S3::Bucket")), template(Photos=resource("S3::Bucket"), P=policy)
        assert told(review_templates(old, new), Area.PERMISSIONS) == [f"!Photos: widened: {sentence}"]

    def test_of_a_function(self) -> None:
        def stack(**more: str) -> Template:
            permission = {"Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com", **more}
            return template(
                F=resource("Lambda::Function"),
                P=resource("Lambda::Permission", {"FunctionName": {"Fn::GetAtt": ["F", "Arn"]}, **permission}),
            )

        assert told(review_templates(stack(SourceAccount="1"), stack()), Area.PERMISSIONS) == [
            "!F: widened: allows s3.amazonaws.com lambda:InvokeFunction"
        ]

    def test_of_a_policy_that_is_written_as_text(self) -> None:
        text = {
            "Fn::Sub": '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "logs:*", "Resource": "${A}"}]}'
        }
        new = {"PolicyDocument": text}
        assert told(review_of({}, new, "Logs::ResourcePolicy"), Area.PERMISSIONS) == [
            "!It: widened: allows everybody logs:* on ${A}"
        ]


def group(*rules: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {"GroupDescription": "g", "SecurityGroupIngress": list(rules), **properties}


def tcp(first: int, last: int | None = None, cidr: str = "10.0.0.0/8") -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": first, "ToPort": last or first, "CidrIp": cidr}


class TestNetwork:
    @pytest.mark.parametrize(
        ("old", "new", "expected"),
        [
            ([], [tcp(22, cidr=OPEN)], ["!It: opened: tcp port 22 from everywhere"]),
            (
                [tcp(443)],
                [tcp(443, cidr=OPEN)],
                ["!It: opened: tcp port 443 from everywhere"],
            ),
            ([tcp(443, cidr=OPEN)], [tcp(443)], ["It: closed: tcp port 443 from everywhere"]),
            ([tcp(80, 90)], [tcp(80, 90), tcp(85)], []),
            ([tcp(80)], [tcp(80), tcp(80, cidr="10.1.0.0/16")], []),
            ([tcp(80)], [tcp(80, 81)], ["!It: opened: tcp ports 80 to 81 from 10.0.0.0/8"]),
            ([{"IpProtocol": "-1", "CidrIp": OPEN}], [{"IpProtocol": "-1", "CidrIp": OPEN}, tcp(22)], []),
            (
                [],
                [{"IpProtocol": "-1", "CidrIpv6": "::/0"}],
                ["!It: opened: everything from everywhere"],
            ),
        ],
    )
    def test_of_a_security_group(
        self, old: list[dict[str, Any]], new: list[dict[str, Any]], expected: list[str]
    ) -> None:
        assert told(review_of(group(*old), group(*new), "EC2::SecurityGroup"), Area.NETWORK) == expected

    def test_a_rule_that_moves_out_of_its_group_is_no_change(self) -> None:
        old = template(G=resource("EC2::SecurityGroup", group(tcp(80))))
        rule = resource("EC2::SecurityGroupIngress", {"GroupId": {"Fn::GetAtt": ["G", "GroupId"]}, **tcp(80)})
        new = template(G=resource("EC2::SecurityGroup", group()), R=rule)
        assert told(review_templates(old, new), Area.NETWORK) == []

    def test_what_a_new_group_lets_in_is_expected_unless_it_is_everybody(self) -> None:
        new = template(G=resource("EC2::SecurityGroup", group(tcp(80), tcp(443, cidr=OPEN))))
        assert told(review_templates({}, new), Area.NETWORK) == [
            "!G: opened: tcp port 443 from everywhere",
            "G: opened: tcp port 80 from 10.0.0.0/8",
        ]

    def test_out_of_a_group(self) -> None:
        rule = {"SecurityGroupEgress": [{"IpProtocol": "-1", "CidrIp": OPEN}]}
        review = review_of(group(), group(**rule), "EC2::SecurityGroup")
        assert told(review, Area.NETWORK) == ["It: opened: everything to everywhere"]

    @pytest.mark.parametrize(
        ("kind", "old", "new", "door"),
        [
            (
                "RDS::DBInstance",
                {},
                {"PubliclyAccessible": True},
                "it has an address on the internet (PubliclyAccessible)",
            ),
            (
                "ElasticLoadBalancingV2::LoadBalancer",
                {"Scheme": "internal"},
                {},
                "it has an address on the internet (Scheme internet-facing)",
            ),
            (
                "EC2::Subnet",
                {},
                {"MapPublicIpOnLaunch": True},
                "what starts in it gets an address on the internet (MapPublicIpOnLaunch)",
            ),
            (
                "EC2::Route",
                {"DestinationCidrBlock": OPEN, "NatGatewayId": "n"},
                {"DestinationCidrBlock": OPEN, "GatewayId": {"Ref": "Internet"}},
                "0.0.0.0/0 through ${Internet}",
            ),
            (
                "S3::Bucket",
                {
                    "PublicAccessBlockConfiguration": dict.fromkeys(
                        ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
                    )
                },
                {
                    "PublicAccessBlockConfiguration": dict.fromkeys(
                        ("BlockPublicAcls", "IgnorePublicAcls", "RestrictPublicBuckets"), True
                    )
                },
                "BlockPublicPolicy is off",
            ),
            (
                "ApiGateway::Method",
                {"HttpMethod": "POST", "AuthorizationType": "AWS_IAM"},
                {"HttpMethod": "POST", "AuthorizationType": "NONE"},
                "anybody may call it (AuthorizationType NONE)",
            ),
            ("Lambda::Url", {"AuthType": "AWS_IAM"}, {"AuthType": "NONE"}, "anybody may call it (AuthType NONE)"),
            (
                "EC2::NetworkAclEntry",
                {"RuleNumber": 1, "RuleAction": "deny", "CidrBlock": OPEN},
                {"RuleNumber": 1, "RuleAction": "allow", "CidrBlock": OPEN},
                "rule 1 lets in 0.0.0.0/0",
            ),
        ],
    )
    def test_a_door(self, kind: str, old: dict[str, Any], new: dict[str, Any], door: str) -> None:
        assert told(review_of(old, new, kind), Area.NETWORK) == [f"!It: opened: {door}"]
        assert told(review_of(new, old, kind), Area.NETWORK) == []

    def test_the_question_of_a_browser_needs_no_authorization(self) -> None:
        assert told(review_of(None, {"HttpMethod": "OPTIONS"}, "ApiGateway::Method"), Area.NETWORK) == []


class TestAlarms:
    ALARM: ClassVar[dict[str, Any]] = {
        "AlarmDescription": "It is late.",
        "AlarmActions": [{"Ref": "Topic"}],
        "Threshold": 1,
    }

    @pytest.mark.parametrize(
        ("new", "expected"),
        [
            (None, "!It: alarm removed: It is late."),
            ({**ALARM, "AlarmActions": []}, "!It: alarm tells nobody any more: It is late."),
            ({**ALARM, "ActionsEnabled": False}, "!It: alarm tells nobody any more: It is late."),
            ({**ALARM, "AlarmActions": ["other"]}, "It: alarm no longer tells ${Topic}"),
            (
                {**ALARM, "Threshold": 5, "Period": 60},
                "It: alarm is raised at another time: Threshold 1 -> 5, Period none -> 60",
            ),
        ],
    )
    def test_that_nobody_hears(self, new: dict[str, Any] | None, expected: str) -> None:
        assert told(review_of(self.ALARM, new, "CloudWatch::Alarm"), Area.ALARMS) == [expected]

    def test_an_alarm_under_another_logical_id_is_still_there(self) -> None:
        alarm = resource("CloudWatch::Alarm", self.ALARM)
        assert told(review_templates(template(A=alarm), template(B=alarm)), Area.ALARMS) == []


class TestDeletionPolicies:
    @pytest.mark.parametrize(
        ("kind", "old", "new", "expected"),
        [
            (
                "S3::Bucket",
                {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"},
                {},
                [
                    "!It: DeletionPolicy and UpdateReplacePolicy Retain -> Delete: "
                    "when it is removed or replaced later, its data is deleted"
                ],
            ),
            (
                "S3::Bucket",
                {},
                {"UpdateReplacePolicy": "Retain"},
                ["It: UpdateReplacePolicy Delete -> Retain: when it is replaced later, it is kept"],
            ),
            (
                "RDS::DBCluster",
                {},
                {"DeletionPolicy": "Delete"},
                ["!It: DeletionPolicy Snapshot -> Delete: when it is removed later, its data is deleted"],
            ),
            ("Lambda::Function", {"DeletionPolicy": "Retain"}, {}, ["It: DeletionPolicy Retain -> Delete"]),
            ("S3::Bucket", {"DeletionPolicy": "Retain"}, {"DeletionPolicy": "Retain"}, []),
        ],
    )
    def test_what_changes(self, kind: str, old: dict[str, Any], new: dict[str, Any], expected: list[str]) -> None:
        review = review_templates(template(It=resource(kind, **old)), template(It=resource(kind, **new)))
        assert told(review, Area.DELETION) == expected


class TestProtection:
    @pytest.mark.parametrize(
        ("kind", "old", "new", "expected"),
        [
            ("RDS::DBInstance", {"DeletionProtection": True}, {}, "deletion protection is off"),
            ("KMS::Key", {"EnableKeyRotation": True}, {"EnableKeyRotation": False}, "rotation of the key is off"),
            ("KMS::Key", {}, {"Enabled": False}, "the key, and with it all that it encrypted, is off"),
            (
                "S3::Bucket",
                {"VersioningConfiguration": {"Status": "Enabled"}},
                {"VersioningConfiguration": {"Status": "Suspended"}},
                "versioning is off",
            ),
            (
                "DynamoDB::Table",
                {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}},
                {},
                "point-in-time recovery is off",
            ),
            (
                "RDS::DBCluster",
                {"BackupRetentionPeriod": 30},
                {"BackupRetentionPeriod": 7},
                "retention of backups 30 -> 7",
            ),
            (
                "Backup::BackupPlan",
                {"BackupPlan": {"BackupPlanRule": [{"Lifecycle": {"DeleteAfterDays": 35}}]}},
                {"BackupPlan": {"BackupPlanRule": [{"Lifecycle": {"DeleteAfterDays": 5}}]}},
                "retention of backups 35 -> 5",
            ),
            ("Backup::BackupSelection", {}, None, "what it selects is backed up no longer"),
            ("Backup::BackupVault", {"LockConfiguration": {"MinRetentionDays": 1}}, {}, "lock of the vault is gone"),
            ("S3::Bucket", {"ReplicationConfiguration": {"Role": "r"}}, {}, "replication is gone"),
            ("SQS::Queue", {"KmsMasterKeyId": "k"}, {}, "encryption by a key of the account is gone"),
            (
                "S3::Bucket",
                {},
                {"LifecycleConfiguration": {"Rules": [{"ExpirationInDays": 7}]}},
                "objects end after days",
            ),
            (
                "DynamoDB::GlobalTable",
                {"Replicas": [{"Region": "us-east-1"}, {"Region": "us-west-2"}]},
                {"Replicas": [{"Region": "us-east-1"}]},
                "the replica in us-west-2 is deleted",
            ),
            (
                "DynamoDB::GlobalTable",
                {"Replicas": [{"Region": "us-east-1", "DeletionProtectionEnabled": True}]},
                {"Replicas": [{"Region": "us-east-1"}]},
                "deletion protection in us-east-1 is off",
            ),
        ],
    )
    def test_that_is_gone(self, kind: str, old: dict[str, Any], new: dict[str, Any] | None, expected: str) -> None:
        assert told(review_of(old, new, kind), Area.PROTECTION) == [f"!It: {expected}"]
        if new is not None:
            assert told(review_of(new, old, kind), Area.PROTECTION) == []


class TestParametersAndExports:
    def test_what_others_give_and_take(self) -> None:
        def stack(parameters: dict[str, Any], outputs: dict[str, Any]) -> Template:
            return template({"Parameters": parameters, "Outputs": outputs}, It=resource("SQS::Queue"))

        def export(name: str, value: str) -> dict[str, Any]:
            return {"Value": value, "Export": {"Name": name}}

        old = stack({"A": {"Type": "String", "Default": "1"}}, {"X": export("x", "1"), "Y": export("y", "1")})
        new = stack(
            {"A": {"Type": "Number", "Default": "2"}, "B": {"Type": "String"}, "C": {"Type": "String", "Default": ""}},
            {"Z": export("y", "2"), "W": {"Value": "w"}},
        )
        assert told(review_templates(old, new), Area.INTERFACE) == [
            "!A: parameter has another type: String -> Number",
            "!B: parameter has to be given",
            "!x: export removed: CloudFormation refuses it while another stack imports it",
            "!y: export changed: 1 -> 2; refused while another stack imports it",
            "A: default 1 -> 2: a deployed stack keeps its value unless it is given another one",
        ]

    def test_values_that_a_deployed_stack_may_not_have(self) -> None:
        def stack(*names: str, text: str = "a", **parameters: Any) -> dict[str, Any]:
            assertion = {"Assert": {"Fn::Contains": [list(names), {"Ref": "A"}]}, "AssertDescription": text}
            return {"Parameters": {name: {"Type": "String", **more} for name, more in parameters.items()}} | (
                {"Rules": {"ACheck": {"Assertions": [assertion]}}} if names else {}
            )

        old = stack("x", A={"Default": "x", "MaxLength": 9, "MinLength": 1}, B={"AllowedPattern": "b"})
        new = stack("y", A={"Default": "x", "MaxLength": 8}, B={"AllowedPattern": "b", "AllowedValues": ["b"]})
        assert told(review_templates(old, new), Area.INTERFACE) == [
            "!A: MaxLength 9 -> 8: an update is refused while the deployed value does not meet it",
            "!ACheck: rule on parameters, or an update is refused: a",
            '!B: AllowedValues none -> ["b"]: an update is refused while the deployed value does not meet it',
        ]
        assert not review_templates(old, old)
        assert not review_templates(stack(), stack("x", A={"Default": "x"})), "what is new takes its default"
        (said,) = told(
            review_templates(stack(A={"Default": "x"}), stack("x", text="", A={"Default": "x"})), Area.INTERFACE
        )
        assert said.startswith('!ACheck: rule on parameters, or an update is refused: {"Assertions":')
