"""The opinions of the serverless patterns. Plain numbers: a CDK object here would start Node at import."""

# API Gateway gives up after 29 s; a caller gives up sooner. Leaves room for one retry of each AWS call.
API_FUNCTION_TIMEOUT_SECONDS = 10

# One SES call with its retry, a cold start included.
SEND_FUNCTION_TIMEOUT_SECONDS = 20

# An open endpoint that sends mail: generous for people, useless for a flood.
THROTTLE_RATE = 5.0
THROTTLE_BURST = 10

# A double click, a reload, an impatient retry: the same request within this time is one reminder.
IDEMPOTENCY_WINDOW_SECONDS = 300

# Both allow-lists travel in the function's environment, which Lambda ends at 4 KB for all variables together.
ALLOW_LIST_CHARACTERS = 3_000

# Throttling of SES and SNS passes within seconds to minutes: 2, 4, 8 ... 300 s apart, 18 minutes in all,
# each drawn at random up to that bound so that a thousand reminders for nine o'clock do not retry in step
# (step-functions/latest/dg/concepts-error-handling.html).
SEND_RETRY_INTERVAL_SECONDS = 2
SEND_RETRY_BACKOFF = 2.0
SEND_RETRY_ATTEMPTS = 10
SEND_RETRY_MAX_DELAY_SECONDS = 300

# The longest SQS allows: a weekend and the Monday after it must not cost anyone a reminder.
DEAD_LETTER_RETENTION_DAYS = 14

# SES reviews an account at a 5 % bounce or 0.1 % complaint rate (ses/latest/dg/reputationdashboard-dg.html).
SES_BOUNCE_RATE = 0.05
SES_COMPLAINT_RATE = 0.001
