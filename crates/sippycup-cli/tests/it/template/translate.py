"""What aws-sam-translator, which is the transform that AWS itself runs, makes of a template: `translate.py IN OUT NAME=VALUE…`."""

import json
import os
import sys

os.environ["AWS_DEFAULT_REGION"] = "us-east-1"

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse


def packaged(template):
    """`sam package` uploads code and definitions: what is a path of this machine before is none afterwards."""
    places = [resource.get("Properties", {}) for resource in template["Resources"].values()]
    places.append(template.get("Globals", {}).get("Function", {}))
    for properties in places:
        if "CodeUri" in properties:
            properties["CodeUri"] = "s3://bucket/key"
    return template


source, target, *parameters = sys.argv[1:]
with open(source, encoding="utf-8-sig") as file:
    template = packaged(yaml_parse(file.read()))
given = dict(parameter.split("=", 1) for parameter in parameters)
for name, parameter in template.get("Parameters", {}).items():
    if "Default" in parameter:
        given.setdefault(name, parameter["Default"])
translated = Translator({}, Parser()).translate(template, given)
with open(target, "w") as file:
    json.dump(translated, file, indent=1, default=str)
