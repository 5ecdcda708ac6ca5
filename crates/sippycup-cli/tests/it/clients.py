"""Clients of a WebSocket API that others wrote: `websockets`, and boto3 for `/@connections`."""

import asyncio
import json
import sys

import boto3
import botocore.exceptions
import websockets

URL, CLIENTS = sys.argv[1], int(sys.argv[2])
MANAGEMENT = boto3.client(
    "apigatewaymanagementapi",
    endpoint_url=URL.replace("ws://", "http://"),
    region_name="us-east-1",
    aws_access_key_id="AKIATEST",
    aws_secret_access_key="secret",
)


async def in_thread(call, **arguments):
    return await asyncio.to_thread(call, **arguments)


async def one():
    async with websockets.connect(URL, user_agent_header="me") as socket:
        await socket.send("hello")
        refused = json.loads(await socket.recv())
        assert refused["message"] == "Forbidden", refused
        connection = refused["connectionId"]

        await in_thread(MANAGEMENT.post_to_connection, ConnectionId=connection, Data="grüß dich".encode())
        assert await socket.recv() == "grüß dich"
        large = "x" * (128 * 1024)
        await in_thread(MANAGEMENT.post_to_connection, ConnectionId=connection, Data=large)
        assert await socket.recv() == large
        about = await in_thread(MANAGEMENT.get_connection, ConnectionId=connection)
        assert about["Identity"] == {"SourceIp": "127.0.0.1", "UserAgent": "me"}, about
        assert about["ConnectedAt"] <= about["LastActiveAt"], about
        for data, error in ((large + "x", "PayloadTooLargeException"),):
            try:
                await in_thread(MANAGEMENT.post_to_connection, ConnectionId=connection, Data=data)
                raise AssertionError(error)
            except botocore.exceptions.ClientError as refused:
                assert refused.response["Error"]["Code"] == error, refused

        await in_thread(MANAGEMENT.delete_connection, ConnectionId=connection)
        try:
            await socket.recv()
            raise AssertionError("closed")
        except websockets.ConnectionClosedOK as closed:
            assert closed.rcvd.code == 1000, closed
        for call in (MANAGEMENT.get_connection, MANAGEMENT.delete_connection):
            try:
                await in_thread(call, ConnectionId=connection)
                raise AssertionError("gone")
            except MANAGEMENT.exceptions.GoneException:
                pass


async def limits():
    for message, code in ((b"\0", 1003), ("x" * (40 * 1024), 1009)):
        async with websockets.connect(URL) as socket:
            await socket.send(message)
            try:
                await socket.recv()
                raise AssertionError(code)
            except websockets.ConnectionClosedError as closed:
                assert closed.rcvd.code == code, closed
    try:
        await websockets.connect(URL.replace("/live", "/other"))
        raise AssertionError("refused")
    except websockets.InvalidStatus as refused:
        assert refused.response.status_code == 403, refused


async def many():
    sockets = []
    for _ in range(0, CLIENTS, 100):
        sockets += await asyncio.gather(*(websockets.connect(URL) for _ in range(100)))

    async def talk(socket):
        await socket.send('{"action":"say"}')
        return await socket.recv()

    answers = await asyncio.gather(*(talk(socket) for socket in sockets))
    assert len(answers) == CLIENTS and all(answer.startswith("function say rest live") for answer in answers), answers[:3]
    await asyncio.gather(*(socket.close() for socket in sockets))


async def main():
    await one()
    await limits()
    await many()
    print("all is well")


asyncio.run(main())
