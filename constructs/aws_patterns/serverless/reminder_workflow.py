"""The state machine of the Pet Cuddle-O-Tron: wait, then deliver by email, by text message, or both."""

from __future__ import annotations

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge
from aws_patterns._defaults import LOG_RETENTION
from aws_patterns.serverless import _defaults as defaults
from aws_patterns.serverless.pet_cuddle_otron_options import Channel

# What may succeed when it is tried again. Anything else would fail ten times in the same way.
_TRANSIENT_EMAIL_ERRORS = [
    "TransientSendError",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Sandbox.Timedout",
]
# Unlike the email function, SNS has no memory of what it sent: only refusals that sent nothing are retried.
# Throttling before a request reaches SNS has no class of its own and arrives as the general SnsException.
_TRANSIENT_SMS_ERRORS = ["Sns.ThrottledException", "Sns.InternalErrorException", "Sns.SnsException"]

_REMINDER = "$states.context.Execution.Input"


# step-functions/latest/dg/cw-logs.html and step-functions/latest/dg/concepts-xray-tracing.html
_LOG_DELIVERY_ACTIONS = [
    "CreateLogDelivery",
    "GetLogDelivery",
    "UpdateLogDelivery",
    "DeleteLogDelivery",
    "ListLogDeliveries",
    "PutResourcePolicy",
    "DescribeResourcePolicies",
    "DescribeLogGroups",
]
_XRAY_ACTIONS = ["PutTraceSegments", "PutTelemetryRecords", "GetSamplingRules", "GetSamplingTargets"]


class ReminderWorkflow(Construct):
    """A standard Step Functions state machine: Timer -> choice -> EmailOnly | SMSOnly | EmailandSMS -> outcome.

    Each channel is retried with backoff and jitter, and what can't be delivered is kept in a dead-letter queue
    together with the whole reminder. In ``both``, one channel's failure leaves the other untouched; the
    execution then ends as failed, naming what happened to each channel.

    Use it for one-off reminders from seconds to a year ahead. Not for recurring schedules (EventBridge Scheduler
    costs less there), nor for bulk mail.

    Args:
        email_function: Sends one email; ``None`` leaves the email channel out.
        sms: Whether the text-message channel exists.
        dead_letter_queue: Keeps what could not be delivered.
        removal_policy: Of the log group.

    Attributes:
        state_machine: Takes ``{"waitSeconds", "message", "preference", "email", "phone"}``.

    Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        email_function: lambda_.IFunction | None,
        sms: bool,
        dead_letter_queue: sqs.IQueue,
        removal_policy: RemovalPolicy,
    ) -> None:
        super().__init__(scope, id)
        self._dead_letter_queue = dead_letter_queue
        self.state_machine = sfn.StateMachine(
            self,
            "StateMachine",
            comment="Waits, then sends a reminder by email, text message or both",
            definition_body=sfn.DefinitionBody.from_chainable(self._definition(email_function, sms)),
            role=self._make_role(email_function, sms).without_policy_updates(),
            # The longest Step Functions allows; a reminder waits up to 364 days and may then need retries.
            timeout=Duration.days(365),
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=logs.LogGroup(
                    self, "Logs", retention=logs.RetentionDays[LOG_RETENTION], removal_policy=removal_policy
                ),
                # Every transition can be followed, no message or address is logged.
                level=sfn.LogLevel.ALL,
                include_execution_data=False,
            ),
        )

    def _definition(self, email_function: lambda_.IFunction | None, sms: bool) -> sfn.IChainable:
        # What arrives is one channel's outcome, {"email": "sent"}, or a list of them from the parallel state.
        outcome = (
            sfn.Choice.jsonata(self, "Delivered?")
            .when(sfn.Condition.jsonata("{% 'failed' in $states.input.* %}"), self._undelivered())
            .otherwise(sfn.Succeed.jsonata(self, "Reminded"))
        )
        choice = sfn.Choice(self, "Which channels?")
        if email_function:
            email_only = self._email("EmailOnly", email_function, outcome)
            choice.when(sfn.Condition.string_equals("$.preference", "email"), email_only)
        if sms:
            choice.when(sfn.Condition.string_equals("$.preference", "sms"), self._sms("SMSOnly", outcome))
        if email_function and sms:
            both = sfn.Parallel.jsonata(self, "EmailandSMS")
            both.branch(self._email("Email", email_function), self._sms("SMS"))
            choice.when(sfn.Condition.string_equals("$.preference", "both"), both.next(outcome))
        choice.otherwise(
            sfn.Fail(self, "Unknown preference", error="UnknownPreference", cause="Not a channel of this machine")
        )
        return sfn.Wait(self, "Timer", time=sfn.WaitTime.seconds_path("$.waitSeconds")).next(choice)

    def _email(self, name: str, function: lambda_.IFunction, after: sfn.IChainable | None = None) -> sfn.IChainable:
        task = tasks.LambdaInvoke.jsonata(
            self,
            name,
            lambda_function=function,
            payload=sfn.TaskInput.from_object(
                {
                    "executionName": "{% $states.context.Execution.Name %}",
                    "email": f"{{% {_REMINDER}.email %}}",
                    "message": f"{{% {_REMINDER}.message %}}",
                }
            ),
            outputs={"email": "sent"},
            retry_on_service_exceptions=False,
        )
        return self._reliable(task, Channel.EMAIL, name, _TRANSIENT_EMAIL_ERRORS, after)

    def _sms(self, name: str, after: sfn.IChainable | None = None) -> sfn.IChainable:
        task = tasks.CallAwsService.jsonata(
            self,
            name,
            service="sns",
            action="publish",
            parameters={
                "PhoneNumber": f"{{% {_REMINDER}.phone %}}",
                "Message": f"{{% {_REMINDER}.message %}}",
                # Somebody waits for it: reliability before price.
                "MessageAttributes": {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}},
            },
            iam_resources=["*"],
            outputs={"sms": "sent"},
        )
        return self._reliable(task, Channel.SMS, name, _TRANSIENT_SMS_ERRORS, after)

    def _reliable(
        self,
        task: sfn.TaskStateBase,
        channel: Channel,
        name: str,
        transient: list[str],
        after: sfn.IChainable | None,
    ) -> sfn.IChainable:
        """Retry what is worth it; keep the reminder when all attempts failed; go on in either case."""
        _try_again(task, transient)
        keep = tasks.SqsSendMessage.jsonata(
            self,
            f"Keep {name}",
            queue=self._dead_letter_queue,
            message_body=sfn.TaskInput.from_object(
                {
                    "executionArn": "{% $states.context.Execution.Id %}",
                    "executionName": "{% $states.context.Execution.Name %}",
                    "channel": channel.value,
                    "reminder": f"{{% {_REMINDER} %}}",
                    "error": "{% $states.input %}",
                }
            ),
            outputs={channel.value: "failed"},
        )
        _try_again(keep, ["States.ALL"])
        task.add_catch(keep, errors=["States.ALL"])
        if after is not None:
            keep.next(after)
            return task.next(after)
        return task

    def _undelivered(self) -> sfn.Fail:
        return sfn.Fail.jsonata(
            self, "Undelivered", error="ReminderUndelivered", cause="{% $string($merge($states.input)) %}"
        )

    def _make_role(self, email_function: lambda_.IFunction | None, sms: bool) -> iam.Role:
        """All that the machine may do. Written out, because what the tasks would add by themselves is wider."""

        def allow(actions: list[str], *resources: str) -> iam.PolicyStatement:
            return iam.PolicyStatement(actions=actions, resources=list(resources))

        statements = [
            allow(["sqs:SendMessage"], self._dead_letter_queue.queue_arn),
            # Neither log delivery nor X-Ray takes a resource.
            allow([f"logs:{action}" for action in _LOG_DELIVERY_ACTIONS], "*"),
            allow([f"xray:{action}" for action in _XRAY_ACTIONS], "*"),
        ]
        if email_function:
            statements.append(allow(["lambda:InvokeFunction"], email_function.function_arn))
        if sms:
            # A phone number is not a resource to IAM: publishing to one needs '*', and only a denial keeps
            # every topic of the account out of reach.
            statements.append(allow(["sns:Publish"], "*"))
            statements.append(
                iam.PolicyStatement(
                    effect=iam.Effect.DENY,
                    actions=["sns:Publish"],
                    resources=[f"arn:{Aws.PARTITION}:sns:*:*:*"],
                )
            )
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("states.amazonaws.com"),
            inline_policies={"Workflow": iam.PolicyDocument(statements=statements)},
        )
        acknowledge(
            role,
            {
                "AwsSolutions-IAM5[Resource::*]": (
                    "Log delivery, X-Ray and sns:Publish to a phone number take no resource; topics are denied."
                )
            },
        )
        return role


def _try_again(task: sfn.TaskStateBase, errors: list[str]) -> None:
    task.add_retry(
        errors=errors,
        interval=Duration.seconds(defaults.SEND_RETRY_INTERVAL_SECONDS),
        backoff_rate=defaults.SEND_RETRY_BACKOFF,
        max_attempts=defaults.SEND_RETRY_ATTEMPTS,
        max_delay=Duration.seconds(defaults.SEND_RETRY_MAX_DELAY_SECONDS),
        jitter_strategy=sfn.JitterType.FULL,
    )
