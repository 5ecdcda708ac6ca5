"""botocore's signer at the front doors: every kind, in a header and in the query."""

import json
import sys
import urllib.error
import urllib.request

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

SERVICE, BASE = sys.argv[1:3]
ANN = Credentials("AKIAANN1", "s/e+c=ret")
EVE = Credentials("AKIAANN1", "another")


def ask(credentials, path, method="GET", body=None, query=False, region="us-east-1", service=SERVICE, tamper=None):
    request = AWSRequest(method, BASE + path, data=body, headers={"content-type": "application/json"} if body else {})
    auth = SigV4QueryAuth(credentials, service, region, expires=60) if query else SigV4Auth(credentials, service, region)
    auth.add_auth(request)
    sent = request.prepare()
    data = tamper if tamper is not None else sent.body
    sent = urllib.request.Request(sent.url, data, dict(sent.headers), method=method)
    try:
        with urllib.request.urlopen(sent) as response:
            return response.status, response.read().decode(), response.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), error.headers


for path in ("/items", "/items/a%20b", "/items/%C3%BC:x", "/items?b=2&a=1&c=x%20y&d=&e", "/items//x/", "/"):
    for query in (False, True):
        assert ask(ANN, path, query=query)[0] == 200, (path, query, ask(ANN, path, query=query)[:2])
        assert ask(EVE, path, query=query)[0] == 403, (path, query)
assert ask(ANN, "/items", "POST", json.dumps({"a": "b"}).encode())[0] == 200
assert ask(ANN, "/items", "POST", b"{}", tamper=b"[]")[0] == 403
assert ask(ANN, "/items", region="eu-west-1")[0] == 403
assert ask(ANN, "/items", service="s3")[0] == 403
print("all is well")
