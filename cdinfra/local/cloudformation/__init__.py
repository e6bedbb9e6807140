"""CloudFormation in front of the local services: templates, operations, events, change sets."""
