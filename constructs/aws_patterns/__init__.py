"""AWS architecture patterns as CDK constructs. Import each from its module; nothing is loaded before it is used."""
