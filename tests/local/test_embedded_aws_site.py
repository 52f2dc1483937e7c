"""Static sites: what CDK's BucketDeployment uploads, and the website endpoint."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Mapping

import pytest

from local_aws.embedded import EmbeddedAws
from local_aws.template_stacks import CreateStack

MARKER = "<<marker:0xbaba:0>>"


def upload(aws: EmbeddedAws, bucket: str, files: Mapping[str, str]) -> str:
    """A zip of the files in the bucket; its key."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    key = f"{uuid.uuid4()}.zip"
    aws.client("s3").put_object(Bucket=bucket, Key=key, Body=content.getvalue())
    return key


def template(bucket: str, keys: list[str], **properties: object) -> dict[str, object]:
    """A stack that deploys the zips to a bucket of its own."""
    deployment = {
        "ServiceToken": "arn:aws:lambda:us-east-1:000000000000:function:unused",
        "SourceBucketNames": [bucket] * len(keys),
        "SourceObjectKeys": keys,
        "DestinationBucketName": {"Ref": "Site"},
        **properties,
    }
    return {
        "Resources": {
            "Site": {
                "Type": "AWS::S3::Bucket",
                "Properties": {"WebsiteConfiguration": {"IndexDocument": "index.html", "ErrorDocument": "error.html"}},
            },
            "Empty": {
                "Type": "Custom::S3AutoDeleteObjects",
                "Properties": {"ServiceToken": "unused", "BucketName": {"Ref": "Site"}},
            },
            "Deployment": {
                "Type": "Custom::CDKBucketDeployment",
                "Properties": deployment,
                "DependsOn": ["Empty"],
            },
        },
        "Outputs": {"Site": {"Value": {"Ref": "Site"}}},
    }


@pytest.fixture
def sources(embedded_aws: EmbeddedAws) -> str:
    """A bucket for zips."""
    name = f"sources-{uuid.uuid4().hex[:8]}"
    embedded_aws.client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def name() -> str:
    """A stack name of one's own."""
    return f"site-{uuid.uuid4().hex[:8]}"


def keys(aws: EmbeddedAws, bucket: str) -> set[str]:
    return {entry["Key"] for entry in aws.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])}


def read(aws: EmbeddedAws, bucket: str, key: str) -> str:
    return aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()


def test_files_get_their_content_type_and_the_metadata_asked_for(
    embedded_aws: EmbeddedAws, create_stack: CreateStack, sources: str, name: str
) -> None:
    key = upload(embedded_aws, sources, {"index.html": "<p>", "app.js": "0", "style.css": "", "a/b.json": "{}"})

    stack = create_stack(
        embedded_aws,
        name,
        template(sources, [key], SystemMetadata={"cache-control": "no-cache"}, UserMetadata={"Team": "cats"}),
    )

    heads = {
        path: embedded_aws.client("s3").head_object(Bucket=stack.outputs()["Site"], Key=path)
        for path in ("index.html", "app.js", "style.css", "a/b.json")
    }
    assert {path: head["ContentType"] for path, head in heads.items()} == {
        "index.html": "text/html",
        "app.js": "text/javascript",
        "style.css": "text/css",
        "a/b.json": "application/json",
    }
    assert {head["CacheControl"] for head in heads.values()} == {"no-cache"}
    assert heads["index.html"]["Metadata"] == {"team": "cats"}


def test_markers_are_filled_in_and_public_hosts_made_local(
    embedded_aws: EmbeddedAws, create_stack: CreateStack, sources: str, name: str
) -> None:
    api = "https://a1b2c3d4.execute-api.us-east-1.amazonaws.com/prod/"
    config = upload(embedded_aws, sources, {"config.json": json.dumps({"apiUrl": MARKER, "quote": MARKER})})
    plain = upload(embedded_aws, sources, {"page.html": f"{MARKER} and {api}"})

    stack = create_stack(
        embedded_aws,
        name,
        template(
            sources,
            [config, plain],
            SourceMarkers=[{MARKER: f'"{api}"'}, {}],
            SourceMarkersConfig=[{"jsonEscape": "true"}, {}],
        ),
    )

    local = f'"http://a1b2c3d4.execute-api.localhost:{embedded_aws.port}/prod/"'
    bucket = stack.outputs()["Site"]
    assert json.loads(read(embedded_aws, bucket, "config.json")) == {"apiUrl": local, "quote": local}
    # What holds no marker is not written for this deployment, and is left as it is.
    assert read(embedded_aws, bucket, "page.html") == f"{MARKER} and {api}"


def test_an_update_takes_away_what_is_no_longer_deployed_but_not_what_is_excluded(
    embedded_aws: EmbeddedAws, create_stack: CreateStack, sources: str, name: str
) -> None:
    first = upload(embedded_aws, sources, {"index.html": "1", "old.html": "1"})
    second = upload(embedded_aws, sources, {"index.html": "2"})
    stack = create_stack(embedded_aws, name, template(sources, [first]))
    bucket = stack.outputs()["Site"]
    embedded_aws.client("s3").put_object(Bucket=bucket, Key="uploads/cat.jpg", Body=b"cat")

    status = stack.update(template(sources, [second], Exclude=["uploads/*"]))

    assert status == "UPDATE_COMPLETE", stack.failures()
    assert keys(embedded_aws, bucket) == {"index.html", "uploads/cat.jpg"}
    assert read(embedded_aws, bucket, "index.html") == "2"


def test_nothing_is_taken_away_without_pruning_or_outside_of_the_prefix(
    embedded_aws: EmbeddedAws, create_stack: CreateStack, sources: str, name: str
) -> None:
    first = upload(embedded_aws, sources, {"one.html": "1"})
    second = upload(embedded_aws, sources, {"two.html": "2"})
    stack = create_stack(embedded_aws, name, template(sources, [first], Prune=False))
    bucket = stack.outputs()["Site"]

    stack.update(template(sources, [second], DestinationBucketKeyPrefix="docs/"))

    assert keys(embedded_aws, bucket) == {"one.html", "docs/two.html"}


def test_a_deleted_deployment_takes_its_files_along_unless_they_are_to_stay(
    embedded_aws: EmbeddedAws, create_stack: CreateStack, sources: str, name: str
) -> None:
    key = upload(embedded_aws, sources, {"index.html": "1"})
    stack = create_stack(embedded_aws, name, template(sources, [key], RetainOnDelete=False))
    bucket = stack.outputs()["Site"]
    without = template(sources, [key])
    resources = without["Resources"]
    assert isinstance(resources, dict)
    del resources["Deployment"]

    stack.update(without)

    assert keys(embedded_aws, bucket) == set()


def test_a_bucket_with_versions_in_it_is_emptied_and_deleted_with_its_stack(
    embedded_aws: EmbeddedAws, create_stack: CreateStack, sources: str, name: str
) -> None:
    key = upload(embedded_aws, sources, {"index.html": "1"})
    stack = create_stack(embedded_aws, name, template(sources, [key]))
    bucket, s3 = stack.outputs()["Site"], embedded_aws.client("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=bucket, Key="index.html", Body=b"2")
    s3.delete_object(Bucket=bucket, Key="index.html")

    assert stack.delete() == "DELETE_COMPLETE", stack.failures()
    assert bucket not in {entry["Name"] for entry in s3.list_buckets()["Buckets"]}


def test_the_website_endpoint_serves_index_and_error_documents(
    embedded_aws: EmbeddedAws, create_stack: CreateStack, sources: str, name: str
) -> None:
    files = {"index.html": "home", "docs/index.html": "docs", "app.js": "script", "error.html": "sorry"}
    stack = create_stack(embedded_aws, name, template(sources, [upload(embedded_aws, sources, files)]))
    site = f"http://{stack.outputs()['Site']}.s3-website-us-east-1.amazonaws.com"

    answers = {path: embedded_aws.http("GET", site + path) for path in ("/", "/docs/", "/docs", "/app.js", "/no")}

    assert {path: (answer.status, answer.text) for path, answer in answers.items()} == {
        "/": (200, "home"),
        "/docs/": (200, "docs"),
        "/docs": (302, ""),
        "/app.js": (200, "script"),
        "/no": (404, "sorry"),
    }
    assert answers["/docs"].headers["location"] == "/docs/"


def test_a_bucket_that_is_no_website_says_so(embedded_aws: EmbeddedAws, sources: str) -> None:
    answer = embedded_aws.http("GET", f"http://{sources}.s3-website-us-east-1.amazonaws.com/")

    assert answer.status == 404
    assert "NoSuchWebsiteConfiguration" in answer.text
