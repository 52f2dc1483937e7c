"""Functions and HTTP APIs made by a few calls in a Region, for tests of the embedded AWS."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from io import BytesIO
from uuid import uuid4

from local_aws.embedded import EmbeddedAws

REGIONS = ("us-east-1", "us-west-2")
ROLE = "arn:aws:iam::000000000000:role/any"

# Says where it is and what was asked for; writes an item where a table is given.
_TELLS = """
import json
import os

import boto3

def handle(event, context):
    request, path = event["requestContext"], event["rawPath"]
    region, table = os.environ["AWS_REGION"], os.environ.get("TABLE")
    if path == "/moved":
        return {"statusCode": 307, "headers": {"location": "https://a1b2c3d4.execute-api.us-west-2.amazonaws.com/here"}}
    if table and request["http"]["method"] == "PUT":
        boto3.client("dynamodb").put_item(TableName=table, Item={"id": {"S": path.strip("/")}, "in": {"S": region}})
    seen = {"region": region, "path": path, "host": event["headers"]["host"]}
    return {"statusCode": 200, "body": json.dumps(seen)}
"""


def make_function(
    aws: EmbeddedAws, region: str, code: str, environment: Mapping[str, str] | None = None, timeout: int = 30
) -> str:
    """A function with this code, whose handler is ``handle``; its name."""
    package = BytesIO()
    with zipfile.ZipFile(package, "w") as output:
        output.writestr("index.py", code)
    name = f"regional-{uuid4().hex[:8]}"
    aws.clients_in(region)("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="index.handle",
        Role=ROLE,
        Timeout=timeout,
        Code={"ZipFile": package.getvalue()},
        Environment={"Variables": dict(environment or {})},
    )
    return name


@dataclass(frozen=True, slots=True)
class HttpApi:
    """An HTTP API in front of a function.

    Attributes:
        url: Its public address, without a slash at the end.
        function: The function's name.
        delete: Takes all of it away.
        alias: The target of an alias record for its own domain name; blank without one.
    """

    url: str
    function: str
    delete: Callable[[], None]
    alias: str = ""


def make_api(aws: EmbeddedAws, region: str, *, code: str = _TELLS, table: str = "", domain: str = "") -> HttpApi:
    """An HTTP API that says where it is, under a domain name of its own too where one is given."""
    made = ExitStack()
    functions, gateway = aws.clients_in(region)("lambda"), aws.clients_in(region)("apigatewayv2")
    function = make_function(aws, region, code, {"TABLE": table} if table else {})
    made.callback(functions.delete_function, FunctionName=function)
    arn = functions.get_function(FunctionName=function)["Configuration"]["FunctionArn"]
    api = gateway.create_api(Name=function, ProtocolType="HTTP")
    made.callback(gateway.delete_api, ApiId=api["ApiId"])
    integration = gateway.create_integration(
        ApiId=api["ApiId"], IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion="2.0"
    )
    target = f"integrations/{integration['IntegrationId']}"
    gateway.create_route(ApiId=api["ApiId"], RouteKey="$default", Target=target)
    gateway.create_stage(ApiId=api["ApiId"], StageName="$default", AutoDeploy=True)
    alias = ""
    if domain:
        certificate = f"arn:aws:acm:{region}:000000000000:certificate/{uuid4()}"
        found = gateway.create_domain_name(
            DomainName=domain,
            DomainNameConfigurations=[
                {"CertificateArn": certificate, "EndpointType": "REGIONAL", "SecurityPolicy": "TLS_1_2"}
            ],
        )
        alias = found["DomainNameConfigurations"][0]["ApiGatewayDomainName"]
        made.callback(gateway.delete_domain_name, DomainName=domain)
        gateway.create_api_mapping(ApiId=api["ApiId"], DomainName=domain, Stage="$default")
    url = f"https://{api['ApiId']}.execute-api.{region}.amazonaws.com"
    return HttpApi(url, function, made.close, alias)
