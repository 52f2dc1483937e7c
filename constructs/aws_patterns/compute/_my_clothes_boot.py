"""How an instance installs the shop MyClothes: the commands of its first boot. Needs no CDK."""

from __future__ import annotations

from collections.abc import Mapping

from aws_patterns.compute._boot_script import download_commands, environment_commands
from aws_patterns.compute._sample_web_app_boot import certificate_command

_FOLDER = "/opt/my_clothes"
ROOTS = "rds_certificates.pem"
CERTIFICATES = f"{_FOLDER}/{ROOTS}"
"""What RDS's certificates are checked by, on an instance."""

_ARCHIVE = "/opt/my_clothes.zip"
_VARIABLES = "/etc/my_clothes.env"
_SECRETS = "/etc/my_clothes"
_STATE = "/var/lib/my_clothes"
# Where systemd puts what a unit loads as a credential.
_CREDENTIALS = "/run/credentials/my_clothes.service"
_OVERRIDE = "/etc/systemd/system/my_clothes.service.d"


def boot_commands(
    *,
    source: str,
    region: str,
    environment: Mapping[str, str],
    port: int,
    tls: bool,
    version: str,
    notice_seconds: int,
    grace_seconds: int,
) -> list[str]:
    """Download, unpack and install, in a shell of their own: a failure is theirs, and fails the boot if it is last.

    Args:
        source: The archive's ``s3://`` address.
        region: Of its bucket.
        environment: Its variables.
        port: To listen on.
        tls: Whether HTTPS is spoken, with a certificate made here.
        version: Shown on the page.
        notice_seconds: Between saying unhealthy and refusing connections, at the end.
        grace_seconds: For the requests that are under way then.
    """
    options = [
        *("--port", str(port)),
        *("--version-label", version),
        *("--state-directory", _STATE),
        *("--notice-seconds", str(notice_seconds)),
        *("--grace-seconds", str(grace_seconds)),
        *(("--certificate", f"{_CREDENTIALS}/certificate.pem", "--key", f"{_CREDENTIALS}/key.pem") if tls else ()),
    ]
    certificate = certificate_command(key=f"{_SECRETS}/key.pem", certificate=f"{_SECRETS}/certificate.pem")
    return [
        "(",
        "  set -eu",
        *download_commands(source=source, region=region, archive=_ARCHIVE, folder=_FOLDER),
        f"  install -d -m 0755 {_SECRETS} {_OVERRIDE}",
        *([f"  {certificate}"] if tls else []),
        f"  cat > {_OVERRIDE}/options.conf <<'OVERRIDE'",
        "[Service]",
        f"TimeoutStopSec={notice_seconds + grace_seconds + 5}",
        # Read by systemd as root and handed to the service alone.
        *(f"LoadCredential={name}:{_SECRETS}/{name}" for name in ("certificate.pem", "key.pem") if tls),
        "OVERRIDE",
        *environment_commands(_VARIABLES, {**environment, "OPTIONS": " ".join(options)}),
        # By its shell: unpacked by Python, no file keeps the permission to be executed.
        f"  bash {_FOLDER}/my_clothes/install.sh",
        ")",
    ]
