"""The mirror as an ASGI app: every request is answered with itself, `…/__respond` as its body says."""

import base64
import json


async def app(scope, receive, send):
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    if scope["path"].endswith("/__respond"):
        plan = json.loads(body)
        if plan.get("panic"):
            raise RuntimeError("the plan says panic")
        headers = [(name.encode(), value.encode("latin-1")) for name, value in plan["headers"]]
        await send({"type": "http.response.start", "status": plan["status"], "headers": headers})
        await send({"type": "http.response.body", "body": base64.b64decode(plan["body_base64"])})
        return
    seen = {
        "method": scope["method"],
        "query": scope["query_string"].decode() or None,
        "headers": [[name.decode(), text(value)] for name, value in scope["headers"]],
        "body_base64": base64.b64encode(body).decode(),
        "base_path": scope.get("root_path", ""),
    }
    if scope.get("raw_path") is not None:
        seen["path"] = scope["raw_path"].decode()
    else:
        seen["decoded_path"] = scope["path"]
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": json.dumps(seen).encode()})


def text(value):
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
