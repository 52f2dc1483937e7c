"""Deletes what is in a vault of AWS Backup, as CloudFormation asks for it before it deletes the vault."""
