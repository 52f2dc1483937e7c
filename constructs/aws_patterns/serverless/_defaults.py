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

# A photograph of today's largest cameras; what the renditions' recipe takes too.
UPLOAD_MAXIMUM_BYTES = 50_000_000

# What S3 takes in one request (AmazonS3/latest/userguide/upload-objects.html).
UPLOAD_LARGEST_BYTES = 5_000_000_000

# A page asks once for each file, then every second or slower how they are doing: some twenty visitors at work.
UPLOAD_THROTTLE_RATE = 20.0
UPLOAD_THROTTLE_BURST = 40

# The upload has to begin within this time, not to end.
UPLOAD_FORM_SECONDS = 900

# As long as a page may show a picture that it has been told of; it asks again for fresh addresses.
UPLOAD_LINK_SECONDS = 900
