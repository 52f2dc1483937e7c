"""A function's deployment package holds its own source and pure-Python libraries, the same bytes each time."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from aws_patterns import _function_code

PACKAGES = ["pet_cuddle_otron_api", "pet_cuddle_otron_email"]


@pytest.fixture(params=PACKAGES)
def package(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def archive(package: str) -> Path:
    return _function_code._archive(package, "3.14")[0]


def test_holds_that_package_and_no_other(package: str, archive: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        top = {name.split("/")[0] for name in opened.namelist()}
    assert package in top
    assert top.isdisjoint(set(PACKAGES) - {package})


def test_leaves_out_what_the_runtime_has_and_what_is_compiled(archive: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        names = opened.namelist()
    assert not [name for name in names if name.startswith(("boto3/", "botocore/"))]
    assert not [name for name in names if Path(name).suffix in {".so", ".pyd", ".pyc", ".c"}]


def test_carries_the_licences_of_what_it_carries(archive: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        names = opened.namelist()
    carried = {name.split("/")[0] for name in names if ".dist-info/METADATA" in name}
    licensed = {name.split("/")[0] for name in names if ".dist-info/" in name and "licen" in name.lower()}
    assert carried
    assert carried == licensed


def test_imports_with_nothing_but_the_runtime_beside_it(package: str, archive: Path) -> None:
    """The handler loads from the archive; only the AWS SDK, which the runtime has, comes from elsewhere."""
    code = f"""
import sys, importlib.util
kept = {{"boto3", "botocore", "s3transfer", "dateutil", "six", "urllib3"}}
class Runtime:
    def find_spec(self, name, path=None, target=None):
        found = importlib.machinery.PathFinder.find_spec(name, path)
        vendored = "site-packages" in str(found and found.origin) and name.split(".")[0] not in kept
        if vendored:
            raise ImportError(f"{{name}} is not in the archive")
        return None
import importlib.machinery, importlib.abc
sys.path = [{str(archive)!r}] + sys.path
sys.meta_path.insert(0, Runtime())
import {package}.handler
"""
    environment = {
        "AWS_DEFAULT_REGION": "us-east-1",
        "STATE_MACHINE_ARN": "arn:aws:states:us-east-1:111122223333:stateMachine:m",
        "IDEMPOTENCY_TABLE": "table",
        "IDEMPOTENCY_WINDOW_SECONDS": "300",
        "CHANNELS": "email,sms",
        "ALLOWED_EMAIL_DOMAINS": "",
        "ALLOWED_PHONE_PREFIXES": "",
        "SENDER": "whiskers@example.org",
        "POWERTOOLS_SERVICE_NAME": package,
        "POWERTOOLS_TRACE_DISABLED": "true",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_same_content_gives_the_same_hash(package: str) -> None:
    first = _function_code._archive(package, "3.14")[1]
    _function_code._archive.cache_clear()
    assert _function_code._archive(package, "3.14")[1] == first


def test_a_package_that_does_not_exist_is_named() -> None:
    with pytest.raises(FileNotFoundError, match="no function package 'pet_rock'"):
        _function_code.function_code("pet_rock", python_version="3.14")
