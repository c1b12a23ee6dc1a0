"""Lets schemathesis ask for things that exist, and with a new idempotency key each time."""

import json
import os
import re
import uuid

import schemathesis

# What exists, by the prefix of its ids or by the name of the field; and by operation an example that succeeds, as all of
# them are asked before anything else is.
with open(os.environ["CONTRACT_KNOWN"], encoding="utf-8") as file:
    KNOWN = json.load(file)

ID = re.compile(r"^\^([a-z]{3})_\[a-z2-7\]")
KEY = re.compile(r"^[!#-~][!-~]{0,254}$")

# What ends a thing meets the first of its kind only, so that there are others left to go on with.
ENDINGS = (":cancel", ":close")
ENDABLE = ("cmp", "mls", "plg")


@schemathesis.hook
def before_load_schema(_context, schema):
    """Ids become a choice among those that exist; what is no id of ours is still made up by negative tests."""
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            example = KNOWN["examples"].get(f"{method.upper()} {path}", {})
            for parameter in operation.get("parameters", []):
                name = parameter["name"]
                is_account = f"/accounts/{{{name}}}" in path
                choose("account" if is_account else name, parameter["schema"], path.endswith(ENDINGS))
                value = (example.get("parameters") or {}).get(name)
                if value is not None:
                    parameter["example"] = value
                    if "enum" in parameter["schema"]:
                        parameter["schema"]["enum"] = [value, *parameter["schema"]["enum"]]
            for content in operation.get("requestBody", {}).get("content", {}).values():
                if "body" in example:
                    content["example"] = example["body"]
    for name, body in schema["components"]["schemas"].items():
        if name.startswith("New") or name.endswith("Request"):
            for field, shape in body.get("properties", {}).items():
                choose(field, shape, False)


def choose(name, shape, is_ending):
    """Narrows a schema to the values that exist, if we know any."""
    match = ID.match(shape.get("pattern", ""))
    kind = match.group(1) if match else name
    known = KNOWN["values"].get(kind, [])
    if kind in ENDABLE:
        known = known[:1] if is_ending else known[1:]
    if known:
        is_optional = isinstance(shape.get("type"), list) and "null" in shape["type"]
        shape["enum"] = known + [None] if is_optional else known


@schemathesis.auth(refresh_interval=60)
class SignedIn:
    """The bearer token of whoever the run is signed in as: in a file, since it is renewed while the run goes on."""

    def get(self, _case, _context):
        with open(os.environ["CONTRACT_TOKEN"], encoding="utf-8") as file:
            return file.read()

    def set(self, case, token, _context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {token}"


@schemathesis.hook
def before_call(_context, case, _kwargs):
    """A key that was used before gets the old answer again, and the request is not looked at."""
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and KEY.match(key):
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
