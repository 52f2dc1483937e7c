"""DynamoDB tables: what their CloudFormation types say, replication between Regions, and the end of items."""

from local_aws.launcher.tables import expiry, replication


def install() -> None:
    """Take over replication and expiry; to be called where the server's event loop runs."""
    replication.REPLICATION.install()
    expiry.install()
