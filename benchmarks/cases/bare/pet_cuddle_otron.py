"""One construct for each service of the Pet Cuddle-O-Tron, with the least to say. Takes the output folder."""

import sys

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as s3_deployment
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks

app = cdk.App(outdir=sys.argv[1], analytics_reporting=False, builtin_cloud_formation_validation=False)
stack = cdk.Stack(app, "Bare")
function = lambda_.Function(
    stack, "Function", code=lambda_.Code.from_inline("x"), handler="index.x", runtime=lambda_.Runtime.PYTHON_3_14
)
apigateway.LambdaRestApi(stack, "Api", handler=function)
bucket = s3.Bucket(stack, "Bucket")
cloudfront.Distribution(
    stack,
    "Distribution",
    default_behavior=cloudfront.BehaviorOptions(origin=origins.S3BucketOrigin.with_origin_access_control(bucket)),
)
s3_deployment.BucketDeployment(
    stack, "Deployment", destination_bucket=bucket, sources=[s3_deployment.Source.json_data("config.json", {"a": 1})]
)
task = tasks.LambdaInvoke(stack, "Task", lambda_function=function)
sfn.StateMachine(stack, "Machine", definition_body=sfn.DefinitionBody.from_chainable(task))
dynamodb.Table(stack, "Table", partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING))
sqs.Queue(stack, "Queue")
function.metric_errors().create_alarm(stack, "Alarm", threshold=1, evaluation_periods=1)
cloudwatch.Dashboard(stack, "Dashboard")
app.synth()
