"""Writes the contract of partners as a Python client is to read it: `open_words.py FROM TO`.

More kinds of events come within `/v1`, and a client that was made before passes over them. The generator makes closed sets of all words, and what it
makes refuses a whole answer that has another one in it: so the kinds in answers are texts.

A file of commas that is answered is a text; what is sent as one, or as JSON, is sent as JSON: of two forms the generator makes code that takes neither.
"""

import json
import sys


def main(source: str, target: str) -> None:
    with open(source, encoding="utf-8") as file:
        contract = json.load(file)
    schemas = contract["components"]["schemas"]
    kinds = schemas["Event"]["properties"]["kind"]
    for shape in (kinds, schemas["WebhookDelivery"]["properties"]["kind"], schemas["WebhookEndpoint"]["properties"]["kinds"]["items"]):
        del shape["enum"]
    for item in contract["paths"].values():
        for operation in item.values():
            sent = operation.get("requestBody", {}).get("content", {})
            if "application/json" in sent:
                sent.pop("text/csv", None)
            for answer in operation["responses"].values():
                content = answer.get("content", {})
                if "text/csv" in content:
                    content["text/plain"] = content.pop("text/csv")
    with open(target, "w", encoding="utf-8") as file:
        json.dump(contract, file)


main(sys.argv[1], sys.argv[2])
