"""Posts an entry with the client that openapi-python-client makes of the contract."""

import json
import os

from commonpurse_client import AuthenticatedClient, Client
from commonpurse_client.api.books import books_show
from commonpurse_client.api.identity import identity_confirm
from commonpurse_client.api.journal_entries import journal_entries_create, journal_entries_show
from commonpurse_client.models import Amount, Book, JournalEntry, NewJournalEntry, NewLine, TokenRequest, Tokens

BASE_URL, BOOK = os.environ["BASE_URL"], os.environ["BOOK"]
DEBIT, CREDIT = os.environ["DEBIT"], os.environ["CREDIT"]


def answered(answer, kind):
    """What an operation answers when it does what it is for."""
    assert isinstance(answer, kind), answer
    return answer


def post(client, book, debit, credit, amount, key):
    line = NewLine(debit=debit, credit=credit, amount=Amount(amount=amount, currency=book.currency))
    body = NewJournalEntry(memo="Posted by a generated client", lines=[line])
    return journal_entries_create.sync(BOOK, client=client, body=body, idempotency_key=key)


def main():
    patient = {"base_url": BASE_URL, "timeout": 120}
    link = TokenRequest(token=os.environ["SIGN_IN_TOKEN"])
    tokens = answered(identity_confirm.sync(client=Client(**patient), body=link), Tokens)
    client = AuthenticatedClient(token=tokens.access_token, **patient)

    book = answered(books_show.sync(BOOK, client=client), Book)
    posted = answered(post(client, book, DEBIT, CREDIT, "7.50", "entry"), JournalEntry)
    entry = answered(journal_entries_show.sync(BOOK, posted.number, client=client), JournalEntry)
    problem = post(client, book, CREDIT, DEBIT, "8.00", "refused")

    print(
        json.dumps(
            {
                "mode": book.mode,
                "number": posted.number,
                "memo": entry.memo,
                "amount": entry.lines[0].amount.amount,
                "problem": problem.type_,
            }
        )
    )


main()
