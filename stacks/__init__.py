"""Stack classes: each is one complete, deployable CloudFormation stack."""
