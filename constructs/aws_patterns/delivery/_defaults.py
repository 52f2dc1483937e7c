"""The opinions of the delivery patterns. Plain values: a CDK object here would start Node at import."""

# --- GitHub Actions ---

# Whom GitHub's tokens come from, and whom they are for when its AWS action asks
# (https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws).
GITHUB_ISSUER = "token.actions.githubusercontent.com"
GITHUB_AUDIENCE = "sts.amazonaws.com"

# The shortest session that a role may have: a deployment that takes longer is CloudFormation's, which goes on by itself
# (IAM/latest/UserGuide/id_roles_update-role-settings.html).
SESSION_HOURS = 1

# What `cdk bootstrap` calls its roles unless it is told otherwise
# (cdk/v2/guide/bootstrapping-customizing.html#bootstrapping-custom-synth).
BOOTSTRAP_QUALIFIER = "hnb659fds"

# --- Pipeline ---

# Long enough to look at what a build was made of, and to go back to it
# (codepipeline/latest/userguide/stage-rollback.html).
ARTIFACT_DAYS = 30

# Ours takes 20 minutes on two processors; more than this hangs.
BUILD_TIMEOUT_MINUTES = 60

# For how long an alarm is watched after a deployment before the next environment has its turn: three periods of five
# minutes, and one to spare (codepipeline/latest/userguide/rule-reference-CloudWatchAlarm.html: at most 1,440).
ALARM_MINUTES = 20
LONGEST_ALARM_MINUTES = 1440

# A pipeline has 50 stages at most, and one of its own for each environment
# (codepipeline/latest/userguide/limits.html).
MOST_ENVIRONMENTS = 20

# The same as this project's own package.json; of the second, any of its major version.
CDK_CLI_VERSION = "2.1148.1"
CDK_ASSETS_VERSION = "4"
