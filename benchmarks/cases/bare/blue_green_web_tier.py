"""One construct for each service of the blue/green web tier, with the least to say. Takes the output folder."""

import sys

import aws_cdk as cdk
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_s3 as s3

app = cdk.App(outdir=sys.argv[1], analytics_reporting=False, builtin_cloud_formation_validation=False)
stack = cdk.Stack(app, "Bare")
vpc = ec2.Vpc(stack, "Vpc")
balancer = elbv2.ApplicationLoadBalancer(stack, "Balancer", vpc=vpc, internet_facing=True)
groups = []
for colour in ("Blue", "Green"):
    fleet = autoscaling.AutoScalingGroup(
        stack,
        colour,
        vpc=vpc,
        instance_type=ec2.InstanceType("t4g.micro"),
        machine_image=ec2.MachineImage.latest_amazon_linux2023(cpu_type=ec2.AmazonLinuxCpuType.ARM_64),
    )
    groups.append(elbv2.ApplicationTargetGroup(stack, f"{colour}Group", vpc=vpc, port=80, targets=[fleet]))
weighted = [elbv2.WeightedTargetGroup(target_group=group, weight=50) for group in groups]
balancer.add_listener("Http", port=80, default_action=elbv2.ListenerAction.weighted_forward(weighted))
groups[0].metrics.target_response_time().create_alarm(stack, "Alarm", threshold=1, evaluation_periods=1)
cloudwatch.Dashboard(stack, "Dashboard")
s3.Bucket(stack, "Logs")
app.synth()
