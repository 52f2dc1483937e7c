"""F, by which everything else is measured: the smallest app that the CDK builds. Takes the output folder."""

import sys

import aws_cdk as cdk
from aws_cdk import aws_sqs as sqs

app = cdk.App(outdir=sys.argv[1], analytics_reporting=False, builtin_cloud_formation_validation=False)
sqs.Queue(cdk.Stack(app, "One"), "Queue")
app.synth()
