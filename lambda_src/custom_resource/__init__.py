"""How the function of a custom resource hears CloudFormation's request, and answers it whatever happens."""
