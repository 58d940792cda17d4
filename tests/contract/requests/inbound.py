"""Requests of received mail."""

from typing import Final

from tests.contract.requests.calling import Caller, Parameters, Request
from tests.factories.inbound import POSTED, a_mail, received, signed_by_postmark


async def a_received_mail(_: Caller) -> Parameters:
    return {"id": str((await received(a_mail("How do I?", subject="A question"))).id)}


REQUESTS: Final[dict[str, Request]] = {
    "GET /admin/inbound/messages": Request(a_received_mail, unknown=("body.data[].matchedEnrollmentId",)),
    "GET /admin/inbound/messages/stats": Request(a_received_mail),
    "GET /admin/inbound/messages/{id}": Request(a_received_mail),
    "POST /webhooks/inbound/{provider}": Request(
        parameters={"provider": "postmark"}, body=POSTED, signed=signed_by_postmark
    ),
}
