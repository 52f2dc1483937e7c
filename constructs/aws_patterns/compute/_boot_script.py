"""What an instance runs at its first boot: what it is there for, and then whether it came up. Needs no CDK."""

from __future__ import annotations

from collections.abc import Mapping

from aws_patterns._validation import is_token

# Three minutes: a role's new permissions take a while to be known everywhere.
_DOWNLOAD_ATTEMPTS = 36
_DOWNLOAD_PAUSE_SECONDS = 5

_SHELLS = ("#!/bin/bash", "#!/bin/sh", "#!/usr/bin/env bash", "#!/usr/bin/env sh", "#!/usr/bin/bash", "#!/usr/bin/sh")


def is_shell_script(text: str) -> bool:
    """Whether bash can run it: cloud-config, MIME parts and PowerShell begin with something else."""
    return text.partition("\n")[0].partition(" -")[0].rstrip() in _SHELLS


def without_shebang(text: str) -> str:
    """The commands of a shell script."""
    return text.partition("\n")[2] if text.startswith("#!") else text


def download_commands(*, source: str, region: str, archive: str, folder: str) -> list[str]:
    """Fetch an archive (``source`` is its ``s3://`` address) and unpack it; for a shell that ends at a failure."""
    download = f"aws s3 cp --only-show-errors --region '{region}' '{source}' {archive}"
    return [
        f"  for attempt in $(seq {_DOWNLOAD_ATTEMPTS}); do",
        f"    if {download}; then break; fi",
        f"    sleep {_DOWNLOAD_PAUSE_SECONDS}",
        "  done",
        f"  install -d -m 0755 {folder}",
        f"  python3 -m zipfile -e {archive} {folder}",
        f"  rm {archive}",
    ]


def environment_commands(file: str, variables: Mapping[str, str]) -> list[str]:
    """Shell commands that write variables into a file the way systemd reads them."""
    return [
        f"cat > {file} <<'VARIABLES'",
        *(f"{name}={_quoted(value)}" for name, value in variables.items()),
        "VARIABLES",
    ]


def _quoted(value: str) -> str:
    """In double quotes: a shell that reads the file sees the same as systemd. Of tokens nothing needs it."""
    escaped = value
    if is_token(value):
        return f'"{value}"'
    for character in ("\\", '"', "$", "`"):
        escaped = escaped.replace(character, f"\\{character}")
    return f'"{escaped}"'


def plain_boot(commands: str) -> str:
    """The commands alone, as one script."""
    return f"#!/bin/bash\n{commands}"


def signalled_boot(commands: str, *, stack: str, region: str, resource: str, health_url: str, seconds: int) -> str:
    """The commands, as one script that tells CloudFormation whether they worked and the application answers.

    In a shell of their own: whatever they set, trap or exit from ends with them. The trap is set before they are
    read, so that a mistake in their grammar is told too. A signal that nobody waits for is refused by
    CloudFormation, which every launch by scaling meets, and is no failure.

    Args:
        commands: Of the user. May be empty.
        stack: That waits.
        region: Of the stack.
        resource: Logical id of what the signal is for.
        health_url: That must answer with 2xx or 3xx. Empty: only the commands must end well.
        seconds: How long it may take to.
    """
    asking = [
        "until curl --silent --insecure --output /dev/null --max-time 5 --write-out '%{http_code}' "
        f"'{health_url}' | grep -q '^[23]'; do",
        f"  if [ $SECONDS -ge {seconds} ]; then",
        f"    echo 'No answer from {health_url} in {seconds} s'",
        "    exit 1",
        "  fi",
        "  sleep 5",
        "done",
    ]
    return "\n".join(
        [
            "#!/bin/bash",
            "report() {",
            "  result=$?",
            '  echo "Signal to CloudFormation: $result"',
            "  PATH=$PATH:/opt/aws/bin",
            "  command -v cfn-signal > /dev/null || dnf install --assumeyes --quiet aws-cfn-bootstrap",
            f"  cfn-signal --exit-code $result --stack '{stack}' --resource '{resource}' --region '{region}' ||",
            "    echo 'CloudFormation does not wait for a signal'",
            "}",
            "trap report EXIT",
            "(",
            "  :",
            commands.rstrip("\n"),
            ")",
            "result=$?",
            "if [ $result -ne 0 ]; then exit $result; fi",
            *(asking if health_url else []),
            "",
        ]
    )
