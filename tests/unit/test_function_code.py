"""A function's deployment package holds its own source and pure-Python libraries, the same bytes each time."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aws_patterns import _function_code

if TYPE_CHECKING:
    import aws_cdk as cdk

PACKAGES = [
    "pet_cuddle_otron_api",
    "pet_cuddle_otron_email",
    "regional_key_lookup",
    "media_uploads",
    "regional_orders",
    "cache_password_rotation",
    "database_password_rotation",
]


@pytest.fixture(params=PACKAGES)
def package(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("assembly")


@pytest.fixture
def archive(package: str, folder: Path) -> Path:
    import aws_cdk as cdk

    app = cdk.App(outdir=str(folder), builtin_cloud_formation_validation=False)
    _function_code.function_code(cdk.Stack(app, "S"), package, python_version="3.14")
    return folder / f"function.{_function_code._digest(package, '3.14')}.zip"


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


def test_what_was_packed_before_is_not_packed_again(package: str, archive: Path, folder: Path) -> None:
    import aws_cdk as cdk

    archive.write_bytes(b"packed before")
    app = cdk.App(outdir=str(folder), builtin_cloud_formation_validation=False)
    _function_code.function_code(cdk.Stack(app, "Again"), package, python_version="3.14")
    assert archive.read_bytes() == b"packed before"
    archive.unlink()


def test_a_change_of_the_source_changes_the_asset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    digests = []
    for text in ("one", "two", "one"):
        source = tmp_path / "pet_pebble"
        source.mkdir(exist_ok=True)
        (source / "requirements.txt").write_text("")
        (source / "handler.py").write_text(text)
        monkeypatch.setattr(_function_code, "source_root", lambda: tmp_path)
        for cached in (_function_code._digest, _function_code._own_files, _function_code._libraries):
            cached.cache_clear()
        digests.append(_function_code._digest("pet_pebble", "3.14"))
    assert digests[0] == digests[2] != digests[1]


def test_a_package_brings_others_of_lambda_src_along_and_what_those_need(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, needs in {"first": "../second", "second": "../third ../first", "third": "six", "other": ""}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "requirements.txt").write_text(needs)
        (tmp_path / name / "logic.py").write_text(name)
    monkeypatch.setattr(_function_code, "source_root", lambda: tmp_path)
    files = _function_code._own_files.__wrapped__("first")
    assert sorted(files) == ["first/logic.py", "second/logic.py", "third/logic.py"]
    assert [found.name for found in _function_code._libraries.__wrapped__("first", "3.14")] == ["six"]


def test_a_package_that_does_not_exist_is_named(stack: cdk.Stack) -> None:
    with pytest.raises(FileNotFoundError, match="no function package 'pet_rock'"):
        _function_code.function_code(stack, "pet_rock", python_version="3.14")
