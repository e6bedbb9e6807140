"""Which images ECR removes by itself."""

import json


def build_lifecycle_policy(*, keep_releases: int, untagged_days: int) -> str:
    """Build the text of a repository's lifecycle policy.

    Args:
        keep_releases: How many images are kept, the youngest.
        untagged_days: Days after which an image without a tag goes.
    """
    untagged = {
        "rulePriority": 1,
        "description": f"Images without a tag go after {untagged_days} days",
        "selection": {
            "tagStatus": "untagged",
            "countType": "sinceImagePushed",
            "countUnit": "days",
            "countNumber": untagged_days,
        },
        "action": {"type": "expire"},
    }
    # ECR wants the rule with tagStatus "any" to have the highest number.
    releases = {
        "rulePriority": 2,
        "description": f"The youngest {keep_releases} images stay",
        "selection": {
            "tagStatus": "any",
            "countType": "imageCountMoreThan",
            "countNumber": keep_releases,
        },
        "action": {"type": "expire"},
    }
    return json.dumps({"rules": [untagged, releases]}, separators=(",", ":"))
