"""The AWS boundary: the only modules that import boto3 and botocore, and they do so lazily."""
