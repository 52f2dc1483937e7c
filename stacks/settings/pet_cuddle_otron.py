"""Settings of the stack PetCuddleOTron."""

from dataclasses import dataclass
from typing import Literal

from aws_patterns._validation import Problems
from aws_patterns.serverless import _defaults as defaults
from aws_patterns.serverless.pet_cuddle_otron_options import Channel, check_options
from stacks.settings._shared import certificate_problems, topic_problems

# What cdk.json ships, so that everything synthesizes at once; example.com belongs to nobody and sends no mail.
PLACEHOLDER_SENDER = "whiskers@example.com"


@dataclass(frozen=True, kw_only=True, slots=True)
class PetCuddleOTronSettings:
    """What may be chosen about the Pet Cuddle-O-Tron.

    Args:
        sender: Address that the reminders come from; SES must have verified it, or a domain it belongs to.
        sender_identity: The verified domain, where the address itself is not verified. Default: the address.
        sandbox_recipients: Verified addresses that may be written to while SES keeps the account in its sandbox.
        channels: The ways to reach somebody that are offered.
        throttle_rate: Requests per second that the API accepts in the long run.
        throttle_burst: Requests that may arrive at once.
        allowed_email_domains: Domains, with their subdomains, that may be written to. Default: any.
        allowed_phone_prefixes: Beginnings of the numbers that may be texted, such as +44. Default: any.
        web_acl_rate_limit: Requests that one address may send in five minutes, enforced by a web ACL with a
            monthly price. Default: no web ACL.
        alarm_topic_arn: SNS topic that is told about alarms. Default: alarms change colour and tell nobody.
        account_log_role: Whether this stack sets the role through which API Gateway writes logs, one setting
            for the whole account and Region; turn off where another stack owns it.
        removal_policy: Whether what holds data outlives the stack (retain) or goes with it (destroy).
        domain_name: Host name of the site. Needs certificate_arn.
        certificate_arn: ACM certificate for domain_name, in us-east-1 as CloudFront requires.
    """

    sender: str
    sender_identity: str | None = None
    sandbox_recipients: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = tuple(Channel)
    throttle_rate: float = defaults.THROTTLE_RATE
    throttle_burst: int = defaults.THROTTLE_BURST
    allowed_email_domains: tuple[str, ...] = ()
    allowed_phone_prefixes: tuple[str, ...] = ()
    web_acl_rate_limit: int | None = None
    alarm_topic_arn: str | None = None
    account_log_role: bool = True
    removal_policy: Literal["retain", "destroy"] = "retain"
    domain_name: str | None = None
    certificate_arn: str | None = None

    def problems(self) -> list[str]:
        """One line for every setting that can't be used; each begins with the setting's name."""
        problems = Problems("PetCuddleOTron")
        check_options(
            problems,
            sender=self.sender,
            sender_identity=self.sender_identity,
            sandbox_recipients=self.sandbox_recipients,
            channels=self.channels,
            throttle_rate=self.throttle_rate,
            throttle_burst=self.throttle_burst,
            allowed_email_domains=self.allowed_email_domains,
            allowed_phone_prefixes=self.allowed_phone_prefixes,
            web_acl_rate_limit=self.web_acl_rate_limit,
            domain_name=self.domain_name,
            # A missing half is reported below, under the name that it has here.
            has_certificate=self.domain_name is not None,
        )
        if self.domain_name is not None and self.certificate_arn is None:
            problems.add("certificate_arn is missing: domain_name was given, and a custom domain needs both")
        if self.certificate_arn is not None and self.domain_name is None:
            problems.add("domain_name is missing: certificate_arn was given, and a custom domain needs both")
        if self.certificate_arn is not None:
            problems.found += certificate_problems([self.certificate_arn], name="certificate_arn", region="us-east-1")
        return [*problems.found, *topic_problems(self.alarm_topic_arn)]
