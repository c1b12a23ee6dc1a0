"""Events that are sent to an endpoint."""

from collections.abc import Mapping

from standardwebhooks import Webhook

from .contract.models import Event


def verify_webhook(secret: str, body: bytes, headers: Mapping[str, str]) -> Event:
    """The event in a message, when it is signed with the endpoint's secret and not older than five minutes.

    Raises `WebhookVerificationError` otherwise. The body is taken byte for byte, before anything has read it as JSON. More kinds of events come
    within `/v1`: pass over those that you do not know.
    """
    return Event.from_dict(Webhook(secret).verify(body, dict(headers)))
