"""Starts the server: ``python -m local_aws.launcher --port 4566 [--enforce-iam] [--programs] ...``."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys


def main() -> int:
    """Serve on the loopback until told to stop."""
    arguments = _arguments()
    # MiniStack reads these when it is imported, so nothing may import it earlier.
    os.environ.update(
        {
            "GATEWAY_PORT": str(arguments.port),
            "BIND_HOST": "127.0.0.1",
            "IOT_MTLS_ENABLED": "0",
            "AUTH": "true" if arguments.enforce_iam else "false",
            "SFN_WAIT_SCALE": str(arguments.wait_scale),
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{arguments.port}",
        }
    )
    from local_aws.launcher import serving  # noqa: PLC0415 # after the settings are in place

    try:
        asyncio.run(serving.serve(arguments.port, arguments.metrics_interval, programs=arguments.programs))
    except serving.CannotServeError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local_aws.launcher", description=main.__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--enforce-iam", action="store_true", help="deny what the roles' policies do not allow")
    parser.add_argument("--programs", action="store_true", help="run programs in the place of instances")
    parser.add_argument(
        "--wait-scale", type=float, default=1.0, help="factor on Step Functions' waits and retry delays"
    )
    parser.add_argument(
        "--metrics-interval", type=float, default=2.0, help="seconds between two looks at queues and alarms"
    )
    parser.add_argument("--instance", default="", help="tells this server's process from any other")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
