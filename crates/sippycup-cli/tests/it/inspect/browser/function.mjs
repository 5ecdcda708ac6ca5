// A function in Node.js, without anything installed: it answers as the path of the request says.

const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;
const picture = "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAFklEQVR42mNgaGAgCY1qGNUwYjUAAPDbfwGtFYB1AAAAAElFTkSuQmCC";

// A page that talks to the WebSocket API beside it.
const app = `<!doctype html><link rel="icon" href="data:,"><p id="heard"></p><script>
  const socket = new WebSocket("wss://" + location.host + "/live");
  socket.onmessage = ({ data }) => (document.getElementById("heard").textContent = data);
  socket.onopen = () => socket.send(JSON.stringify({ action: "say" }));
</script>`;

for (;;) {
  const next = await fetch(`${api}/next`);
  const id = next.headers.get("lambda-runtime-aws-request-id");
  const event = await next.json();
  if (event.requestContext.connectionId) {
    console.log(`hears ${event.body}`);
    await answer(id, { statusCode: 200, body: `heard ${event.body}` });
    continue;
  }
  const path = event.path ?? event.rawPath;
  console.log(`works on ${path}`);
  if (path === "/old") {
    // As frameworks do that make links absolute.
    const { host, "x-forwarded-proto": proto, "x-forwarded-port": port } = event.headers;
    const location = `${proto}://${host.split(":")[0]}:${port}/app`;
    await answer(id, { statusCode: 302, headers: { location }, body: "" });
  } else if (path === "/app") {
    await answer(id, { statusCode: 200, headers: { "content-type": "text/html" }, body: app });
  } else if (path.includes("picture")) {
    await answer(id, { statusCode: 200, headers: { "content-type": "image/png" }, body: picture, isBase64Encoded: true });
  } else if (path.includes("stream")) {
    await stream(id);
  } else if (path.includes("broken")) {
    await answer(id, { status: 200 });
  } else {
    const body = JSON.stringify({ path, got: event.body, tag: event.headers?.["x-tag"] });
    await answer(id, { statusCode: 200, headers: { "content-type": "application/json" }, body });
  }
}

function answer(id, json) {
  return fetch(`${api}/${id}/response`, { method: "POST", body: JSON.stringify(json) });
}

function stream(id) {
  const words = ['{"statusCode":200,"headers":{"content-type":"text/plain"}}', "\0".repeat(8), "one ", "two ", "three"];
  const body = new ReadableStream({
    async pull(controller) {
      if (words.length === 0) return controller.close();
      controller.enqueue(new TextEncoder().encode(words.shift()));
      // Each piece by itself.
      await new Promise((go) => setTimeout(go, 20));
    },
  });
  const headers = { "lambda-runtime-function-response-mode": "streaming", "content-type": "application/vnd.awslambda.http-integration-response" };
  return fetch(`${api}/${id}/response`, { method: "POST", duplex: "half", headers, body });
}
