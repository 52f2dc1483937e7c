"""Which Regions a request needs, and how one of a lost Region is refused.

Source: https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/global-services.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from urllib.parse import parse_qs

from local_aws.hosts import public_balancer
from local_aws.launcher import hooks, operations, website
from local_aws.launcher.faults import Fault
from local_aws.launcher.names.resolution import owners_of_domain, regions_of_api

_CREDENTIAL = re.compile(r"[^/\s=]+/\d{8}/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request")
_API = re.compile(r"([a-z0-9]+)\.execute-api\.(?:localhost|([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?)")
_API_PATH = re.compile(r"/(?:_aws/execute-api|restapis)/([a-z0-9]+)(?:/|$)")
_FUNCTION_URL = re.compile(r"[a-z0-9-]+\.lambda-url\.([a-z0-9-]+)\.")
_BALANCER = re.compile(r"[a-z0-9-]+\.([a-z0-9-]+)\.elb\.amazonaws\.com")
_BALANCER_PATH = re.compile(r"/_alb/([^/]+)(?:/|$)")
# Services that are the same everywhere, by their names in signatures, and the Region of their control plane.
_CONTROLLED_FROM = {
    **dict.fromkeys(("iam", "organizations", "account", "route53", "cloudfront", "shield"), "us-east-1"),
    **dict.fromkeys(("globalaccelerator", "networkmanager"), "us-west-2"),
}
_BUCKET = re.compile(r"([a-z0-9.-]+)\.s3[.-]")


# In the scope of a request whose Region is known.
SERVED_IN = "local_aws.region"


def regions_of(path: str, query: str, headers: Mapping[str, str]) -> set[str]:
    """The Regions without which a request can't be served; none where it belongs to no Region."""
    return set(_regions_of(path, query, headers))


def _regions_of(path: str, query: str, headers: Mapping[str, str]) -> Iterator[str]:
    named = headers.get("host", "").lower()
    host = named.partition(":")[0]
    signed = _CREDENTIAL.search(headers.get("authorization", "") or parse_qs(query).get("X-Amz-Credential", [""])[0])
    if signed:
        yield _CONTROLLED_FROM.get(signed[2], signed[1])
    if found := _API.fullmatch(host):
        yield from ([found[2]] if found[2] else regions_of_api(found[1]))
    elif found := _API_PATH.match(path):
        yield from regions_of_api(found[1])
    elif found := _FUNCTION_URL.match(host) or _BALANCER.fullmatch((public_balancer(named) or named).partition(":")[0]):
        yield found[1]
    elif found := _BALANCER_PATH.match(path):
        yield from _of_balancers(found[1])
    elif bucket := website.bucket_of(host) or _bucket(host, path, signed[2] if signed else ""):
        yield from _of_bucket(bucket)
    else:
        yield from owners_of_domain(host)


def _bucket(host: str, path: str, service: str) -> str:
    if found := _BUCKET.match(host):
        return found[1]
    return path.lstrip("/").partition("/")[0] if service == "s3" else ""


def _of_balancers(name: str) -> Iterator[str]:
    for (_, region, _), balancer in hooks.scoped(hooks.BALANCERS).all_items():
        if balancer.get("LoadBalancerName") == name:
            yield region


def _of_bucket(name: str) -> Iterator[str]:
    record = hooks.store(hooks.BUCKETS).get(name)
    if record is not None:
        yield str(record.get("region") or "us-east-1")


def refusal(
    method: str, path: str, headers: Mapping[str, str], body: bytes, region: str
) -> tuple[int, dict[str, str], bytes]:
    """What a lost Region answers: as AWS does while a service is not there, so that clients try again."""
    message = f"{region} is lost"
    asked = operations.operation(method, path, headers, body)
    if asked is None:
        body = json.dumps({"message": "Service Unavailable", "reason": message}).encode()
        return HTTPStatus.SERVICE_UNAVAILABLE, {"content-type": "application/json"}, body
    fault = Fault(asked.service, asked.action, "ServiceUnavailable", HTTPStatus.SERVICE_UNAVAILABLE, None, message)
    return operations.error_response(fault, asked.protocol)
