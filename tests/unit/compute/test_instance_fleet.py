"""What a fleet of instances promises to whoever runs something on it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Annotations, Match, Template

from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.health import FleetHealth, HealthCheckKind
from aws_patterns.compute.instance_fleet import InstanceFleet
from aws_patterns.compute.instance_refresh import InstanceRefresh
from aws_patterns.compute.instances import Instances
from aws_patterns.compute.mixed_fleet import MixedFleet, SpotAllocation
from aws_patterns.compute.placement import Placement, PlacementStrategy
from aws_patterns.compute.rolling_update import RollingUpdate
from aws_patterns.compute.termination_policies import TerminationPolicy

IMPORTED = {
    "vpc_id": "vpc-12345678",
    "availability_zones": ["eu-west-1a", "eu-west-1b", "eu-west-1c"],
    "private_subnet_ids": ["subnet-a", "subnet-b", "subnet-c"],
    "private_subnet_route_table_ids": ["rtb-a", "rtb-b", "rtb-c"],
}
TYPES = ["m7g.large", "m6g.large"]
URL = "http://localhost:8080/health"


def imported_vpc(stack: cdk.Stack, zones: int = 3) -> ec2.IVpc:
    subset = {name: given[:zones] if isinstance(given, list) else given for name, given in IMPORTED.items()}
    return ec2.Vpc.from_vpc_attributes(stack, "Vpc", **subset)  # type: ignore[arg-type]  # by name


def fleet(stack: cdk.Stack, *, zones: int = 3, **props: Any) -> InstanceFleet:
    return InstanceFleet(stack, "Fleet", vpc=imported_vpc(stack, zones), **props)


def build(**props: Any) -> Template:
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "S")
    fleet(stack, **props)
    return Template.from_stack(stack)


def only(template: Template, kind: str) -> dict[str, Any]:
    (found,) = template.find_resources(kind).values()
    return dict(found)


def group(template: Template) -> dict[str, Any]:
    return only(template, "AWS::AutoScaling::AutoScalingGroup")


def launch_data(template: Template) -> dict[str, Any]:
    return dict(only(template, "AWS::EC2::LaunchTemplate")["Properties"]["LaunchTemplateData"])


def user_data(template: Template) -> str:
    """The script, with references in angle brackets."""
    script = launch_data(template)["UserData"]["Fn::Base64"]
    parts = script["Fn::Join"][1] if isinstance(script, dict) else [script]
    return "".join(part if isinstance(part, str) else f"<{next(iter(part.values()))}>" for part in parts)


def shell(*commands: str) -> ec2.UserData:
    script = ec2.UserData.for_linux()
    script.add_commands(*commands)
    return script


@pytest.fixture(scope="module")
def template() -> Template:
    return build()


class TestInstances:
    def test_give_their_credentials_to_version_two_of_the_metadata_service_alone(self, template: Template) -> None:
        assert launch_data(template)["MetadataOptions"] == {
            "HttpEndpoint": "enabled",
            "HttpPutResponseHopLimit": 1,
            "HttpTokens": "required",
        }

    def test_have_encrypted_disks_that_go_with_them(self, template: Template) -> None:
        (mapping,) = launch_data(template)["BlockDeviceMappings"]
        assert mapping == {
            "DeviceName": "/dev/xvda",
            "Ebs": {"DeleteOnTermination": True, "Encrypted": True, "VolumeSize": 16, "VolumeType": "gp3"},
        }

    def test_have_the_disk_that_was_asked_for(self) -> None:
        template = build(instances=Instances(root_volume_gib=100, root_device="/dev/sda1"))
        (mapping,) = launch_data(template)["BlockDeviceMappings"]
        assert (mapping["DeviceName"], mapping["Ebs"]["VolumeSize"]) == ("/dev/sda1", 100)

    def test_are_reached_by_nobody_and_have_no_key(self, template: Template) -> None:
        assert "KeyName" not in launch_data(template)
        assert "SecurityGroupIngress" not in only(template, "AWS::EC2::SecurityGroup")["Properties"]
        template.resource_count_is("AWS::EC2::SecurityGroupIngress", 0)

    def test_are_reached_by_whom_the_fleet_is_told(self, stack: cdk.Stack) -> None:
        instances = fleet(stack)
        instances.connections.allow_from(ec2.Peer.ipv4("10.0.0.0/16"), ec2.Port.tcp(8080), "from inside")
        (rule,) = only(Template.from_stack(stack), "AWS::EC2::SecurityGroup")["Properties"]["SecurityGroupIngress"]
        assert (rule["CidrIp"], rule["FromPort"], rule["ToPort"]) == ("10.0.0.0/16", 8080, 8080)

    def test_may_talk_with_systems_manager_and_signal_their_own_stack_and_nothing_else(
        self, template: Template
    ) -> None:
        statements = [
            (set(statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]), statement)
            for policy in template.find_resources("AWS::IAM::Policy").values()
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        ]
        everywhere = set().union(*(actions for actions, statement in statements if statement["Resource"] == "*"))
        assert {action.partition(":")[0] for action in everywhere} == {"ssm", "ssmmessages", "ec2messages"}
        assert {action for action in everywhere if action.startswith("ssm:")} == {"ssm:UpdateInstanceInformation"}
        assert [
            (actions, statement["Resource"]) for actions, statement in statements if statement["Resource"] != "*"
        ] == [({"cloudformation:SignalResource"}, {"Ref": "AWS::StackId"})]
        assert "ManagedPolicyArns" not in only(template, "AWS::IAM::Role")["Properties"]

    def test_have_their_permissions_before_they_are_launched(self, template: Template) -> None:
        waited_for = only(template, "AWS::EC2::LaunchTemplate")["DependsOn"]
        assert set(template.find_resources("AWS::IAM::Policy")) <= set(waited_for)

    def test_get_what_is_granted_to_the_fleet(self, stack: cdk.Stack) -> None:
        bucket = s3.Bucket(stack, "Bucket")
        bucket.grant_read(fleet(stack))
        Template.from_stack(stack).has_resource_properties(
            "AWS::IAM::Policy",
            {
                "PolicyDocument": {
                    "Statement": Match.array_with([Match.object_like({"Action": Match.array_with(["s3:GetObject*"])})])
                }
            },
        )

    def test_are_measured_every_minute(self, template: Template) -> None:
        assert launch_data(template)["Monitoring"] == {"Enabled": True}

    def test_are_called_after_the_fleet(self, template: Template) -> None:
        tags = {tag["ResourceType"]: tag["Tags"] for tag in launch_data(template)["TagSpecifications"]}
        assert tags["instance"] == tags["volume"] == [{"Key": "Name", "Value": "S/Fleet"}]

    def test_carry_the_stacks_tags(self, stack: cdk.Stack) -> None:
        cdk.Tags.of(stack).add("owner", "cats")
        fleet(stack)
        template = Template.from_stack(stack)
        for tag in launch_data(template)["TagSpecifications"]:
            assert {"Key": "owner", "Value": "cats"} in tag["Tags"]
        assert {"Key": "owner", "Value": "cats", "PropagateAtLaunch": True} in group(template)["Properties"]["Tags"]


class TestImage:
    @pytest.mark.parametrize(("kind", "architecture"), [("t4g.small", "arm64"), ("m7i.large", "x86_64")])
    def test_is_the_latest_amazon_linux_for_the_processor_at_each_deployment(
        self, kind: str, architecture: str
    ) -> None:
        template = build(instances=Instances(instance_types=[kind]))
        data = launch_data(template)
        parameter = template.to_json()["Parameters"][data["ImageId"]["Ref"]]
        assert parameter["Type"] == "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>"
        assert re.fullmatch(
            rf"/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-[\w.]+-{architecture}", parameter["Default"]
        )
        assert data["InstanceType"] == kind

    def test_is_the_one_that_was_asked_for(self) -> None:
        image = ec2.MachineImage.generic_linux({"eu-west-1": "ami-12345678"})
        app = cdk.App(builtin_cloud_formation_validation=False)
        stack = cdk.Stack(app, "S", env=cdk.Environment(region="eu-west-1", account="111122223333"))
        fleet(stack, instances=Instances(image=image))
        assert launch_data(Template.from_stack(stack))["ImageId"] == "ami-12345678"

    def test_needs_no_lookup(self, stack: cdk.Stack) -> None:
        fleet(stack)
        app = stack.node.root
        assert isinstance(app, cdk.App)
        folder = Path(app.synth().directory)
        assert "missing" not in json.loads((folder / "manifest.json").read_text())


class TestGroup:
    def test_is_in_every_zone_and_has_room_to_grow(self, template: Template) -> None:
        properties = group(template)["Properties"]
        assert properties["VPCZoneIdentifier"] == ["subnet-a", "subnet-b", "subnet-c"]
        assert (properties["MinSize"], properties["MaxSize"]) == ("3", "6")

    def test_keeps_the_size_that_scaling_gave_it(self, template: Template) -> None:
        assert "DesiredCapacity" not in group(template)["Properties"]
        policy = group(template)["UpdatePolicy"]["AutoScalingScheduledAction"]
        assert policy == {"IgnoreUnmodifiedGroupSizeProperties": True}

    def test_has_the_size_that_was_asked_for(self, stack: cdk.Stack) -> None:
        instances = fleet(stack, capacity=Capacity(minimum=3, desired=6, maximum=9, needed=4))
        properties = group(Template.from_stack(stack))["Properties"]
        assert [properties[name] for name in ("MinSize", "DesiredCapacity", "MaxSize")] == ["3", "6", "9"]
        assert instances.capacity == Capacity(minimum=3, desired=6, maximum=9, needed=4)

    def test_launches_a_replacement_before_it_terminates(self, template: Template) -> None:
        assert group(template)["Properties"]["InstanceMaintenancePolicy"] == {
            "MinHealthyPercentage": 100,
            "MaxHealthyPercentage": 110,
        }

    def test_publishes_how_large_it_is(self, template: Template) -> None:
        assert group(template)["Properties"]["MetricsCollection"] == [{"Granularity": "1Minute"}]

    @pytest.mark.parametrize(
        ("health", "kind", "grace"),
        [
            (FleetHealth(), "EC2", 300),
            (FleetHealth(check=HealthCheckKind.ELB, grace_seconds=420), "ELB", 420),
        ],
    )
    def test_replaces_what_the_chosen_judge_calls_broken(self, health: FleetHealth, kind: str, grace: int) -> None:
        properties = group(build(health=health))["Properties"]
        assert (properties["HealthCheckType"], properties["HealthCheckGracePeriod"]) == (kind, grace)

    def test_shrinks_and_warms_up_as_was_asked_for(self) -> None:
        policies = (TerminationPolicy.OLDEST_LAUNCH_TEMPLATE, TerminationPolicy.OLDEST_INSTANCE)
        properties = group(build(termination_policies=policies, warm_up_seconds=45))["Properties"]
        assert properties["TerminationPolicies"] == ["OldestLaunchTemplate", "OldestInstance"]
        assert properties["DefaultInstanceWarmup"] == 45

    def test_shrinks_by_what_is_outdated(self, template: Template) -> None:
        assert group(template)["Properties"]["TerminationPolicies"] == ["Default"]

    def test_tells_of_launches_and_terminations(self, stack: cdk.Stack) -> None:
        fleet(stack, notification_topic=sns.Topic(stack, "Topic"))
        (told,) = group(Template.from_stack(stack))["Properties"]["NotificationConfigurations"]
        assert set(told["NotificationTypes"]) == {
            f"autoscaling:EC2_INSTANCE_{what}" for what in ("LAUNCH", "LAUNCH_ERROR", "TERMINATE", "TERMINATE_ERROR")
        }

    def test_starts_no_instance_before_there_is_a_way_out(self, stack: cdk.Stack) -> None:
        InstanceFleet(stack, "Fleet", vpc=ec2.Vpc(stack, "Network"))
        template = Template.from_stack(stack)
        routes = {
            name
            for name, found in template.find_resources("AWS::EC2::Route").items()
            if "NatGatewayId" in found["Properties"]
        }
        assert routes
        assert routes <= set(group(template)["DependsOn"])


class TestMixedFleet:
    def test_mixes_types_and_spot_as_was_asked_for_and_moves_before_it_is_interrupted(self) -> None:
        mixed = MixedFleet(on_demand_base=2, spot_percentage=75, spot_allocation=SpotAllocation.CAPACITY_OPTIMIZED)
        template = build(mixed_fleet=mixed, instances=Instances(instance_types=TYPES))
        properties = group(template)["Properties"]
        policy = properties["MixedInstancesPolicy"]
        assert policy["InstancesDistribution"] == {
            "OnDemandAllocationStrategy": "prioritized",
            "OnDemandBaseCapacity": 2,
            "OnDemandPercentageAboveBaseCapacity": 25,
            "SpotAllocationStrategy": "capacity-optimized",
        }
        assert [found["InstanceType"] for found in policy["LaunchTemplate"]["Overrides"]] == TYPES
        assert properties["CapacityRebalance"] is True
        assert "LaunchTemplate" not in properties
        assert "InstanceType" not in launch_data(template)


class TestPlacement:
    def test_spreads(self) -> None:
        template = build(placement=Placement(strategy=PlacementStrategy.SPREAD))
        (name,) = template.find_resources("AWS::EC2::PlacementGroup", {"Properties": {"Strategy": "spread"}})
        assert launch_data(template)["Placement"]["GroupName"] == {"Fn::GetAtt": [name, "GroupName"]}

    @pytest.mark.parametrize(("asked", "got"), [(None, 7), (3, 3)])
    def test_makes_partitions(self, asked: int | None, got: int) -> None:
        template = build(placement=Placement(strategy=PlacementStrategy.PARTITION, partitions=asked))
        found = only(template, "AWS::EC2::PlacementGroup")["Properties"]
        assert found == {"Strategy": "partition", "PartitionCount": got}

    def test_clusters_in_one_zone(self) -> None:
        instances = Instances(instance_types=["c7gn.large"])
        template = build(zones=1, placement=Placement(strategy=PlacementStrategy.CLUSTER), instances=instances)
        assert only(template, "AWS::EC2::PlacementGroup")["Properties"] == {"Strategy": "cluster"}
        assert group(template)["Properties"]["VPCZoneIdentifier"] == ["subnet-a"]

    def test_is_left_to_ec2_otherwise(self, template: Template) -> None:
        assert "Placement" not in launch_data(template)


class TestFirstDeployment:
    def test_fails_unless_every_instance_comes_up(self, template: Template) -> None:
        assert group(template)["CreationPolicy"] == {"ResourceSignal": {"Count": 3, "Timeout": "PT5M"}}

    @pytest.mark.parametrize(
        ("capacity", "count"),
        [(Capacity(minimum=4, maximum=9), 4), (Capacity(minimum=3, desired=5, maximum=9, needed=3), 5)],
    )
    def test_waits_for_as_many_as_it_starts(self, capacity: Capacity, count: int) -> None:
        creation = group(build(capacity=capacity, start_seconds=300))["CreationPolicy"]
        assert creation == {"ResourceSignal": {"Count": count, "Timeout": "PT5M"}}

    def test_waits_for_none_where_none_is_started(self) -> None:
        empty = Capacity(minimum=0, desired=0, maximum=3, fewer_than_zones=True)
        for update in (InstanceRefresh(), RollingUpdate()):
            assert "CreationPolicy" not in group(build(capacity=empty, update=update))

    def test_waits_for_none_that_is_trusted(self) -> None:
        template = build(trust_new_instances=True)
        assert "CreationPolicy" not in group(template)
        assert "cfn-signal" not in user_data(template)
        assert "cloudformation:SignalResource" not in json.dumps(template.to_json())


class TestLaterDeployments:
    def test_replace_the_instances_whenever_what_they_are_made_of_has_changed(self, template: Template) -> None:
        (name,) = template.find_resources("AWS::EC2::LaunchTemplate")
        # A number, to which a rollback can return; $Latest is none.
        assert group(template)["Properties"]["LaunchTemplate"] == {
            "LaunchTemplateId": {"Ref": name},
            "Version": {"Fn::GetAtt": [name, "LatestVersionNumber"]},
        }

    def test_wait_for_nothing_where_no_alarm_looks(self, template: Template) -> None:
        assert group(template)["UpdatePolicy"]["AutoScalingInstanceRefresh"] == {
            "Strategy": "Rolling",
            "Preferences": {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 110, "BakeTime": 0},
        }

    def test_begin_with_a_few_and_are_taken_back_by_an_alarm(self, stack: cdk.Stack) -> None:
        metric = cloudwatch.Metric(namespace="Cats", metric_name="Complaints")
        alarm = cloudwatch.Alarm(stack, "Alarm", metric=metric, threshold=1, evaluation_periods=1)
        fleet(stack, rollback_alarms=[alarm])
        template = Template.from_stack(stack)
        (name,) = template.find_resources("AWS::CloudWatch::Alarm")
        assert group(template)["UpdatePolicy"]["AutoScalingInstanceRefresh"]["Preferences"] == {
            "MinHealthyPercentage": 100,
            "MaxHealthyPercentage": 110,
            "CheckpointPercentages": [10, 100],
            "CheckpointDelay": 300,
            "BakeTime": 300,
            "AlarmSpecification": {"Alarms": [{"Ref": name}]},
        }

    def test_pause_and_exceed_as_was_asked_for(self) -> None:
        update = InstanceRefresh(
            checkpoint_percentages=(25, 100),
            checkpoint_seconds=60,
            bake_seconds=30,
            minimum_healthy_percent=90,
            maximum_healthy_percent=150,
        )
        assert group(build(update=update))["UpdatePolicy"]["AutoScalingInstanceRefresh"]["Preferences"] == {
            "MinHealthyPercentage": 90,
            "MaxHealthyPercentage": 150,
            "CheckpointPercentages": [25, 100],
            "CheckpointDelay": 60,
            "BakeTime": 30,
        }

    def test_go_batch_by_batch_and_wait_for_each_one(self) -> None:
        update = RollingUpdate(batch_size=2, minimum_successful_percent=50)
        policy = group(build(update=update, start_seconds=600))["UpdatePolicy"]
        assert policy["AutoScalingRollingUpdate"] == {
            "MaxBatchSize": 2,
            "MinInstancesInService": 3,
            "MinSuccessfulInstancesPercent": 50,
            "PauseTime": "PT10M",
            "SuspendProcesses": [
                *("HealthCheck", "ReplaceUnhealthy", "AZRebalance", "AlarmNotification", "ScheduledActions"),
            ],
            "WaitOnResourceSignals": True,
        }
        assert "AutoScalingInstanceRefresh" not in policy

    def test_give_trusted_instances_the_time_to_warm_up(self) -> None:
        template = build(update=RollingUpdate(), trust_new_instances=True, warm_up_seconds=60)
        policy = group(template)["UpdatePolicy"]["AutoScalingRollingUpdate"]
        assert policy["PauseTime"] == "PT1M"
        assert "WaitOnResourceSignals" not in policy


class TestUserData:
    def test_signals_for_the_group_of_its_own_stack(self, template: Template) -> None:
        (name,) = template.find_resources("AWS::AutoScaling::AutoScalingGroup")
        assert (
            f"cfn-signal --exit-code $result --stack '<AWS::StackName>' --resource '{name}' --region '<AWS::Region>'"
            in user_data(template)
        )

    def test_asks_the_application_for_less_time_than_the_signal_is_waited_for(self) -> None:
        script = user_data(build(health_url=URL, start_seconds=600))
        assert f"'{URL}' | grep -q '^[23]'" in script
        assert "[ $SECONDS -ge 540 ]" in script

    def test_asks_nobody_where_no_url_is_given(self, template: Template) -> None:
        assert "curl" not in user_data(template)

    def test_holds_everybodys_commands_before_the_signal(self, stack: cdk.Stack) -> None:
        instances = fleet(stack, instances=Instances(user_data=shell("first")), health_url=URL)
        instances.user_data.add_commands("second")
        instances.group.add_user_data("third")
        script = user_data(Template.from_stack(stack))
        assert "(\n  :\nfirst\nsecond\nthird\n)\n" in script
        assert script.index("third") < script.index("curl")

    def test_is_each_fleets_own_where_two_are_made_of_the_same(self, stack: cdk.Stack) -> None:
        vpc = imported_vpc(stack)
        same = Instances(user_data=shell("first"))
        blue, green = (InstanceFleet(stack, name, vpc=vpc, instances=same) for name in ("Blue", "Green"))
        blue.user_data.add_commands("blue-only")
        found = Template.from_stack(stack).find_resources("AWS::EC2::LaunchTemplate")
        texts = [json.dumps(template) for template in found.values()]
        assert [text.count("blue-only") for text in texts] == [1, 0]
        assert [text.count("report() {") for text in texts] == [1, 1]
        assert same.user_data is not None
        assert same.user_data.render() == "#!/bin/bash\nfirst"
        assert green.user_data.render() == "#!/bin/bash"

    def test_of_a_trusted_instance_is_as_it_was_given(self) -> None:
        config = ec2.UserData.custom("#cloud-config\npackages: [nginx]")
        template = build(instances=Instances(user_data=config), trust_new_instances=True)
        assert user_data(template) == "#cloud-config\npackages: [nginx]"

    def test_of_a_trusted_instance_that_is_no_script_can_t_be_added_to(self, stack: cdk.Stack) -> None:
        config = ec2.UserData.custom("#cloud-config\npackages: [nginx]")
        instances = fleet(stack, instances=Instances(user_data=config), trust_new_instances=True)
        instances.user_data.add_commands("true")
        message = (
            r"\[S/Fleet\] user_data has commands, and instances\.user_data is no shell script that they could follow"
        )
        with pytest.raises(RuntimeError, match=message):
            Template.from_stack(stack)

    def test_that_is_no_shell_script_is_refused(self, stack: cdk.Stack) -> None:
        config = ec2.UserData.custom("#cloud-config\npackages: [nginx]")
        with pytest.raises(ValueError, match=r"^InstanceFleet S/Fleet can't be built:") as caught:
            fleet(stack, instances=Instances(user_data=config))
        assert str(caught.value) == (
            "InstanceFleet S/Fleet can't be built:\n"
            "  - instances.user_data must be a shell script, because it is followed by a signal, got '#cloud-config': "
            "use ec2.UserData.for_linux(), or send no signal with trust_new_instances=True"
        )

    def test_that_is_too_long_is_refused(self, stack: cdk.Stack) -> None:
        with pytest.raises(ValueError, match=r"^InstanceFleet S/Fleet can't be built:") as caught:
            fleet(stack, instances=Instances(user_data=shell("é" * 8_200)))
        assert str(caught.value) == (
            "InstanceFleet S/Fleet can't be built:\n"
            "  - instances.user_data must have at most 16384 bytes, got 16412 bytes: bake what is always the same into "
            "an image, and download the rest"
        )

    def test_that_grows_too_long_is_refused_at_synthesis(self, stack: cdk.Stack) -> None:
        instances = fleet(stack, instances=Instances(user_data=shell("x" * 16_000)))
        instances.user_data.add_commands("y" * 300)
        with pytest.raises(RuntimeError, match=r"\[S/Fleet\] user_data must have at most 16384 bytes, got 16\d\d\d"):
            Template.from_stack(stack)

    def test_known_at_deployment_only_is_let_through(self, stack: cdk.Stack) -> None:
        script = cdk.CfnParameter(stack, "Script").value_as_string
        fleet(stack, instances=Instances(user_data=ec2.UserData.custom(script)))
        assert "\n<Script>\n" in user_data(Template.from_stack(stack))


class TestNetworks:
    def test_zones_are_those_of_its_subnets(self, stack: cdk.Stack) -> None:
        vpc = imported_vpc(stack)
        two = ec2.SubnetSelection(availability_zones=["eu-west-1a", "eu-west-1c"])
        instances = InstanceFleet(stack, "Fleet", vpc=vpc, subnets=two)
        assert (instances.zones, instances.availability_zones) == (2, ["eu-west-1a", "eu-west-1c"])
        assert instances.capacity == Capacity(minimum=2, maximum=4)
        assert group(Template.from_stack(stack))["Properties"]["VPCZoneIdentifier"] == ["subnet-a", "subnet-c"]

    @pytest.mark.parametrize("zones", [2, 3])
    def test_may_be_of_any_account(self, stack: cdk.Stack, zones: int) -> None:
        from aws_patterns.network.multi_az_vpc import MultiAzVpc

        network = MultiAzVpc(stack, "Network", availability_zones=zones)
        assert InstanceFleet(stack, "Fleet", vpc=network.vpc).zones == zones

    def test_may_be_of_another_stack(self, app: cdk.App) -> None:
        network = ec2.Vpc(cdk.Stack(app, "Network"), "Vpc")
        there = cdk.Stack(app, "Fleet")
        InstanceFleet(there, "Fleet", vpc=network)
        assert len(group(Template.from_stack(there))["Properties"]["VPCZoneIdentifier"]) == 2

    def test_one_zone_is_refused_unless_that_was_asked_for(self, stack: cdk.Stack) -> None:
        with pytest.raises(ValueError, match=r"subnets must be in several zones, got 1"):
            fleet(stack, zones=1)
        assert InstanceFleet(
            stack,
            "Accepted",
            vpc=ec2.Vpc.from_vpc_attributes(
                stack, "One", vpc_id="vpc-1", availability_zones=["a"], private_subnet_ids=["subnet-a"]
            ),
            down_with_its_zone=True,
        ).capacity == Capacity(minimum=1, maximum=2)

    def test_two_fleets_stand_in_one_stack_of_a_stage(self, app: cdk.App) -> None:
        stack = cdk.Stack(cdk.Stage(app, "Production"), "S")
        vpc = imported_vpc(stack)
        for name in ("One", "Two"):
            InstanceFleet(stack, name, vpc=vpc)
        Template.from_stack(stack).resource_count_is("AWS::AutoScaling::AutoScalingGroup", 2)


class TestWarnings:
    def test_say_how_many_to_run_for_the_loss_of_a_zone(self, stack: cdk.Stack) -> None:
        fleet(stack, capacity=Capacity(minimum=3, maximum=9, needed=4))
        (warning,) = Annotations.from_stack(stack).find_warning("*", Match.any_value())
        assert str(warning.entry.data).startswith(
            "The loss of one of 3 zones leaves 2 of 3 instances, and 4 are needed"
        )
        assert "aws-patterns:zoneLoss" in str(warning.entry.data)

    def test_are_none_where_all_is_said(self, stack: cdk.Stack) -> None:
        fleet(stack, capacity=Capacity(minimum=3, desired=6, maximum=9, needed=4))
        assert Annotations.from_stack(stack).find_warning("*", Match.any_value()) == []


def test_every_problem_is_told_at_once_and_with_its_place(stack: cdk.Stack) -> None:
    with pytest.raises(ValueError, match=r"^InstanceFleet S/Fleet can't be built:") as caught:
        fleet(
            stack, capacity=Capacity(minimum=1, maximum=9), instances=Instances(root_volume_gib=0), warm_up_seconds=-1
        )
    first, *rest = str(caught.value).split("\n")
    assert first == "InstanceFleet S/Fleet can't be built:"
    assert [line.split()[1] for line in rest] == ["capacity.minimum", "instances.root_volume_gib", "warm_up_seconds"]


def test_what_is_needed_is_noted_for_those_who_judge_the_template() -> None:
    noted = group(build(capacity=Capacity(minimum=6, maximum=12, needed=4)))
    assert noted["Metadata"]["aws-patterns:needed"] == 4
    assert "aws-patterns:needed" not in group(build()).get("Metadata", {})
