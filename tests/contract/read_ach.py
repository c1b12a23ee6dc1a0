"""Reads files of the ACH network with the package achkit, which the service does not use, and prints what it finds in each."""

import json
import sys

import achkit


def found(path):
    with open(path, encoding="ascii", newline="") as file:
        text = file.read()
    checked = achkit.validate(text)
    if not checked["ok"]:
        sys.exit(f"{path}: {checked['errors']}")
    batches = achkit.parse(text)["batches"]
    return [
        {
            "class": batch["sec"],
            "total": batch["control"]["total_credit"],
            "entries": [
                {
                    "routing": entry["routing"],
                    "account": entry["account"],
                    "amount": entry["amount_cents"],
                    "name": entry["name"],
                    "told": entry["addenda"][0]["info"],
                }
                for entry in batch["entries"]
            ],
        }
        for batch in batches
    ]


print(json.dumps([found(path) for path in sys.argv[1:]]))
