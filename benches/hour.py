"""An hour's worth of requests through `sippycup serve`, without and with the inspector: does its memory stay flat?

    python3 benches/hour.py target/release/sippycup target/release/FUNCTION [REQUESTS]

360,000 requests are 100 a second for an hour. They are sent as fast as they are answered, over 16 connections, and a minute of the table is 6,000 of them. Each request has a
path, a header and a body of its own, so that nothing is kept by chance. It fails if the command has more memory at the end than after the tenth minute, by more than a tenth.
Linux only: the memory is `VmRSS` of `/proc`.
"""

import asyncio
import pathlib
import re
import subprocess
import sys
import time

COMMAND, FUNCTION = sys.argv[1:3]
REQUESTS = int(sys.argv[3]) if len(sys.argv) > 3 else 360_000
CONNECTIONS, MINUTES = 16, 60


def memory(process):
    """Resident memory of the command, in MB."""
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


async def sent(host, port, numbers):
    reader, writer = await asyncio.open_connection(host, port)
    for number in numbers:
        body = f'{{"order":{number},"note":"{str(number) * 100}"}}'
        writer.write(
            f"POST /orders/{number}?page={number} HTTP/1.1\r\nHost: {host}:{port}\r\nX-Number: {number}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = re.search(r"\r\ncontent-length: (\d+)\r\n", head)
        await reader.readexactly(int(length[1]) if length else 0)
        assert not head.startswith("http/1.1 5"), head
    writer.close()
    await writer.wait_closed()


async def an_hour(flag):
    """Memory after each minute, and requests per second."""
    serve = [COMMAND, "serve", "--listen", "127.0.0.1:0", flag, "--", FUNCTION]
    process = await asyncio.create_subprocess_exec(*serve, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        while not (found := re.search(rb"http: http://([\d.]+):(\d+)/", await process.stderr.readline())):
            pass

        async def drain():
            while await process.stderr.read(1 << 16):
                pass

        drained = asyncio.create_task(drain())
        host, port = found[1].decode(), int(found[2])
        await sent(host, port, [0])
        minutes, began = [memory(process.pid)], time.monotonic()
        numbers = iter(range(1, REQUESTS + 1))
        for minute in range(MINUTES):
            share = iter([next(numbers) for _ in range(REQUESTS // MINUTES)])
            # All connections take from the same numbers.
            await asyncio.gather(*(sent(host, port, share) for _ in range(CONNECTIONS)))
            minutes.append(memory(process.pid))
        took = time.monotonic() - began
        return minutes, REQUESTS // MINUTES * MINUTES / took
    finally:
        process.terminate()
        await process.wait()


async def main():
    shown = [0, 1, 2, 5, 10, 20, 30, 40, 50, 60]
    print("| | " + " | ".join(f"minute {minute}" for minute in shown) + " | requests/s |")
    print("|---|" + "---:|" * (len(shown) + 1))
    rates, grown = [], []
    for name, flag in (("without the inspector", "--no-inspect"), ("with it", "--inspect=127.0.0.1:0")):
        minutes, rate = await an_hour(flag)
        rates.append(rate)
        ratio = "" if len(rates) == 1 else f" ({rate / rates[0]:.2f} of without)"
        print(f"| {name} | " + " | ".join(f"{minutes[minute]:.1f}" for minute in shown) + f" | {rate:,.0f}{ratio} |", flush=True)
        if minutes[60] > minutes[10] * 1.1:
            grown.append(f"{name}: {minutes[10]:.1f} MB after ten minutes, {minutes[60]:.1f} MB at the end")
    sys.exit("\n".join(grown))


asyncio.run(main())
