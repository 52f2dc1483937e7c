"""Public AWS host names become local ones, and nothing else changes."""

from __future__ import annotations

import pytest

from local_aws.hosts import balancer_name, localize, public_balancer


@pytest.mark.parametrize(
    ("public", "local"),
    [
        (
            "https://a1b2c3d4.execute-api.us-east-1.amazonaws.com/prod/x?y=1",
            "http://a1b2c3d4.execute-api.localhost:4567/prod/x?y=1",
        ),
        ("wss://a1b2c3d4.execute-api.eu-west-1.amazonaws.com/prod", "ws://a1b2c3d4.execute-api.localhost:4567/prod"),
        ("https://d1abc.cloudfront.net", "http://d1abc.cloudfront.localhost:4567"),
        ('{"host": "d1abc.cloudfront.net"}', '{"host": "d1abc.cloudfront.localhost:4567"}'),
        (
            "connect-src 'self' https://*.execute-api.us-east-1.amazonaws.com; img-src data:",
            "connect-src 'self' http://*.execute-api.localhost:4567; img-src data:",
        ),
        ("http://my.site.s3-website-us-east-1.amazonaws.com/", "http://my.site.s3-website.localhost:4567/"),
        (
            "img-src 'self' https://my-pictures.s3.us-east-1.amazonaws.com/; connect-src 'self'",
            "img-src 'self' http://127.0.0.1:4567/my-pictures/; connect-src 'self'",
        ),
        ("https://my-pictures.s3.eu-west-1.amazonaws.com", "http://127.0.0.1:4567/my-pictures"),
        (
            "https://abc123.lambda-url.us-east-1.on.aws/",
            "http://abc123.lambda-url.us-east-1.localhost:4567/",
        ),
        (
            "https://web-1f2e3d4c.us-east-1.elb.amazonaws.com/a?b=c",
            "http://443.web-1f2e3d4c.us-east-1.elb.localhost:4567/a?b=c",
        ),
        ("http://web-1f2e3d4c.us-east-1.elb.amazonaws.com", "http://web-1f2e3d4c.us-east-1.elb.localhost:4567"),
        (
            "http://web-1f2e3d4c.us-east-1.elb.amazonaws.com:8443/",
            "http://8443.web-1f2e3d4c.us-east-1.elb.localhost:4567/",
        ),
        ("See https://d1abc.cloudfront.net.", "See http://d1abc.cloudfront.localhost:4567."),
    ],
)
def test_a_public_host_name_becomes_the_local_one(public: str, local: str) -> None:
    assert localize(public, 4567) == local


@pytest.mark.parametrize(
    ("local", "public"),
    [
        ("443.web-1f2e.us-east-1.elb.localhost:4567", "web-1f2e.us-east-1.elb.amazonaws.com:443"),
        ("web-1f2e.us-east-1.elb.localhost:4567", "web-1f2e.us-east-1.elb.amazonaws.com"),
        ("d1abc.cloudfront.localhost:4567", None),
        ("example.org", None),
    ],
)
def test_a_local_name_of_a_load_balancer_says_which_listener_is_meant(local: str, public: str | None) -> None:
    assert public_balancer(local) == public


def test_a_load_balancer_is_known_by_its_address() -> None:
    assert balancer_name("http://my-web-1f2e.us-east-1.elb.amazonaws.com:8080/x") == "my-web"
    assert balancer_name("https://example.org/") is None


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/cloudfront.net",
        "https://sqs.us-east-1.amazonaws.com/000000000000/queue",
        "https://d1abc.cloudfront.network",
        "http://fleet-1f2e3d4c5b6a7980.elb.us-east-1.amazonaws.com/",
        "https://d1abc.cloudfront.net.example.org",
    ],
)
def test_other_names_stay_as_they_are(text: str) -> None:
    assert localize(text, 4567) == text
