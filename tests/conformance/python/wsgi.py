"""The mirror as a WSGI app: every request is answered with itself, `…/__respond` as its body says."""

import base64
import json


def app(environ, start_response):
    stream = environ["wsgi.input"]
    body = stream.read(int(environ.get("CONTENT_LENGTH") or 0)) if stream else b""
    if isinstance(body, str):
        body = body.encode()
    if environ["PATH_INFO"].endswith("/__respond"):
        plan = json.loads(body)
        if plan.get("panic"):
            raise RuntimeError("the plan says panic")
        start_response(f"{plan['status']} Status", [tuple(header) for header in plan["headers"]])
        return [base64.b64decode(plan["body_base64"])]
    seen = {
        "method": environ["REQUEST_METHOD"],
        "decoded_path": text(environ["PATH_INFO"]),  # WSGI has no other
        "query": environ.get("QUERY_STRING") or None,
        "headers": list(headers(environ)),
        "body_base64": base64.b64encode(body).decode(),
        "base_path": environ.get("SCRIPT_NAME", ""),
    }
    answer = json.dumps(seen).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
    return [answer]


def headers(environ):
    for name, value in environ.items():
        if name.startswith("HTTP_") and name not in ("HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"):
            yield name[5:].replace("_", "-").lower(), text(value)
        elif name == "CONTENT_TYPE" and value:
            yield "content-type", text(value)


def text(value):
    """A string of WSGI has a character for each byte."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value
