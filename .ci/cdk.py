"""Asks what `.ci/cdk` serves: `cdk.py STACK`, beside `served.json`."""

import json
import pathlib
import sys
import urllib.error
import urllib.request

# For each stack the kinds of its front doors: what is asked, and the beginning of what is answered.
HELLO = [("/hello/you", "200 Hello, you!")]
EXPECTED = {
    "Chat": {"ws": []},
    "CustomDomain": {"http": HELLO},
    "Events": {"http": [("/orders", "200 ")]},
    "FunctionUrl": {"url": HELLO},
    "HttpApi": {"http": HELLO},
    "LoadBalancer": {"alb-multi": HELLO},
    "RestApi": {"rest": HELLO},
    "Streaming": {"url": [("/count/1", "200 data: 1")]},
    "TokenAuthorizer": {"http": [("/me", "401 ")]},
}


def ask(url):
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return f"{answer.status} {answer.read().decode()}"
    except urllib.error.HTTPError as error:
        return f"{error.code} {error.read().decode()}"


def main(name):
    doors = json.loads(pathlib.Path("served.json").read_text())["frontDoors"]
    for kind, asked in EXPECTED[name].items():
        found = [door for door in doors if door["kind"] == kind]
        assert found, f"{name}: expected a front door {kind}, found {[door['kind'] for door in doors]}"
        for door in found:
            for path, answer in asked:
                got = ask(door["urls"][0].rstrip("/") + path)
                assert got.startswith(answer), f"{name}, {door['urls'][0]}: expected {answer!r}, found {got!r}"
        print(f"ok cdk {name}: {len(found)} {kind} served")


main(sys.argv[1])
