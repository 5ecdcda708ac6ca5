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
print("all is well")
