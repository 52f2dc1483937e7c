"""The launcher's own endpoints, below ``/_local_aws/``: what tests and ``make local`` ask the server for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus

from local_aws.launcher import faults, recorded, stand_ins
from local_aws.launcher.backups import plans as backup_plans
from local_aws.launcher.data_servers.manager import DATA_SERVERS
from local_aws.launcher.dns import resolver
from local_aws.launcher.messages import Reply
from local_aws.launcher.names import functions
from local_aws.launcher.names.resolution import answers, lookup
from local_aws.launcher.programs.supervisor import SUPERVISOR
from local_aws.launcher.regions.reachability import REGIONS

PREFIX = "/_local_aws/"
_NAMES = "names/"
_ANSWERS = "answers/"
_Request = Mapping[str, object]


def _doing(act: Callable[[_Request], None], **said: bool) -> Callable[[_Request], _Request]:
    def do(request: _Request) -> _Request:
        act(request)
        return said

    return do


_ASKED: Mapping[str, Callable[[], _Request]] = {
    "health": lambda: {"status": "ready"},
    "recorded": lambda: {"recorded": recorded.listing()},
    "programs": lambda: {**SUPERVISOR.status()},
    "data-servers": lambda: {**DATA_SERVERS.status()},
    "tls": functions.tls,
}
_TOLD: Mapping[tuple[str, str], Callable[[_Request], _Request]] = {
    ("POST", "faults"): _doing(lambda told: faults.FAULTS.add(faults.Fault.parse(told)), added=True),
    ("DELETE", "faults"): _doing(lambda _: faults.FAULTS.clear(), cleared=True),
    ("POST", "isolated-regions"): _doing(REGIONS.isolate, added=True),
    ("POST", "lost-regions"): _doing(REGIONS.lose, added=True),
    ("DELETE", "isolated-regions"): _doing(lambda _: REGIONS.reconnect(), cleared=True),
    ("POST", "users"): _doing(resolver.place_users, added=True),
    ("POST", "stand-ins"): _doing(stand_ins.add, added=True),
    ("POST", "backup-plan-runs"): backup_plans.run_backup_plan,
    ("POST", "restore-test-runs"): backup_plans.run_restore_test,
}


def serve(method: str, path: str, body: bytes) -> Reply:
    """The answer of one of them."""
    name = path.removeprefix(PREFIX)
    try:
        if method == "GET" and name.startswith(_NAMES):
            return _json(lookup(name.removeprefix(_NAMES)))
        if method == "GET" and name.startswith(_ANSWERS):
            return _json(answers(name.removeprefix(_ANSWERS)))
        if method == "GET" and name in _ASKED:
            return _json(_ASKED[name]())
        if told := _TOLD.get((method, name)):
            return _json(told(_object(body) if method == "POST" else {}))
    except ValueError as problem:
        return _json({"error": str(problem)}, HTTPStatus.BAD_REQUEST)
    return _json({"error": f"there is no {method} {path}"}, HTTPStatus.NOT_FOUND)


def _object(body: bytes) -> dict[str, object]:
    request = json.loads(body)
    if not isinstance(request, dict):
        raise ValueError("the request is no JSON object")
    return request


def _json(value: object, status: int = HTTPStatus.OK) -> Reply:
    return status, {"content-type": "application/json"}, json.dumps(value).encode()
