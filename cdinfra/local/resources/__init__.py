"""The resource types that the local CloudFormation carries, one class each."""
