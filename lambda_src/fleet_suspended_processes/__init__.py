"""Suspends and resumes processes of Auto Scaling groups, as CloudFormation asks for it."""
