"""Pet Cuddle-O-Tron: a web page on which anybody orders a reminder, delivered later by email, text or both."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from aws_cdk import ArnFormat, Duration, RemovalPolicy, Stack
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge, wildcard
from aws_patterns._function_code import package_file
from aws_patterns._python_function import python_function
from aws_patterns._validation import Problems
from aws_patterns.edge.static_site import StaticSite
from aws_patterns.serverless import _defaults as defaults
from aws_patterns.serverless.pet_cuddle_otron_options import Channel, check_options
from aws_patterns.serverless.reminder_api import ReminderApi
from aws_patterns.serverless.reminder_monitoring import ReminderMonitoring
from aws_patterns.serverless.reminder_workflow import ReminderWorkflow


class PetCuddleOTron(Construct):
    """A static site, an open REST API and a Step Functions workflow that sends reminders through SES and SNS.

    A reminder is accepted once (the same request within five minutes, or with the same ``Idempotency-Key``, is
    the same reminder), waits up to 364 days, is retried while SES or SNS are busy, and is kept in a dead-letter
    queue when it can't be delivered. Use it as it stands, as a lab, or as a model for "do this later" workflows.
    Not for bulk mail, nor for recurring schedules.

    >>> PetCuddleOTron(stack, "PetCuddleOTron", sender="whiskers@example.com")

    Args:
        sender: Address that reminders come from; SES must know it (or its domain) as verified.
        sender_identity: The verified identity that ``sender`` belongs to, when that is its domain.
            Default: the address itself.
        sandbox_recipients: Verified addresses that mail may go to while SES keeps the account in its sandbox,
            where it asks for permission on the recipient's identity too. Default: none, as in production.
        channels: Ways of delivery. Default: email and SMS.
        throttle_rate: Requests per second over all visitors. Default 5.
        throttle_burst: Requests at the same moment. Default 10.
        allowed_email_domains: Domains (with their subdomains) that mail may go to. Default: any.
        allowed_phone_prefixes: Beginnings of the numbers that texts may go to, such as ``+44``. Default: any.
        web_acl_rate_limit: Requests in five minutes from one address, enforced by a web ACL. 10 or more.
            Default: no web ACL.
        alarm_topic: Told when an alarm changes state. Default: alarms tell nobody.
        domain_name: The site's own host name; needs ``certificate``. Default: CloudFront's name.
        certificate: For ``domain_name``, in us-east-1.
        account_log_role: Whether to set the role through which API Gateway writes logs, one setting for the
            account and Region, which outlives the stack: the logs of all its other APIs are written through it. Turn
            off where another stack owns it. Default on.
        removal_policy: Of what would be missed: the dead letters and the logs. Default ``RETAIN``.

    Attributes:
        site: The page.
        api: The REST API.
        api_function: Checks a request and starts the workflow.
        email_function: Sends one email; ``None`` without the email channel.
        workflow: The state machine.
        dead_letter_queue: Keeps undelivered reminders for 14 days.
        monitoring: Alarms and dashboard.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        sender: str,
        sender_identity: str | None = None,
        sandbox_recipients: Sequence[str] = (),
        channels: Collection[Channel] = (Channel.EMAIL, Channel.SMS),
        throttle_rate: float = defaults.THROTTLE_RATE,
        throttle_burst: int = defaults.THROTTLE_BURST,
        allowed_email_domains: Sequence[str] = (),
        allowed_phone_prefixes: Sequence[str] = (),
        web_acl_rate_limit: int | None = None,
        alarm_topic: sns.ITopic | None = None,
        domain_name: str | None = None,
        certificate: acm.ICertificate | None = None,
        account_log_role: bool = True,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"PetCuddleOTron {self.node.path}") as problems:
            check_options(
                problems,
                sender=sender,
                sender_identity=sender_identity,
                sandbox_recipients=sandbox_recipients,
                channels=channels,
                throttle_rate=throttle_rate,
                throttle_burst=throttle_burst,
                allowed_email_domains=allowed_email_domains,
                allowed_phone_prefixes=allowed_phone_prefixes,
                web_acl_rate_limit=web_acl_rate_limit,
                domain_name=domain_name,
                has_certificate=certificate is not None,
            )
        self._removal_policy = removal_policy
        self._idempotency_table = self._make_idempotency_table()
        self.dead_letter_queue = sqs.Queue(
            self,
            "DeadLetters",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(defaults.DEAD_LETTER_RETENTION_DAYS),
            removal_policy=removal_policy,
        )
        its_purpose = "The workflow's own dead-letter queue: nothing is consumed from it that could fail again."
        acknowledge(
            self.dead_letter_queue,
            {"AwsSolutions-SQS3": its_purpose, "Serverless-SQSRedrivePolicy": its_purpose},
        )

        self.email_function = (
            self._make_email_function(sender, {sender, sender_identity or sender, *sandbox_recipients})
            if Channel.EMAIL in channels
            else None
        )
        self.workflow = ReminderWorkflow(
            self,
            "Workflow",
            email_function=self.email_function,
            sms=Channel.SMS in channels,
            dead_letter_queue=self.dead_letter_queue,
            removal_policy=removal_policy,
        )
        self.api_function = self._make_api_function(channels, allowed_email_domains, allowed_phone_prefixes)
        self.api = ReminderApi(
            self,
            "Api",
            function=self.api_function,
            throttle_rate=throttle_rate,
            throttle_burst=throttle_burst,
            web_acl_rate_limit=web_acl_rate_limit,
            account_log_role=account_log_role,
            removal_policy=removal_policy,
        )
        self.site = StaticSite(
            self,
            "Site",
            files=package_file("serverless/sites/pet_cuddle_otron"),
            configuration={"apiUrl": self.api.url, "channels": ",".join(sorted(channels))},
            connects_to=[self.api.origin],
            domain_name=domain_name,
            certificate=certificate,
            # Rebuilt from the library at every deployment: nothing in it would be missed.
            removal_policy=RemovalPolicy.DESTROY,
        )
        functions: dict[str, lambda_.IFunction] = {"Api": self.api_function}
        if self.email_function is not None:
            functions["Email"] = self.email_function
        self.monitoring = ReminderMonitoring(
            self,
            "Monitoring",
            rest_api=self.api.rest_api,
            functions=functions,
            state_machine=self.workflow.state_machine,
            dead_letter_queue=self.dead_letter_queue,
            watch_email_reputation=Channel.EMAIL in channels,
            alarm_topic=alarm_topic,
        )

    def _make_idempotency_table(self) -> dynamodb.Table:
        table = dynamodb.Table(
            self,
            "Idempotency",
            partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
            time_to_live_attribute="expiration",
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            removal_policy=RemovalPolicy.DESTROY,
        )
        acknowledge(table, {"AwsSolutions-DDB3": "Its records matter for minutes: there is nothing to restore."})
        return table

    def _make_api_function(
        self, channels: Collection[Channel], domains: Sequence[str], prefixes: Sequence[str]
    ) -> lambda_.Function:
        function = python_function(
            self,
            "ApiFunction",
            package="pet_cuddle_otron_api",
            description="Checks a request for a reminder, starts its workflow, tells how it is going",
            timeout_seconds=defaults.API_FUNCTION_TIMEOUT_SECONDS,
            removal_policy=self._removal_policy,
            environment={
                "STATE_MACHINE_ARN": self.workflow.state_machine.state_machine_arn,
                "IDEMPOTENCY_TABLE": self._idempotency_table.table_name,
                "IDEMPOTENCY_WINDOW_SECONDS": str(defaults.IDEMPOTENCY_WINDOW_SECONDS),
                "CHANNELS": ",".join(sorted(channels)),
                "ALLOWED_EMAIL_DOMAINS": ",".join(domains),
                "ALLOWED_PHONE_PREFIXES": ",".join(prefixes),
            },
        )
        # The same request in progress, or done, is told apart by the conditional write itself: no read is needed.
        self._idempotency_table.grant(function, "dynamodb:PutItem", "dynamodb:UpdateItem")
        self.workflow.state_machine.grant_start_execution(function)
        executions = Stack.of(self).format_arn(
            service="states",
            resource="execution",
            resource_name=f"{self.workflow.state_machine.state_machine_name}:*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        function.add_to_role_policy(iam.PolicyStatement(actions=["states:DescribeExecution"], resources=[executions]))
        acknowledge(
            function.role or function,
            {wildcard(self, executions): "The status of any execution of this machine, and of no other."},
        )
        return function

    def _make_email_function(self, sender: str, identities: Collection[str]) -> lambda_.Function:
        function = python_function(
            self,
            "EmailFunction",
            package="pet_cuddle_otron_email",
            description="Sends one reminder by email, once",
            timeout_seconds=defaults.SEND_FUNCTION_TIMEOUT_SECONDS,
            removal_policy=self._removal_policy,
            environment={"SENDER": sender, "IDEMPOTENCY_TABLE": self._idempotency_table.table_name},
        )
        self._idempotency_table.grant(function, "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem")
        function.add_to_role_policy(
            iam.PolicyStatement(
                actions=["ses:SendEmail"],
                resources=[
                    Stack.of(self).format_arn(service="ses", resource="identity", resource_name=identity)
                    for identity in sorted(identities)
                ],
                conditions={"StringEquals": {"ses:FromAddress": sender}},
            )
        )
        return function
