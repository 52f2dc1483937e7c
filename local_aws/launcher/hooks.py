"""Every private name of MiniStack that the launcher reads or replaces, in one table.

MiniStack has no plugin interface, so its internals are patched, for one pinned version. Nothing else in the
launcher imports MiniStack: when a name moves, this module says so in one sentence, and only it has to change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from importlib.metadata import version
from typing import cast

from local_aws.launcher.hook import (
    PINNED_VERSION,
    AsgiApp,
    Attributes,
    Handler,
    Hook,
    HookMissingError,
    Lists,
    Properties,
    Provisioned,
    Receive,
    Record,
    Scope,
    ScopedStore,
    Send,
    Store,
)

__all__ = [
    "PINNED_VERSION",
    "AsgiApp",
    "Attributes",
    "Handler",
    "Hook",
    "HookMissingError",
    "Lists",
    "Properties",
    "Provisioned",
    "Receive",
    "Record",
    "Scope",
    "ScopedStore",
    "Send",
    "Store",
]

_CLOUDFORMATION = "ministack.services.cloudformation"
_STEP_FUNCTIONS = "ministack.services.stepfunctions"
_FUNCTIONS = "ministack.services.lambda_svc"
_REST_API = "ministack.services.apigateway_v1"
_CLOUDWATCH = "ministack.services.cloudwatch"
_TOPICS = "ministack.services.sns"
_EVENTS = "ministack.services.eventbridge"

_PROVISIONERS = f"{_CLOUDFORMATION}.provisioners"
_BALANCERS = "ministack.services.alb"
_SCALING = "ministack.services.autoscaling"
_EC2 = "ministack.services.ec2"
_BUCKETS = "ministack.services.s3"
_TABLES = "ministack.services.dynamodb"
_SECRETS = "ministack.services.secretsmanager"

APP = Hook("ministack.app", "app", "to serve")
HANDLERS = Hook(f"{_CLOUDFORMATION}.provisioners", "_RESOURCE_HANDLERS", "to add CloudFormation types")
CHANGE_SET_HANDLERS = Hook(f"{_CLOUDFORMATION}.changesets", "_RESOURCE_HANDLERS", "to add types to change sets")
RUNS_ON_WORKER_THREAD = Hook(
    f"{_CLOUDFORMATION}.stacks", "_runs_on_worker_thread", "to let added types call the emulator's own API"
)
INVOKE_CUSTOM_RESOURCE = Hook(
    f"{_CLOUDFORMATION}.custom_resource", "invoke_custom_resource", "to cap the wait for a custom resource"
)
AMI_PARAMETERS = Hook("ministack.services.ssm", "_PUBLIC_AMI_PARAMETERS", "to answer for every public AMI")
INVOKE_RESOURCE = Hook(_STEP_FUNCTIONS, "_invoke_resource", "to inject faults into Step Functions tasks")
INVOKE_WITH_CALLBACK = Hook(
    _STEP_FUNCTIONS, "_invoke_with_callback", "to inject faults into tasks that wait for a token"
)
EXECUTION_ERROR = Hook(_STEP_FUNCTIONS, "_ExecutionError", "to fail a Step Functions task")
REQUEST_ORIGIN = Hook("ministack.core.iam_evaluator", "_request_origin", "to count the loopback as TLS in policies")
TEXT_MESSAGE_LOG = Hook("ministack.services.sns", "_sms_log_for", "to note when a text was sent")
PYTHON_WORKER = Hook(
    "ministack.core.lambda_runtime", "_PYTHON_WORKER_SCRIPT", "to learn the class of a function's exception"
)
EXECUTE_FUNCTION = Hook(_FUNCTIONS, "_execute_function_warm", "to report the class of a function's exception")
DISPATCH_FUNCTION = Hook(_FUNCTIONS, "_execute_function_dispatch", "to measure functions")
FUNCTION_METRICS = Hook(_FUNCTIONS, "_emit_lambda_metrics", "to measure functions once")
EXECUTION_STATUS = Hook(_STEP_FUNCTIONS, "_emit_execution_status_event", "to count executions")
SERVE_REST_API = Hook(_REST_API, "handle_execute", "to measure REST APIs")
REST_APIS = Hook(_REST_API, "_rest_apis", "to know the names of REST APIs")
REST_RESOURCES = Hook(_REST_API, "_resources", "to let CloudFormation's methods keep their request validators")
RENDER_TEMPLATE = Hook(_REST_API, "_render_request_template_v1", "to let mapping templates decide")
TEMPLATE_TEXT = Hook(_REST_API, "_vtl_render", "to render mapping templates")
TEMPLATE_VALUE = Hook(_REST_API, "_vtl_value", "to evaluate conditions of mapping templates")
CLOSING_PARENTHESIS = Hook(_REST_API, "_vtl_close_paren", "to read conditions of mapping templates")
INTEGRATION_REPLY = Hook(_REST_API, "_service_integration_response", "to let mapping templates change the reply")
QUEUES = Hook("ministack.services.sqs", "_queues", "to measure queues")
QUEUE_ACTIONS = Hook("ministack.services.sqs", "_HANDLERS", "to add operations of queues")
QUEUE_BY_ARN = Hook("ministack.services.sqs", "_queue_by_arn", "to move dead letters")
QUEUE_BY_URL = Hook("ministack.services.sqs", "_get_q", "to measure queues")
COLLECT_MESSAGES = Hook("ministack.services.sqs", "_collect_msgs", "to count what is taken out of queues")
DELETE_TAKEN = Hook("ministack.services.sqs", "_delete_messages_for_esm", "to count what functions have done")
QUEUE_ERROR = Hook("ministack.services.sqs", "_Err", "to refuse operations of queues")
QUEUE_ALLOWS = Hook("ministack.services.sqs", "queue_policy_allows", "to keep what a queue does not let in")
COMPLETE_MESSAGE = Hook("ministack.services.sqs", "_ensure_msg_fields", "to keep what was not delivered")
ATTRIBUTES_DIGEST = Hook("ministack.services.sqs", "_md5_msg_attrs", "to keep what was not delivered")
FAN_OUT = Hook(_TOPICS, "_fanout", "to keep what subscriptions can't deliver")
FILTER_MATCHES = Hook(_TOPICS, "_matches_filter_policy", "to know what a subscription delivers")
TOPIC_BY_ARN = Hook(_TOPICS, "_topic_by_arn_any_scope", "to know the subscriptions of a topic")
TOPIC_ALLOWS = Hook(_TOPICS, "topic_policy_allows", "to keep events that a topic does not let in")
TOPIC_ENVELOPE = Hook(_TOPICS, "_build_envelope", "to give messages to Firehose")
TOPICS = Hook(_TOPICS, "_topics", "to let CloudFormation's topics keep what they are")
PUT_RECORD = Hook("ministack.services.firehose", "_put_record", "to give messages to Firehose")
INVOKE_TARGET = Hook(_EVENTS, "_invoke_target", "to keep events that targets don't take")
EVENT_VIEW = Hook(_EVENTS, "_pattern_event_view", "to keep events that targets don't take")
FUNCTION_BY_ARN = Hook(_FUNCTIONS, "_get_func_record_for_ref", "to keep events whose function is gone")
CALL_FUNCTION = Hook(_FUNCTIONS, "_execute_function_with_config_scope", "to rotate secrets")
ACQUIRE_WORKER = Hook(_FUNCTIONS, "acquire_worker", "to let functions check the servers that run here")
STATE_MACHINES = Hook(_STEP_FUNCTIONS, "_state_machines", "to keep events whose state machine is gone")
QUEUE_WAKE = Hook("ministack.services.sqs", "esm_wake", "to move dead letters to queues that functions read")
RECORD_METRIC = Hook(_CLOUDWATCH, "record_metric", "to publish metrics")
METRICS = Hook(_CLOUDWATCH, "_metrics", "to evaluate alarms")
DIMENSIONS_KEY = Hook(_CLOUDWATCH, "_dims_key", "to find the metric of an alarm")
STATISTICS = Hook(_CLOUDWATCH, "_calc_stats", "to evaluate alarms")
STATISTIC = Hook(_CLOUDWATCH, "_stat_value", "to evaluate alarms")
ALARMS = Hook(_CLOUDWATCH, "_alarms", "to evaluate alarms")
ALARM_ACTIONS = Hook(_CLOUDWATCH, "_dispatch_alarm_actions", "to carry out scaling policies")
EVALUATE_ALARM = Hook(_CLOUDWATCH, "_evaluate_alarm", "to evaluate alarms by their dimensions")
SET_ALARM_STATE = Hook(_CLOUDWATCH, "_set_alarm_state", "to evaluate alarms")
ALARM_RECORD = Hook(_PROVISIONERS, "_cw_metric_alarm_record", "to accept alarms on metric math")
BALANCERS = Hook(_BALANCERS, "_lbs", "to know load balancers")
LISTENERS = Hook(_BALANCERS, "_listeners", "to know listeners")
LISTENER_RULES = Hook(_BALANCERS, "_rules", "to know listener rules")
LISTENER_ATTRIBUTES = Hook(_BALANCERS, "_listener_attrs", "to keep the attributes of listeners")
BALANCER_ATTRIBUTES = Hook(_BALANCERS, "_lb_attrs", "to keep the attributes of load balancers")
BALANCER_TAGS = Hook(_BALANCERS, "_tags", "to keep the tags of load balancers")
TARGET_GROUPS = Hook(_BALANCERS, "_tgs", "to know target groups")
TARGET_GROUP_ATTRIBUTES = Hook(_BALANCERS, "_tg_attrs", "to keep clients on their targets")
TARGETS = Hook(_BALANCERS, "_targets", "to know targets")
BALANCER_ACTIONS = Hook(_BALANCERS, "_ACTION_MAP", "to add operations of load balancers")
BALANCER_XML = Hook(_BALANCERS, "_lb_xml", "to describe the zones of load balancers")
BALANCER_ERROR = Hook(_BALANCERS, "_error", "to refuse operations of load balancers")
XML_ANSWER = Hook(_BALANCERS, "_xml", "to answer operations of load balancers")
PARSE_ACTIONS = Hook(_BALANCERS, "_parse_actions", "to keep the weights of target groups")
ACTION_XML = Hook(_BALANCERS, "_action_xml", "to describe the weights of target groups")
PARSE_CONDITIONS = Hook(_BALANCERS, "_parse_conditions", "to keep conditions on query strings")
CONDITION_XML = Hook(_BALANCERS, "_condition_xml", "to describe conditions on query strings")
MATCH_CONDITION = Hook(_BALANCERS, "_match_condition", "to match the conditions of rules")
EXECUTE_ACTIONS = Hook(_BALANCERS, "_execute_actions", "to weigh target groups")
FORWARD = Hook(_BALANCERS, "_forward_to_tg", "to choose healthy targets")
PROXY = Hook(_BALANCERS, "_proxy_http_target", "to reach targets")
FIND_BALANCER = Hook(_BALANCERS, "find_lb_for_host", "to reach load balancers by their paths")
BALANCE = Hook(_BALANCERS, "dispatch_request", "to choose listeners and measure load balancers")
TEMPLATE_ACTIONS = Hook(_PROVISIONERS, "_elbv2_listener_actions", "to keep the weights of target groups")
TEMPLATE_CONDITIONS = Hook(_PROVISIONERS, "_flatten_listener_rule_conditions", "to keep conditions on query strings")
SCALING_GROUPS = Hook(_SCALING, "_asgs", "to know Auto Scaling groups")
SCALING_HOOKS = Hook(_SCALING, "_hooks", "to run lifecycle hooks")
HOOK_RECORD = Hook(_SCALING, "_hook_record", "to keep the hooks that a group declares")
SCALING_ACTIONS = Hook(_SCALING, "_ACTION_MAP", "to add operations of Auto Scaling")
SCALING_POLICIES = Hook(_SCALING, "_policies", "to execute scaling policies")
TRACKING_ALARMS = Hook(_SCALING, "_put_tracking_alarms", "to track metric math")
SCALING_MEMBERS = Hook(_SCALING, "_member_xml", "to answer operations of Auto Scaling")
SCALING_XML = Hook(_SCALING, "_xml", "to answer operations of Auto Scaling")
SCALING_ERROR = Hook(_SCALING, "_error", "to refuse operations of Auto Scaling")
RECONCILE_INSTANCES = Hook(_SCALING, "_reconcile_instances", "to start and end instances")
LAUNCH_INSTANCES = Hook(_EC2, "_launch_instances_internal", "to start instances")
INSTANCE_PROFILE = Hook(_EC2, "_resolve_iam_instance_profile", "to give instances their roles")
INSTANCES = Hook(_EC2, "_instances", "to end instances")
EC2_TAGS = Hook(_EC2, "_tags", "to tag instances")
SUBNETS = Hook(_EC2, "_subnets", "to know the zones of subnets")
INSTANCE_FILTERS = Hook(_EC2, "_matches_filters", "to find instances by more than their states")
LAUNCH_TEMPLATES = Hook(_EC2, "_launch_templates", "to start instances from launch templates")
DATABASES = Hook("ministack.services.rds", "_instances", "to let databases lead to real servers")
DATABASE_CLUSTERS = Hook("ministack.services.rds", "_clusters", "to let databases lead to real servers")
CACHES = Hook("ministack.services.elasticache", "_replication_groups", "to let caches lead to real servers")
CACHE_NODES = Hook("ministack.services.elasticache", "_clusters", "to let caches lead to real servers")
CACHE_USERS = Hook("ministack.services.elasticache", "_users", "to let the users of caches into real servers")
SECRETS = Hook(_SECRETS, "_secrets", "to know secrets by their ARNs")
SECRET_BY_ID = Hook(_SECRETS, "_resolve", "to rotate secrets")
ROTATE_SECRET = Hook(_SECRETS, "_rotate_secret", "to rotate secrets by their functions")
READ_SECRET = Hook(_SECRETS, "_get_secret_value", "to have versions without a value")
DESCRIBE_SECRET = Hook(_SECRETS, "_describe_secret", "to tell when secrets were rotated")
CACHE_USER_GROUPS = Hook("ministack.services.elasticache", "_user_groups", "to know the users of caches")
TABLES = Hook(_TABLES, "_tables", "to know tables and their replicas")
STREAM_RECORDS = Hook(_TABLES, "_stream_records", "to tell streams of the end of items")
EXPIRY_SETTINGS = Hook(_TABLES, "_ttl_settings", "to let items of CloudFormation's tables end")
RECOVERY_SETTINGS = Hook(_TABLES, "_pitr_settings", "to let CloudFormation's tables keep what they are")
TABLE_ENCRYPTION = Hook(_TABLES, "_sse_description_from_spec", "to let CloudFormation's tables keep what they are")
KEY_VALUE = Hook(_TABLES, "_extract_key_val", "to replicate items")
SET_ITEM = Hook(_TABLES, "_set_item", "to replicate items")
REMOVE_ITEM = Hook(_TABLES, "_remove_item", "to replicate deletions, and to tell of the end of items")
EMIT_CHANGE = Hook(_TABLES, "_emit_stream_event", "to tell streams of what was replicated")
REPLICATE_ITEM = Hook(_TABLES, "_replicate_write", "to replicate items a little later")
REPLICA_UPDATES = Hook(_TABLES, "_apply_replica_updates", "to give CloudFormation's tables their replicas")
DELETE_TABLE = Hook(_TABLES, "_delete_table", "to delete replicas with their table")
PUT_EVENTS = Hook("ministack.services.eventbridge", "_put_events", "to tell of Auto Scaling's instances")
IAM_ACTION = Hook("ministack.core.iam_actions", "extract_iam_action", "to name the actions of batches")
RESOURCE_ARN = Hook("ministack.core.iam_actions", "extract_resource_arn", "to name the resource of a mail")
ENFORCE = Hook("ministack.core.iam_evaluator", "enforce", "to give IAM the condition keys of a mail")
MAIL_IDENTITIES = Hook("ministack.services.ses", "_identities", "to name the resource of a mail")
MAIL_IDENTITIES_V2 = Hook("ministack.services.ses_v2", "_identities", "to name the resource of a mail")
REPLICATE = Hook(_BUCKETS, "_maybe_replicate", "to replicate by all that rules say")
REPLICATE_DELETE_MARKER = Hook(_BUCKETS, "_maybe_replicate_delete_marker", "to replicate deletions to every bucket")
REPLICATION_RULE = Hook(_BUCKETS, "_replication_rule_for", "to replicate to more than one bucket")
REPLICATION_DESTINATION = Hook(_BUCKETS, "_replication_destination", "to let roles of replication be enforced")
REPLICATION_PREFIX = Hook(_BUCKETS, "_replication_rule_prefix", "to know what a rule of replication speaks of")
REPLICATION_TAGS = Hook(_BUCKETS, "_replication_rule_tags", "to know what a rule of replication speaks of")
REPLICATIONS = Hook(_BUCKETS, "_bucket_replication", "to replicate by all that rules say")
DELETE_MARKER = Hook(_BUCKETS, "_record_delete_marker", "to replicate deletions to every bucket")
IN_ACCOUNT = Hook(_BUCKETS, "_in_account", "to write to a bucket of another account")
BUCKETS = Hook(_BUCKETS, "_buckets", "to know the Regions of buckets")
BUCKET_ENCRYPTION = Hook(_BUCKETS, "_bucket_encryption", "to know what a key is used for")
VERSIONING = Hook(_BUCKETS, "_bucket_versioning", "to replicate what is versioned")
OBJECT_VERSIONS = Hook(_BUCKETS, "_object_versions", "to say how copies are encrypted")
OBJECT_TAGS = Hook(_BUCKETS, "_object_tags", "to replicate existing objects by their tags")
READ_OBJECT = Hook(_BUCKETS, "_read_body", "to replicate existing objects")
SERVE_S3_CONTROL = Hook("ministack.app", "_handle_s3_control_request", "to replicate existing objects")
KEYS = Hook("ministack.services.kms", "_keys", "to know what encrypts copies")
KEY_ALIASES = Hook("ministack.services.kms", "_aliases", "to know what encrypts copies")
ROLE_POLICIES = Hook("ministack.core.iam_evaluator", "_gather_role_policies", "to enforce roles of replication")
IAM_REQUEST = Hook("ministack.core.iam_evaluator", "EvalContext", "to enforce roles of replication")
IAM_DECISION = Hook("ministack.core.iam_evaluator", "evaluate", "to enforce roles of replication")
REQUEST_SCOPE = Hook("ministack.core.responses", "request_scope", "to act in an account and a region")
GET_REGION = Hook("ministack.core.responses", "get_region", "to know the region of a request")
GET_ACCOUNT = Hook("ministack.core.responses", "get_account_id", "to know the account of a request")

HOOKS: tuple[Hook, ...] = tuple(value for value in globals().values() if isinstance(value, Hook))

# Handlers of the emulator that the launcher wraps.
WRAPPED_TYPES: tuple[str, ...] = (
    "AWS::ApiGateway::Method",
    "AWS::AutoScaling::AutoScalingGroup",
    "AWS::CloudFront::ResponseHeadersPolicy",
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table",
    "AWS::EC2::VPC",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::ElastiCache::User",
    "AWS::ElasticLoadBalancingV2::Listener",
    "AWS::ElasticLoadBalancingV2::ListenerRule",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SecretsManager::Secret",
)


def require(hooks: Iterable[Hook] = HOOKS) -> None:
    """Raise HookMissingError for the first private name or wrapped type that is gone."""
    for hook in hooks:
        hook.get()
    handlers = resource_handlers()
    for name in WRAPPED_TYPES:
        if name not in handlers:
            raise HookMissingError(
                f"MiniStack {version('ministack')} no longer provisions {name}, which local_aws extends: "
                f"install the version it is written for, ministack=={PINNED_VERSION}."
            )


def resource_handlers() -> dict[str, Handler]:
    """The emulator's table of CloudFormation types."""
    return cast("dict[str, Handler]", HANDLERS.get())


def store(hook: Hook) -> Store:
    """The emulator's state of one kind, in the account and the region of the request being served."""
    return cast("Store", hook.get())


def scoped(hook: Hook) -> ScopedStore:
    """The emulator's state of one kind, of every account and region."""
    return cast("ScopedStore", hook.get())


def lists(hook: Hook) -> Lists:
    """Like ``store``, of what the emulator keeps in lists."""
    return cast("Lists", hook.get())


def region() -> str:
    """The region of the request being served."""
    return cast("Callable[[], str]", GET_REGION.get())()


def account() -> str:
    """The account of the request being served."""
    return cast("Callable[[], str]", GET_ACCOUNT.get())()


def scope(account: str, region: str) -> AbstractContextManager[None]:
    """Act in an account and a region."""
    return cast("Callable[[str, str], AbstractContextManager[None]]", REQUEST_SCOPE.get())(account, region)
