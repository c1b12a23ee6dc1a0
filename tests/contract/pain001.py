"""Holds payment files against the published schema of their message, which the package sepaxml carries."""

import os
import sys

import sepaxml
import xmlschema

SCHEMA = os.path.join(os.path.dirname(sepaxml.__file__), "schemas", "pain.001.001.09.xsd")

schema = xmlschema.XMLSchema(SCHEMA)
for path in sys.argv[1:]:
    schema.validate(path)
    print(path, "is valid")
