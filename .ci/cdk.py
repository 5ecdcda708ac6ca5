"""Asks what `.ci/cdk` serves: `cdk.py APP`, beside `served.json`."""

import json
import pathlib
import sys
import urllib.error
import urllib.request

# For each app the kinds of its front doors: how many there are, what is asked, and the beginning of what is answered.
HELLO = [("/hello/you", "200 Hello, you!")]
EXPECTED = {
    "axum-hello": {"rest": (1, HELLO), "http": (3, HELLO), "url": (1, HELLO), "alb-multi": (1, HELLO)},
    "authorizer-claims": {"http": (1, [("/me", "401 ")])},
    "chat": {"ws": (1, [])},
    "events": {"http": (1, [("/orders", "200 ")])},
    "htmx": {"rest": (1, [("/", "200 <!doctype html><title>Guests</title><base href=\"/guests/\">")])},
    "openapi": {"rest": (1, [("/cups/7", '200 {"id":7')])},
    "streaming": {"url": (1, [("/count/1", "200 data: 1")])},
    "telemetry": {"http": (1, [("/items/7", "200 item 7")])},
    "token-authorizer": {"http": (1, [("/me", "401 ")])},
}


def ask(url):
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return f"{answer.status} {answer.read().decode()}"
    except urllib.error.HTTPError as error:
        return f"{error.code} {error.read().decode()}"


def main(name):
    doors = json.loads(pathlib.Path("served.json").read_text())["frontDoors"]
    for kind, (number, asked) in EXPECTED[name].items():
        found = [door for door in doors if door["kind"] == kind]
        assert len(found) == number, f"{name}: expected {number} {kind}, found {[door['kind'] for door in doors]}"
        for door in found:
            for path, answer in asked:
                got = ask(door["urls"][0].rstrip("/") + path)
                assert got.startswith(answer), f"{name}, {door['urls'][0]}: expected {answer!r}, found {got!r}"
        print(f"ok cdk {name}: {len(found)} {kind} served")


main(sys.argv[1])
