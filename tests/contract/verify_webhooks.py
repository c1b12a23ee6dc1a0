"""Verifies messages of webhooks with the library of Standard Webhooks for Python, and prints what it says of each: empty for a good one."""

import json
import sys

from standardwebhooks import Webhook, WebhookVerificationError


def verdict(message):
    try:
        told = Webhook(message["secret"]).verify(message["body"].encode(), message["headers"])
    except WebhookVerificationError as error:
        return str(error)
    return "" if told == json.loads(message["body"]) else "another body was read"


with open(sys.argv[1], encoding="utf-8") as file:
    print(json.dumps([verdict(message) for message in json.load(file)]))
