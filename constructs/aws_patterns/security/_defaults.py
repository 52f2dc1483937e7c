"""The opinions of the security patterns. Plain numbers: a CDK object here would start Node at import."""

# --- Keys ---

# A year, as AWS rotates its own keys; shorter for who has to
# (kms/latest/developerguide/rotating-keys-enable.html).
ROTATION_DAYS = 365
SHORTEST_ROTATION_DAYS = 90
LONGEST_ROTATION_DAYS = 2560

# The longest wait that there is: what a deleted key encrypted is lost for ever
# (kms/latest/developerguide/deleting-keys.html).
DELETION_WINDOW_DAYS = 30
SHORTEST_DELETION_WINDOW_DAYS = 7

# kms/latest/APIReference/API_CreateAlias.html: 256 characters, "alias/" among them.
LONGEST_ALIAS = 250

# One call to the other Region, and a quarter of a minute for a permission to be known everywhere.
KEY_LOOKUP_TIMEOUT_SECONDS = 60
# The function's time twice: Lambda tries again what ended without an answer.
KEY_LOOKUP_PATIENCE_SECONDS = 180

# --- Secrets ---

# Security Hub asks for at most 90 days without a rotation; a month leaves room for two that fail
# (securityhub/latest/userguide/secretsmanager-controls.html).
SECRET_ROTATION_DAYS = 30
LONGEST_SECRET_ROTATION_DAYS = 1000

# More than any guessing reaches, and short enough for every database's password
# (secretsmanager/latest/apireference/API_GetRandomPassword.html: 1 to 4,096; AuroraPostgreSQL takes 128, MySQL 41).
SECRET_LENGTH = 32
SHORTEST_SECRET_LENGTH = 16
LONGEST_SECRET_LENGTH = 4096

LONGEST_SECRET_NAME = 512
