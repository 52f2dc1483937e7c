"""A server of one's own, for tests: its own process, port, folder and state."""

from __future__ import annotations

import http.client
import json
import os
import secrets
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from local_aws import catalogue, inbox, names, server
from local_aws.cdk import Cdk
from local_aws.clients import Clients
from local_aws.hosts import localize
from local_aws.project import REGION, Workspace
from local_aws.sending import Response, send

__all__ = ["TEST_WAIT_SCALE", "EmbeddedAws", "Response"]

TEST_WAIT_SCALE = 0.05
# What Python's default settings for TLS go by.
_TRUSTED = "SSL_CERT_FILE"


class EmbeddedAws:
    """A running server and what a test does with it.

    Attributes:
        port: Its port on the loopback.
        endpoint_url: Its address for AWS clients.
        client: Gives a boto3 client: ``aws.client("s3")``.
        environment: Environment variables for a program that works against it.
        log: The file that the server and the CDK write to.
    """

    def __init__(
        self, folder: Path, *, enforce_iam: bool = False, wait_scale: float = TEST_WAIT_SCALE, programs: bool = False
    ) -> None:
        self._workspace = Workspace(folder)
        self._server = server.start(self._workspace, enforce_iam=enforce_iam, wait_scale=wait_scale, programs=programs)
        self._bootstrapped: set[str] = set()
        self._assemblies: dict[Hashable, Path] = {}
        self.port = self._server.port
        self.endpoint_url = self._server.endpoint_url
        self.client = Clients(self.endpoint_url)
        self._elsewhere: dict[str, Clients] = {}
        self.environment: Mapping[str, str] = self._workspace.environment(self.port)
        self.log = self._workspace.log

    def stop(self) -> None:
        """End the server."""
        for clients in (self.client, *self._elsewhere.values()):
            clients.close()
        self._server.stop()

    def deploy(
        self,
        *stacks: str,
        context: Mapping[str, str] | None = None,
        app: str | None = None,
        folder: Path | None = None,
        regions: Sequence[str] = (),
        at_once: int = 1,
    ) -> dict[str, str]:
        """Deploy stacks with the real CDK, bootstrapping before the first; the outputs of all of them.

        Args:
            context: CDK context for the synthesis.
            app: The command that synthesizes, or a folder that holds an assembly. Default: this repository's app.
            folder: Where the command runs. Default: the repository.
            regions: Further Regions that the stacks are in. Default: as this repository's settings say.
            at_once: How many stacks at the same time, as far as they do not wait for each other.
        """
        cdk = self._cdk(app, folder)
        elsewhere = () if app else catalogue.further(stacks, cdk.folder, context).values()
        wanted = dict.fromkeys((REGION, *elsewhere, *regions))
        if missing := [region for region in wanted if region not in self._bootstrapped]:
            cdk.bootstrap(regions=missing)
            self._bootstrapped.update(missing)
        output = self._output()
        outputs = cdk.deploy(stacks, _only(stacks, context, app), output, at_once=at_once)
        # Where the app is an assembly nothing has been synthesized.
        if output.exists():
            self._assemblies[_asked(stacks, context, app, folder)] = output
        return {key: value for stack in outputs.values() for key, value in stack.items()}

    def destroy(
        self,
        *stacks: str,
        context: Mapping[str, str] | None = None,
        app: str | None = None,
        folder: Path | None = None,
        at_once: int = 1,
    ) -> None:
        """Destroy stacks with the real CDK; takes what ``deploy`` took, and synthesizes no more than that did."""
        deployed = self._assemblies.get(_asked(stacks, context, app, folder))
        cdk = self._cdk(str(deployed) if deployed else app, folder)
        cdk.destroy(
            stacks, {} if deployed else _only(stacks, context, app), deployed or self._output(), at_once=at_once
        )

    def clients_in(self, region: str) -> Clients:
        """Gives boto3 clients of another Region: ``aws.clients_in("us-west-2")("s3")``."""
        return self._elsewhere.setdefault(region, Clients(self.endpoint_url, region))

    def inbox(self) -> list[inbox.Message]:
        """The mails and texts sent so far, the oldest first."""
        return inbox.read(self.port)

    def verify_sender(self, address: str) -> None:
        """Let SES send from an address or a domain."""
        mail = self.client("sesv2")
        try:
            mail.create_email_identity(EmailIdentity=address)
        except mail.exceptions.AlreadyExistsException:
            return

    def recorded(self) -> list[Mapping[str, str]]:
        """The deployed resources that have nothing behind them: type, logical_id and stack."""
        found = self.http("GET", f"{self.endpoint_url}/_local_aws/recorded").json()
        return cast("list[Mapping[str, str]]", found["recorded"])

    def inject_fault(
        self, service: str, action: str, error: str, *, status: int = 400, times: int | None = None
    ) -> None:
        """Let an operation fail, so many times or until ``clear_faults``.

        >>> aws.inject_fault("ses", "SendEmail", "TooManyRequestsException", status=429, times=2)
        """
        fault = {"service": service, "action": action, "error": error, "status": status, "times": times}
        self._tell("faults", fault)

    def stand_in(self, instance: str, address: str, port: int | None = None) -> None:
        """Let a program on this machine answer in the place of an instance, which does not boot.

        Load balancers then send it what they would send to the instance, and look at its health; EC2 describes the
        instance as having that address.

        Args:
            instance: The id.
            address: Where the program listens, for instance 127.0.0.1.
            port: The program's port. Default: the one that is asked for.
        """
        self._tell("stand-ins", {"instance": instance, "address": address, "port": port})

    def isolate(self, region: str) -> None:
        """Cut a Region off: tables and buckets replicate neither to it nor from it until ``reconnect``."""
        self._tell("isolated-regions", {"region": region})

    def lose(self, region: str, *, silent: bool = False) -> None:
        """Lose a Region until ``reconnect``: whatever needs it is refused with 503, and nothing runs there.

        That is its API (with the services that AWS controls from there, such as IAM, Route 53 and CloudFront from
        us-east-1), its HTTP endpoints, and replication to it and from it. Functions do not start, tasks of state
        machines wait, schedules pass by. Its data stay as they are.

        Args:
            silent: Requests get no answer at all, as when a network is gone: clients wait as long as they do.
        """
        self._tell("lost-regions", {"region": region, "silent": silent})

    def reconnect(self) -> None:
        """Have every Region back, and let it have what was kept from it."""
        self.http("DELETE", f"{self.endpoint_url}/_local_aws/isolated-regions")

    @contextmanager
    def names(self) -> Iterator[None]:
        """Let public names lead here in this process, for whatever library connects to them by http or https.

        >>> with aws.names():
        ...     urllib.request.urlopen("https://a1b2c3d4.execute-api.us-east-1.amazonaws.com/")
        """
        found = self.http("GET", f"{self.endpoint_url}/_local_aws/tls").json()
        before = os.environ.get(_TRUSTED)
        undo = names.lead_here(self.port, cast("int", found["port"]))
        if found["trusted"]:
            os.environ[_TRUSTED] = str(found["trusted"])
        try:
            yield
        finally:
            undo()
            os.environ.pop(_TRUSTED, None)
            if before is not None:
                os.environ[_TRUSTED] = before

    def run_backup_plan(self, plan: str, *, rule: str = "", region: str = REGION) -> list[str]:
        """Let AWS Backup do now what a plan's rules do at their time; the ids of its backup jobs.

        Args:
            plan: Id or name.
            rule: Name of the only rule that is meant. Default: all of them.
            region: Where the plan is.
        """
        return self._backup_run("backup-plan-runs", {"plan": plan, "rule": rule, "region": region})

    def run_restore_test(self, plan: str, *, region: str = REGION) -> list[str]:
        """Let AWS Backup do now what a restore testing plan does at its time; the ids of its restore jobs."""
        return self._backup_run("restore-test-runs", {"plan": plan, "region": region})

    def _backup_run(self, kind: str, request: Mapping[str, str]) -> list[str]:
        answer = self.http("POST", f"{self.endpoint_url}/_local_aws/{kind}", body=json.dumps(request))
        if answer.status != http.client.OK:
            raise ValueError(str(answer.json()["error"]))
        return cast("list[str]", answer.json()["jobs"])

    def resolve(self, name: str) -> list[str]:
        """What the records of a hosted zone lead a name to at this moment: addresses, or names of AWS's."""
        found = self.http("GET", f"{self.endpoint_url}/_local_aws/answers/{name}").json()
        return cast("list[str]", found["places"])

    def place_users(
        self, region: str = REGION, *, continent: str = "", country: str = "", subdivision: str = ""
    ) -> None:
        """Have whoever asks for a name be near a Region, and where geolocation says.

        Args:
            continent: Its code, such as EU.
            country: Its code, such as DE.
            subdivision: The code of a state of the United States.
        """
        place = {"region": region, "continent": continent, "country": country, "subdivision": subdivision}
        self._tell("users", place)

    def clear_faults(self) -> None:
        """Let every operation succeed again."""
        self.http("DELETE", f"{self.endpoint_url}/_local_aws/faults")

    def localize(self, url: str) -> str:
        """The local address for a public AWS one."""
        return localize(url, self.port)

    def http(
        self,
        method: str,
        url: str,
        *,
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Send a request to the server under any of the names it serves.

        Names below ``localhost`` are not resolved by Python everywhere, so the name travels in the Host header. A
        load balancer answers under its public name as it does on AWS: the scheme or the port says which listener is
        meant, redirects are to public addresses, and a Host header given here is what its rules see. So does an API,
        under the name that AWS gives it or under a domain name of its own. Raises OSError for a name that a hosted
        zone has no answer for.
        """
        return send(self.port, method, url, body=body, headers=headers)

    def _tell(self, what: str, request: Mapping[str, object]) -> None:
        answer = self.http("POST", f"{self.endpoint_url}/_local_aws/{what}", body=json.dumps(request))
        if answer.status != http.client.OK:
            raise ValueError(str(answer.json()["error"]))

    def _cdk(self, app: str | None, folder: Path | None) -> Cdk:
        cdk = Cdk(self._workspace, self.port)
        return Cdk(self._workspace, self.port, app or cdk.app, folder or cdk.folder)

    def _output(self) -> Path:
        return self._workspace.temporary / f"cdk.out.{secrets.token_hex(4)}"


def _asked(stacks: Sequence[str], context: Mapping[str, str] | None, app: str | None, folder: Path | None) -> Hashable:
    return stacks, frozenset((context or {}).items()), app, folder


def _only(stacks: Sequence[str], context: Mapping[str, str] | None, app: str | None) -> dict[str, str]:
    """The context in which this repository's app builds these stacks and no others, where it can tell them apart."""
    given = dict(context or {})
    return given if app else {**catalogue.context_of_known(stacks), **given}
