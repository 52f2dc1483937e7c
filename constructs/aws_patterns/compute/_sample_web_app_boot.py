"""How an instance installs the sample application: the commands of its first boot. Needs no CDK."""

from __future__ import annotations

from collections.abc import Mapping

from aws_patterns.compute._boot_script import download_commands

_FOLDER = "/opt/sample_web_app"
_SECRETS = "/etc/sample_web_app"
_ARCHIVE = "/opt/sample_web_app.zip"
_STATE = "/var/lib/sample_web_app"
_UNIT = "/etc/systemd/system/sample_web_app.service"

# Nothing but Python, a folder of its own and the network; what is left out here it could only be abused for.
_HARDENING = """\
DynamicUser=yes
StateDirectory=sample_web_app
UMask=0077
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=yes
ProtectProc=invisible
ProcSubset=pid
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
PrivateDevices=yes
PrivateTmp=yes
PrivateUsers=yes
RemoveIPC=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
TasksMax=512"""


def boot_commands(
    *,
    source: str,
    region: str,
    port: int,
    tls: bool,
    version: str,
    dependencies: Mapping[str, str],
    notice_seconds: int,
    grace_seconds: int,
) -> list[str]:
    """Download, unpack, and start as a service; in a shell of their own, so that a failure ends just these.

    Args:
        source: The archive's ``s3://`` address.
        region: Of its bucket.
        port: To listen on.
        tls: Whether HTTPS is spoken, with a certificate made here.
        version: Shown on the page.
        dependencies: Addresses by name.
        notice_seconds: Between saying unhealthy and refusing connections, at the end.
        grace_seconds: For the requests that are under way then.
    """
    unit = service_unit(
        port=port,
        tls=tls,
        version=version,
        dependencies=dependencies,
        notice_seconds=notice_seconds,
        grace_seconds=grace_seconds,
    )
    certificate = [
        f"  install -d -m 0700 {_SECRETS}",
        f"  {certificate_command(key=f'{_SECRETS}/key.pem', certificate=f'{_SECRETS}/certificate.pem')}",
    ]
    return [
        "(",
        "  set -eu",
        *download_commands(source=source, region=region, archive=_ARCHIVE, folder=f"{_FOLDER}/sample_web_app"),
        *(certificate if tls else []),
        f"  cat > {_UNIT} <<'UNIT'",
        *unit.splitlines(),
        "UNIT",
        "  systemctl daemon-reload",
        "  systemctl enable --now sample_web_app",
        ")",
    ]


def certificate_command(*, key: str, certificate: str) -> str:
    """A key and a certificate that it signed itself: a load balancer encrypts to it, and checks no names."""
    return (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 "
        f"-subj /CN=sample-web-app -keyout {key} -out {certificate} 2>/dev/null"
    )


def service_unit(
    *,
    port: int,
    tls: bool,
    version: str,
    dependencies: Mapping[str, str],
    notice_seconds: int,
    grace_seconds: int,
) -> str:
    """The systemd unit: without privileges, started again whenever it ends, with time to end in order."""
    # Read by systemd as root and handed to the service alone; %d is where.
    credentials = [f"LoadCredential={name}:{_SECRETS}/{name}" for name in ("certificate.pem", "key.pem")]
    arguments = [
        *("--port", str(port)),
        *("--version-label", version),
        *("--state-directory", _STATE),
        *("--notice-seconds", str(notice_seconds)),
        *("--grace-seconds", str(grace_seconds)),
        *(part for name, url in dependencies.items() for part in ("--dependency", f"{name}={url}")),
    ]
    command = ["/usr/bin/python3", "-B", "-m", "sample_web_app", *map(_quoted, arguments)]
    if tls:
        command += ["--certificate", "%d/certificate.pem", "--key", "%d/key.pem"]
    return "\n".join(
        [
            "[Unit]",
            "Description=Sample web application",
            "Wants=network-online.target",
            "After=network-online.target",
            "StartLimitIntervalSec=0",
            "",
            "[Service]",
            f"WorkingDirectory={_FOLDER}",
            f"ExecStart={' '.join(command)}",
            *(credentials if tls else []),
            "Restart=always",
            "RestartSec=2",
            f"TimeoutStopSec={notice_seconds + grace_seconds + 5}",
            _HARDENING,
            "",
            "[Install]",
            "WantedBy=multi-user.target",
        ]
    )


def _quoted(argument: str) -> str:
    """As systemd reads it: neither a specifier nor a variable."""
    return '"' + argument.replace("%", "%%").replace("$", "$$") + '"'
