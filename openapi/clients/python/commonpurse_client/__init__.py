"""A client of a commonpurse service for partner platforms: `contract` is generated, the rest of the package is this."""

from standardwebhooks import WebhookVerificationError

from .connection import connect
from .refused import Refused, answered
from .webhooks import verify_webhook

__all__ = ["Refused", "WebhookVerificationError", "answered", "connect", "verify_webhook"]
