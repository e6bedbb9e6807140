from collections.abc import Iterable

import pytest
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from cdinfra.local.call import Environ
from cdinfra.local.call_counts import CallCounts
from cdinfra.local.control import Control
from cdinfra.local.fault_types import CallFault, CallFaultKind
from cdinfra.local.faults import Faults
from cdinfra.local.front import Front, Services, StartResponse
from cdinfra.local.state_directory import Record

RECORD = Record(pid=7, port=4000, instance="a", started="2026-01-01T00:00:00+00:00", version="1")
FORM = {"Action": "DescribeVpcs"}


class Parts:
    """A front before services that only note what reaches them."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.paths: list[str] = []
        self.accounts: list[str | None] = []
        self.signals: list[tuple[str, object]] = []
        self.faults = Faults(wait=lambda _seconds: None)
        self.counts = CallCounts()
        control = Control(
            record=RECORD,
            region="eu-central-1",
            faults=self.faults,
            counts=self.counts,
            signal=self.signal,
        )
        self.client = Client(
            Front(
                services=Services(
                    moto=self.services,
                    cloudformation=self.cloudformation,
                    own={"/_cdinfra/registry": lambda request: Response(f"own {request.path}")},
                ),
                control=control,
                faults=self.faults,
                counts=self.counts,
                prepare=lambda _region, _account: None,
            )
        )

    def services(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if self.error:
            raise self.error
        self.paths.append(environ["PATH_INFO"])
        self.accounts.append(environ.get("HTTP_X_MOTO_ACCOUNT_ID"))
        response: Iterable[bytes] = Response("services")(environ, start_response)
        return response

    def cloudformation(self, request: Request, *, region: str, account: str) -> Response:
        return Response(f"{request.form['Action']} {region} {account}")

    def signal(self, token: str, document: object) -> None:
        if document == {"Status": "bad"}:
            raise ValueError("no such status")
        self.signals.append((token, document))


def test_a_call_reaches_the_services_and_is_counted() -> None:
    parts = Parts()
    assert parts.client.post("/", data=FORM).text == "services"
    assert parts.counts.counts() == {"unsigned:DescribeVpcs": 1}


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("/_cdinfra/internal/210987654321", "/"),
        ("/_cdinfra/internal/210987654321/", "/"),
        ("/_cdinfra/internal/210987654321/bucket/key", "/bucket/key"),
        ("/_cdinfra/internal/210987654321/123456789012", "/123456789012"),
    ],
)
def test_no_fault_strikes_the_calls_of_the_engine_and_none_is_counted(path: str, seen: str) -> None:
    parts = Parts()
    parts.faults.add(CallFault(kind=CallFaultKind.INTERNAL_ERROR))
    assert parts.client.post(path, data=FORM).text == "services"
    assert parts.paths == [seen]
    assert parts.accounts == ["210987654321"]
    assert parts.counts.counts() == {}
    assert parts.client.post("/", data=FORM).status_code == 500


@pytest.mark.parametrize(
    "path", ["/_cdinfra/internal/1234567890123/key", "/bucket/_cdinfra/internal/123456789012/key"]
)
def test_other_paths_are_no_calls_of_the_engine(path: str) -> None:
    parts = Parts()
    parts.client.post(path, data=FORM)
    assert parts.counts.counts() in ({"unsigned:DescribeVpcs": 1}, {})


def test_further_addresses_of_its_own_are_answered_and_no_calls() -> None:
    parts = Parts()
    assert parts.client.get("/_cdinfra/registry/token").text == "own /_cdinfra/registry/token"
    assert parts.client.get("/_cdinfra/registry-not").status_code == 400
    assert parts.counts.counts() == {}


def test_what_the_services_lack_is_said_and_not_tried_again() -> None:
    answer = Parts(NotImplementedError()).client.post("/", data=FORM)
    assert answer.status_code == 501
    assert "does not carry unsigned:DescribeVpcs" in answer.text


def test_a_call_that_breaks_the_services_gets_an_answer() -> None:
    answer = Parts(KeyError("vpc")).client.post("/", data=FORM)
    assert answer.status_code == 501
    assert "KeyError: &#x27;vpc&#x27;" in answer.text or "KeyError: 'vpc'" in answer.text


def test_health_says_who_answers() -> None:
    health = Parts().client.get("/_cdinfra/health").json
    assert health == {
        "pid": 7,
        "port": 4000,
        "instance": "a",
        "started": "2026-01-01T00:00:00+00:00",
        "version": "1",
        "region": "eu-central-1",
        "faults": 0,
        "calls": {},
        "hosts": {},
    }


@pytest.mark.parametrize("prefix", ["", "/_cdinfra/internal/123456789012"])
def test_a_document_for_a_wait_condition_reaches_the_engine(prefix: str) -> None:
    parts = Parts()
    path = f"{prefix}/_cdinfra/wait-condition/token-1"
    assert parts.client.put(path, data='{"Status": "SUCCESS"}').status_code == 200
    assert parts.signals == [("token-1", {"Status": "SUCCESS"})]
    refused = parts.client.put(path, data='{"Status": "bad"}')
    assert refused.status_code == 400
    assert refused.json == {
        "problems": [{"path": "signal", "message": "no such status", "hint": ""}]
    }


@pytest.mark.parametrize("body", ["", "{", "[]", "null", "\xff"])
def test_a_body_that_is_no_object_is_refused(body: str) -> None:
    assert Parts().client.post("/_cdinfra/faults", data=body).status_code == 400
