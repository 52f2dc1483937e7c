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
