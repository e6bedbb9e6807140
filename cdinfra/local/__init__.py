"""The embedded local cloud: moto's services, with CloudFormation answered in front of them."""
