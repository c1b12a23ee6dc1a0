"""Plays the integration of a partner with the client that `make clients` hands out: a pledge, its charge, captured and settled, the file of the day,
the list of events, and webhooks that are verified."""

from __future__ import annotations

import asyncio
import datetime
import json
import os
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

import httpx
from commonpurse_client import Refused, WebhookVerificationError, answered, connect, verify_webhook
from commonpurse_client.connection import Repeating
from commonpurse_client.contract.api.books import books_advance_clock, books_show
from commonpurse_client.contract.api.campaigns import campaigns_show
from commonpurse_client.contract.api.charges import charges_capture, charges_list, charges_show
from commonpurse_client.contract.api.events import events_list_events
from commonpurse_client.contract.api.pledges import pledges_place
from commonpurse_client.contract.api.settlements import (
    settlements_compare_settlement_day,
    settlements_download_settlement_day,
    settlements_report,
    settlements_show_settlement_day,
)
from commonpurse_client.contract.api.webhooks import webhooks_create_endpoint
from commonpurse_client.contract.models import (
    AdvanceClock,
    Book,
    Campaign,
    CaptureChargeRequest,
    Charge,
    ChargeWithAttempts,
    Event,
    EventPage,
    Money,
    NewDonor,
    NewPledge,
    NewSchedule,
    NewSettlement,
    NewSettlementLine,
    NewWebhookEndpoint,
    PageCharge,
    PartnerDay,
    Pledge,
    Settlement,
    SettlementComparison,
    SettlementListLine,
    WebhookEndpoint,
)
from commonpurse_client.contract.types import Response
from standardwebhooks import Webhook

T = TypeVar("T")

CAMPAIGN = os.environ["CAMPAIGN"]
PATIENCE_S = 60

purse = connect(os.environ["BASE_URL"], os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"], backoff_s=0.02)

messages: list[tuple[dict[str, str], bytes]] = []
"""What came to the endpoint, byte for byte."""


class Receiver(BaseHTTPRequestHandler):
    """The endpoint."""

    def do_POST(self) -> None:
        """Keeps a message."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        messages.append((dict(self.headers.items()), body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


def soon(what: str, look: Callable[[], T | None]) -> T:
    """Asks until there is an answer that is waited for."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        seen = look()
        if seen is not None:
            return seen
        time.sleep(0.05)
    raise TimeoutError(what)


def pledge_of(amount: str, campaign: Campaign, due: datetime.date) -> NewPledge:
    return NewPledge(
        reference="python-1",
        donor=NewDonor(reference="ada"),
        amount=Money(amount=amount, currency=campaign.currency),
        schedule=NewSchedule(interval="monthly", start=due, payments=12),
        rail="partner",
        terms_sha256=campaign.terms_sha256,
    )


def refusal_of(act: Callable[[], object]) -> Refused:
    try:
        act()
    except Refused as refused:
        return refused
    raise AssertionError("it was not refused")


def is_refused(secret: str, body: bytes, headers: dict[str, str]) -> bool:
    try:
        verify_webhook(secret, body, headers)
    except WebhookVerificationError:
        return True
    return False


def attempts(method: str, status: int, headers: dict[str, str] | None = None) -> int:
    """How often something is asked that is always answered so."""
    count = 0

    def always(_: httpx.Request) -> httpx.Response:
        nonlocal count
        count += 1
        return httpx.Response(status, headers=headers)

    stub = httpx.MockTransport(always)
    with httpx.Client(transport=Repeating(stub, stub, 5, 0.001, 60)) as stubborn:
        stubborn.request(method, "http://purse.test/v1/webhook-endpoints/weh_a")
    return count


def events_of(book: Book, charge: Charge) -> list[Event]:
    page = answered(events_list_events.sync_detailed(client=purse, book=book.id, object_=charge.id, limit=2), EventPage)
    events = page.items
    while page.next_cursor:
        later = events_list_events.sync_detailed(
            client=purse, book=book.id, object_=charge.id, limit=2, cursor=page.poll_cursor
        )
        page = answered(later, EventPage)
        events += page.items
    return events


def main() -> None:
    receiver = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{receiver.server_port}/purse"

    campaign = answered(campaigns_show.sync_detailed(CAMPAIGN, client=purse), Campaign)
    book = answered(books_show.sync_detailed(campaign.book, client=purse), Book)
    wanted = NewWebhookEndpoint(book=book.id, url=url, kinds=["charge.captured", "charge.settled"])
    made = webhooks_create_endpoint.sync_detailed(client=purse, body=wanted, idempotency_key="endpoint")
    secret = answered(made, WebhookEndpoint).secret
    assert isinstance(secret, str)

    due = book.now.date() + datetime.timedelta(days=2)

    def place(amount: str, key: str) -> Response[Any]:
        body = pledge_of(amount, campaign, due)
        return pledges_place.sync_detailed(CAMPAIGN, client=purse, body=body, idempotency_key=key)

    placed = place("10.00", "pledge")
    pledge = answered(placed, Pledge)
    wrong = refusal_of(lambda: answered(place("10.001", "wrong"), Pledge)).problem
    assert wrong is not None and wrong.type_ == "/problems/invalid" and wrong.errors

    noon = datetime.datetime.combine(due, datetime.time(12), datetime.UTC)
    walk = books_advance_clock.sync_detailed(book.id, client=purse, body=AdvanceClock(to=noon), idempotency_key="walk")
    answered(walk, Book)

    def begun() -> Charge | None:
        charges = answered(charges_list.sync_detailed(pledge.id, client=purse), PageCharge).items
        return next((charge for charge in charges if charge.state == "processing"), None)

    charge = soon("the charge", begun)
    report = CaptureChargeRequest(event_id="event-1", provider_reference="payment-1")
    capture = charges_capture.sync_detailed(charge.id, client=purse, body=report, idempotency_key="capture")
    day = answered(capture, Charge).captured_on
    assert isinstance(day, datetime.date)

    lines = answered(settlements_show_settlement_day.sync_detailed(book.id, day, client=purse), PartnerDay).items
    net = next(line.net.amount for line in lines if line.charge == charge.id)
    file = answered(settlements_download_settlement_day.sync_detailed(book.id, day, client=purse), str)

    gross = next(line.gross.amount for line in lines if line.charge == charge.id)
    own = [SettlementListLine(kind="charge", id=charge.id, gross=gross, net=net)]
    comparison = settlements_compare_settlement_day.sync_detailed(
        book.id, day, client=purse, body=own, idempotency_key="own-list"
    )
    matched = answered(comparison, SettlementComparison).matched

    def settle(amount: str, key: str) -> Settlement:
        body = NewSettlement(
            book=book.id,
            reference=f"payout-{key}",
            date=day,
            amount=Money(amount=amount, currency=campaign.currency),
            lines=[NewSettlementLine(charge=charge.id, amount=amount)],
        )
        return answered(settlements_report.sync_detailed(client=purse, body=body, idempotency_key=key), Settlement)

    refusal = refusal_of(lambda: settle("9.00", "short")).problem
    assert refusal is not None
    settlement = settle(net, "settle")
    settled = answered(asyncio.run(charges_show.asyncio_detailed(charge.id, client=purse)), ChargeWithAttempts)

    soon("both messages", lambda: messages if len(messages) >= 2 else None)
    sent = [verify_webhook(secret, body, headers) for headers, body in messages]
    headers, body = messages[0]
    # A kind that this client does not know yet.
    later = body.replace(b'"charge.captured"', b'"purse.emptied"')
    at = datetime.datetime.now(datetime.UTC)
    signature = Webhook(secret).sign("later", at, later.decode())
    signed = {"webhook-id": "later", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}
    assert verify_webhook(secret, later, signed).kind == "purse.emptied"

    print(
        json.dumps(
            {
                "mode": book.mode,
                "replayed": placed.headers.get("Idempotent-Replayed"),
                "pointer": wrong.errors[0].pointer,
                "refusal": refusal.type_,
                "charge": charge.id,
                "state": settled.state,
                "net": net,
                "file": sum(charge.id in row for row in file.splitlines()),
                "matched": matched,
                "settlement": settlement.state,
                "events": [event.kind for event in events_of(book, charge)],
                "sent": [event.kind for event in sent],
                "attempts": [
                    attempts("GET", 503),
                    attempts("GET", 503, {"Retry-After": "3600"}),
                    attempts("GET", 500),
                    attempts("PATCH", 503),
                    attempts("PATCH", 429),
                ],
                "refuses_altered": all(is_refused(secret, body + b" ", headers) for headers, body in messages),
            }
        )
    )


main()
