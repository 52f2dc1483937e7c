"""What an instance runs to see a file system as a folder of its own. Needs no CDK."""

from __future__ import annotations

from aws_patterns.storage import _defaults as defaults


def commands(
    *, file_system_id: str, access_point_id: str, path: str, read_only: bool, availability_zone: str | None
) -> list[str]:
    """Install the mount helper where it is missing, mount now, and again at every boot; a failure ends the boot script.

    Over TLS, as the instance's role. The helper finds the Region by itself and the mount target by the instance's zone.

    Args:
        file_system_id: Of the file system.
        access_point_id: Through which it is seen.
        path: Where it is to be seen.
        read_only: Whether nothing is to be written.
        availability_zone: The only one that has a mount target; instances elsewhere must name it. ``None``: each has.
    """
    options = ["_netdev", "tls", "iam", f"accesspoint={access_point_id}"]
    if availability_zone is not None:
        options.append(f"az={availability_zone}")
    if read_only:
        options.append("ro")
    line = f"{file_system_id}:/ {path} efs {','.join(options)} 0 0"
    return [
        "(",
        "  set -eu",
        "  command -v mount.efs > /dev/null || dnf install --assumeyes --quiet amazon-efs-utils",
        f"  install -d -m 0755 {path}",
        f"  grep -q ' {path} efs ' /etc/fstab || echo '{line}' >> /etc/fstab",
        f"  for attempt in $(seq {defaults.MOUNT_ATTEMPTS}); do",
        f"    if mountpoint --quiet {path} || mount {path}; then break; fi",
        f"    sleep {defaults.MOUNT_PAUSE_SECONDS}",
        "  done",
        f"  mountpoint --quiet {path}",
        ")",
        # Whatever follows would write to the instance's own disk instead, and nobody would notice.
        "if [ $? -ne 0 ]; then exit 1; fi",
    ]
