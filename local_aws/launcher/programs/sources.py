"""What programs are unpacked from."""

from __future__ import annotations

import hashlib
import io
import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, cast

from local_aws.launcher import aws, hooks
from local_aws.launcher.programs.roles import RoleCredentials
from local_aws.launcher.programs.wanted import Wanted

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def unpacked(wanted: Wanted, credentials: RoleCredentials | None, folder: Path) -> Path:
    """The folder below ``folder`` with a program's packages, fetched once: a key names one content for ever.

    Fetched with the credentials of the instance's role, where it has one: without the permission nothing runs.
    """
    program = wanted.program
    named = repr((program.kind.package, program.archives)).encode()
    found = folder / hashlib.sha256(named).hexdigest()[:16]
    if found.exists():
        return found
    draft = found.with_name(f"{found.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    with hooks.scope(wanted.account, wanted.region):
        s3 = cast("S3Client", aws.client_as("s3", credentials.given)) if credentials else aws.s3()
        for bucket, key in program.archives:
            body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            with zipfile.ZipFile(io.BytesIO(body)) as archive:
                archive.extractall(draft / program.kind.package if program.kind.packed_alone else draft)
    return draft.rename(found)
