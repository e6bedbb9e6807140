"""Which cloud an app is in, in a few words."""

from cdinfra.aws.connection import LOCAL_REGION
from cdinfra.cli.options import Cloud, Request
from cdinfra.deploy.deployer import Deployer
from cdinfra.deploy.saved_plan import CloudPlace, SavedPlan
from cdinfra.model import Deployable


def where(request: Request, app: Deployable, deployer: Deployer) -> str:
    """Return where the work is done: ``shop dev in the local cloud, eu-central-1``.

    Places that are not the app's own follow: ``and in 210987654321 us-east-1``.
    """
    locations = deployer.locations()
    further = dict.fromkeys(str(each) for each in locations.values())
    if locations:
        further.pop(str(deployer.account()), None)
    return " and in ".join((_own_place(request, app, deployer), *further))


def _own_place(request: Request, app: Deployable, deployer: Deployer) -> str:
    match request.cloud:
        case Cloud.LOCAL:
            # Asking for the account would cost a call, and there is only one.
            region = request.region or app.region or LOCAL_REGION
            return f"{app.name} {app.env} in the local cloud, {region}"
        case Cloud.AWS:
            account = deployer.account()
            return f"{app.name} {app.env} in AWS account {account.account_id}, {account.region}"


def place_of(request: Request, deployer: Deployer) -> CloudPlace:
    """Return where the work is done, as a saved plan tells it."""
    account = deployer.account()
    return CloudPlace(cloud=request.cloud.value, account=account.account_id, region=account.region)


def where_saved(saved: SavedPlan) -> str:
    """Return where the work of a saved plan is done."""
    place = saved.place
    cloud = "the local cloud" if place.cloud == Cloud.LOCAL else f"AWS account {place.account}"
    return f"{saved.app} {saved.env} in {cloud}, {place.region}"
