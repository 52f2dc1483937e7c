"""One construct for each service of the network load balanced fleet, with the least to say. Takes the output folder."""

import sys

import aws_cdk as cdk
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_s3_assets as s3_assets

app = cdk.App(outdir=sys.argv[1], analytics_reporting=False, builtin_cloud_formation_validation=False)
stack = cdk.Stack(app, "Bare")
vpc = ec2.Vpc(stack, "Vpc", max_azs=2)
vpc.add_flow_log("FlowLog")
s3_assets.Asset(stack, "Source", path=cdk.__path__[0] + "/py.typed")
group = autoscaling.AutoScalingGroup(
    stack,
    "Group",
    vpc=vpc,
    launch_template=ec2.LaunchTemplate(
        stack,
        "Template",
        instance_type=ec2.InstanceType("t4g.small"),
        machine_image=ec2.MachineImage.latest_amazon_linux2023(cpu_type=ec2.AmazonLinuxCpuType.ARM_64),
        role=cdk.aws_iam.Role(stack, "Role", assumed_by=cdk.aws_iam.ServicePrincipal("ec2.amazonaws.com")),
        security_group=ec2.SecurityGroup(stack, "InstanceGroup", vpc=vpc),
    ),
)
balancer = elbv2.NetworkLoadBalancer(stack, "Balancer", vpc=vpc, internet_facing=True)
balancer.add_listener("Listener", port=80).add_targets("Fleet", port=8080, targets=[group])
group.scale_on_cpu_utilization("Cpu", target_utilization_percent=50)
balancer.metrics.new_flow_count().create_alarm(stack, "Alarm", threshold=1, evaluation_periods=1)
cloudwatch.Dashboard(stack, "Dashboard")
app.synth()
