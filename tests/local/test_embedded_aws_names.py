"""What the embedded AWS serves under public names is reached under them, by https, by functions and by tests."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from local_aws.embedded import EmbeddedAws
from tests.local.regional_functions import REGIONS, HttpApi, make_api, make_function

if TYPE_CHECKING:
    from pathlib import Path

ASKS = """
import http.client
import json
import ssl
import urllib.parse
import urllib.request

def handle(event, context):
    url = event["url"]
    if event.get("by") == "http.client":
        address = urllib.parse.urlsplit(url)
        connection = http.client.HTTPSConnection(address.netloc, timeout=10)
        connection.request("GET", address.path)
        answer = connection.getresponse()
        return {"status": answer.status, "body": answer.read().decode()}
    try:
        settings = ssl.create_default_context()
        if event.get("by") == "somebody else's trust":
            settings = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        with urllib.request.urlopen(url, timeout=10, context=settings) as answer:
            return {"status": answer.status, "body": answer.read().decode()}
    except urllib.error.HTTPError as refused:
        return {"status": refused.code, "body": refused.read().decode()}
    except OSError as problem:
        return {"problem": str(problem)}
"""


@pytest.fixture(scope="module")
def apis(session_aws: EmbeddedAws) -> Iterator[dict[str, HttpApi]]:
    """One in each Region, which says where it is."""
    made = {region: make_api(session_aws, region) for region in REGIONS}
    yield made
    for api in made.values():
        api.delete()


@pytest.fixture(scope="module")
def asking(session_aws: EmbeddedAws) -> Iterator[str]:
    """A function that asks for an address."""
    name = make_function(session_aws, REGIONS[0], ASKS)
    yield name
    session_aws.client("lambda").delete_function(FunctionName=name)


def ask(aws: EmbeddedAws, function: str, url: str, by: str = "urllib") -> dict[str, Any]:
    answer = aws.client("lambda").invoke(FunctionName=function, Payload=json.dumps({"url": url, "by": by}))
    told: dict[str, Any] = json.loads(answer["Payload"].read())
    return told


@pytest.mark.parametrize("by", ["urllib", "http.client"])
@pytest.mark.parametrize("region", REGIONS)
def test_a_function_reaches_an_api_of_any_region_by_https(
    embedded_aws: EmbeddedAws, apis: dict[str, HttpApi], asking: str, region: str, by: str
) -> None:
    told = ask(embedded_aws, asking, f"{apis[region].url}/orders", by)

    assert told["status"] == 200, told
    seen = json.loads(told["body"])
    assert seen["region"] == region
    assert seen["path"] == "/orders"
    assert seen["host"] == apis[region].url.removeprefix("https://")


def test_certificates_are_checked(embedded_aws: EmbeddedAws, apis: dict[str, HttpApi], asking: str) -> None:
    told = ask(embedded_aws, asking, f"{apis[REGIONS[0]].url}/", "somebody else's trust")

    assert "CERTIFICATE_VERIFY_FAILED" in told["problem"]


def test_an_api_is_in_its_own_region_only(embedded_aws: EmbeddedAws, apis: dict[str, HttpApi], asking: str) -> None:
    elsewhere = apis[REGIONS[0]].url.replace(REGIONS[0], REGIONS[1])

    assert ask(embedded_aws, asking, elsewhere)["status"] == 404
    assert embedded_aws.http("GET", elsewhere).status == 404


def test_what_is_not_served_here_is_asked_for_elsewhere(embedded_aws: EmbeddedAws, asking: str) -> None:
    told = ask(embedded_aws, asking, "https://nobody.invalid/")

    assert "problem" in told
    assert "embedded AWS" not in told["problem"]


@pytest.mark.parametrize("region", REGIONS)
def test_a_test_reaches_an_api_by_its_public_name(
    embedded_aws: EmbeddedAws, apis: dict[str, HttpApi], region: str
) -> None:
    seen = embedded_aws.http("GET", f"{apis[region].url}/orders?since=1").json()
    with embedded_aws.names(), urllib.request.urlopen(f"{apis[region].url}/orders?since=1") as answer:
        assert json.load(answer) == seen
    assert seen["region"] == region


def test_names_lead_elsewhere_again_afterwards(embedded_aws: EmbeddedAws, apis: dict[str, HttpApi]) -> None:
    before = ssl.get_default_verify_paths().cafile
    with embedded_aws.names():
        assert ssl.get_default_verify_paths().cafile != before
    assert ssl.get_default_verify_paths().cafile == before
    unknown = apis[REGIONS[0]].url.replace("execute-api", "no-such-service")
    with pytest.raises(OSError, match=r"Name or service not known|nodename|resolution"):
        urllib.request.urlopen(unknown, timeout=5)


def test_a_domain_name_of_an_apis_own_leads_to_it(embedded_aws: EmbeddedAws, asking: str) -> None:
    api = make_api(embedded_aws, REGIONS[1], domain="orders.example.test")
    try:
        seen = embedded_aws.http("GET", "https://orders.example.test/orders").json()
        assert seen["region"] == REGIONS[1]
        assert json.loads(ask(embedded_aws, asking, "https://orders.example.test/orders")["body"]) == seen
    finally:
        api.delete()


def test_a_redirect_names_what_was_asked_for(embedded_aws: EmbeddedAws, apis: dict[str, HttpApi]) -> None:
    """Public names for who came by one, local names for a browser on this machine."""
    url, there = f"{apis[REGIONS[0]].url}/moved", "https://a1b2c3d4.execute-api.us-west-2.amazonaws.com/here"
    assert embedded_aws.http("GET", url).headers["location"] == there
    assert embedded_aws.http("GET", embedded_aws.localize(url)).headers["location"] == embedded_aws.localize(there)


def test_nothing_of_an_authority_is_left(tmp_path: Path) -> None:
    started = EmbeddedAws(tmp_path / "aws")
    try:
        with started.names():
            trusted = ssl.get_default_verify_paths().cafile
            assert trusted
            assert str(tmp_path) in trusted, "it is in the server's own folder"
    finally:
        started.stop()
