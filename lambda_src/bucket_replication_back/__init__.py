"""Sets what a bucket of another Region copies back, as CloudFormation asks for it."""
