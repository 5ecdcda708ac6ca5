"""boto3 and the AWS CLI at the Invoke API."""

import base64
import json
import subprocess
import sys

import boto3

ENDPOINT, AWS, OUT = sys.argv[1:4]
KEYS = {"region_name": "us-east-1", "aws_access_key_id": "AKIATEST", "aws_secret_access_key": "secret"}
LAMBDA = boto3.client("lambda", endpoint_url=ENDPOINT, **KEYS)

answer = LAMBDA.invoke(FunctionName="function", Payload=b'{"rawPath": "/x"}', LogType="Tail")
assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST"), answer
assert "FunctionError" not in answer, answer
assert json.loads(answer["Payload"].read())["body"] == "/x"
log = base64.b64decode(answer["LogResult"]).decode()
request = answer["ResponseMetadata"]["RequestId"]
assert log.startswith(f"START RequestId: {request} ") and f"REPORT RequestId: {request}" in log, log

for name in ("function:live", "arn:aws:lambda:us-east-1:123456789012:function:function"):
    assert LAMBDA.invoke(FunctionName=name, Payload=b"{}")["StatusCode"] == 200
assert LAMBDA.invoke(FunctionName="function", InvocationType="Event", Payload=b"{}")["StatusCode"] == 202
assert LAMBDA.invoke(FunctionName="function", InvocationType="DryRun")["StatusCode"] == 204
assert LAMBDA.invoke_async(FunctionName="function", InvokeArgs=b"{}")["Status"] == 202

try:
    LAMBDA.invoke(FunctionName="nope", Payload=b"{}")
    raise AssertionError("found")
except LAMBDA.exceptions.ResourceNotFoundException as error:
    assert "function:nope" in error.response["Message"], error.response
try:
    LAMBDA.invoke(FunctionName="function", Payload=b"{")
    raise AssertionError("parsed")
except LAMBDA.exceptions.InvalidRequestContentException:
    pass

# What functions fail with is an answer, and no exception.
started = "START RequestId: {id} Version: $LATEST\n"
exited = "RequestId: {id} Error: Runtime exited with error: exit status "
for name, path, payload, in_log in (
    ("errors", "/x", {"errorMessage": "it broke", "errorType": "ValueError", "stackTrace": []}, started),
    (
        "times-out",
        "/x",
        {"errorType": "Sandbox.Timedout", "errorMessage": "RequestId: {id} Error: Task timed out after 1.00 seconds"},
        " {id} Task timed out after 1.00 seconds\n\nEND RequestId: {id}\n",
    ),
    ("dies", "/die", {"errorType": "Runtime.ExitError", "errorMessage": exited + "7"}, exited + "7\nRuntime.ExitError\nEND RequestId: {id}\n"),
    ("dies-at-start", "/x", {"errorType": "Runtime.ExitError", "errorMessage": exited + "3"}, exited + "3\nRuntime.ExitError\n"),
    ("no-init", "/x", {"errorMessage": "no database", "errorType": "Init.NoDatabase"}, started),
    (
        "large",
        "/x",
        {
            "errorType": "Function.ResponseSizeTooLarge",
            "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
        },
        started,
    ),
):
    answer = LAMBDA.invoke(FunctionName=name, Payload=json.dumps({"rawPath": path}), LogType="Tail")
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled"), answer
    request = answer["ResponseMetadata"]["RequestId"]
    expected = json.loads(json.dumps(payload).replace("{id}", request))
    found = json.loads(answer["Payload"].read())
    assert found == expected, (name, found)
    log = base64.b64decode(answer["LogResult"]).decode()
    assert in_log.replace("{id}", request) in log and f"REPORT RequestId: {request}\t" in log, (name, log)

# One that died answers again, and one that failed at its start fails again.
assert "FunctionError" not in LAMBDA.invoke(FunctionName="dies", Payload=b'{"rawPath": "/x"}')
assert LAMBDA.invoke(FunctionName="no-init", Payload=b"{}")["FunctionError"] == "Unhandled"
assert "LogResult" not in LAMBDA.invoke(FunctionName="errors", Payload=b"{}")
answer = LAMBDA.invoke(FunctionName="errors", InvocationType="Event", Payload=b"{}")
assert answer["StatusCode"] == 202 and "FunctionError" not in answer and answer["Payload"].read() == b"", answer

for sort, limit in (("RequestResponse", 6 << 20), ("Event", 1 << 20)):
    try:
        LAMBDA.invoke(FunctionName="function", InvocationType=sort, Payload=b'"%s"' % (b"x" * limit))
        raise AssertionError("fits")
    except LAMBDA.exceptions.RequestTooLargeException as error:
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 413, error.response
        said = f"{limit + 2} byte payload is too large for the {sort} invocation type (limit {limit} bytes)"
        assert error.response["message"] == said, error.response
for call in (LAMBDA.invoke, LAMBDA.invoke_with_response_stream):
    for arguments in ({"FunctionName": "nope"}, {"FunctionName": "nope", "InvocationType": "DryRun"}):
        try:
            call(**arguments)
            raise AssertionError("found")
        except LAMBDA.exceptions.ResourceNotFoundException as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 404, error.response
            assert error.response["Error"]["Message"].startswith("Function not found: arn:aws:lambda:"), error.response

# A stream that has begun tells its failure in the last event.
for name, chunks, code, details in (
    ("breaks-off", b"first", "Middle", {"errorMessage": "in the middle"}),
    ("errors", b"", "ValueError", {"errorMessage": "it broke", "errorType": "ValueError", "stackTrace": []}),
):
    answer = LAMBDA.invoke_with_response_stream(FunctionName=name, Payload=b"{}", LogType="Tail")
    assert answer["StatusCode"] == 200, answer
    events = list(answer["EventStream"])
    written = b"".join(event["PayloadChunk"]["Payload"] for event in events if "PayloadChunk" in event)
    assert written.endswith(chunks), (name, written)
    complete = events[-1]["InvokeComplete"]
    request = answer["ResponseMetadata"]["RequestId"]
    assert complete["ErrorCode"] == code, (name, complete)
    assert json.loads(complete["ErrorDetails"]) == json.loads(json.dumps(details).replace("{id}", request)), (name, complete)
    assert f"END RequestId: {request}" in base64.b64decode(complete["LogResult"]).decode(), (name, complete)

# Whether the end of the connection or that of the process is seen first is up to the system.
events = list(LAMBDA.invoke_with_response_stream(FunctionName="dies-in-stream", Payload=b"{}")["EventStream"])
complete = events[-1]["InvokeComplete"]
assert events[-2]["PayloadChunk"]["Payload"].endswith(b"first"), events
assert complete["ErrorCode"] in ("Runtime.TruncatedResponse", "Runtime.ExitError"), complete
assert json.loads(complete["ErrorDetails"])["errorType"] == complete["ErrorCode"], complete

stream = LAMBDA.invoke_with_response_stream(FunctionName="function", Payload=b'{"rawPath": "/s"}')
events = list(stream["EventStream"])
chunks = b"".join(event["PayloadChunk"]["Payload"] for event in events if "PayloadChunk" in event)
assert json.loads(chunks)["body"] == "/s", events
assert "InvokeComplete" in events[-1] and "ErrorCode" not in events[-1]["InvokeComplete"], events

command = [AWS, "lambda", "invoke", "--function-name", "function", "--endpoint-url", ENDPOINT, "--payload"]
ran = subprocess.run([*command, '{"rawPath": "/cli"}', OUT], capture_output=True, text=True)
assert ran.returncode == 0, ran.stderr
said = ran.stdout
assert json.loads(said) == {"StatusCode": 200, "ExecutedVersion": "$LATEST"}, said
with open(OUT) as written:
    assert json.load(written)["body"] == "/cli"
command[command.index("function")] = "errors"
ran = subprocess.run([*command, "{}", "--log-type", "Tail", OUT], capture_output=True, text=True)
assert ran.returncode == 0, ran.stderr
said = json.loads(ran.stdout)
assert (said["StatusCode"], said["FunctionError"]) == (200, "Unhandled") and said["LogResult"], said
with open(OUT) as written:
    assert json.load(written)["errorType"] == "ValueError"
command[command.index("errors")] = "nope"
ran = subprocess.run([*command, "{}", OUT], capture_output=True, text=True)
assert ran.returncode != 0 and "(ResourceNotFoundException)" in ran.stderr and "Function not found" in ran.stderr, ran
print("all is well")
