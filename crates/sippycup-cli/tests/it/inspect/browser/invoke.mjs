// Calls of the Invoke API, which have no front door: who is asked, with what, and what came of it.

import assert from "node:assert/strict";

import { drive, says } from "./drive.mjs";

// Its address is the first that is told.
const { check, end, front: api, page, shot, wrong } = await drive(["--invoke-api=127.0.0.1:0", "--name", "shop"]);
const path = "/2015-03-31/functions/shop/invocations";
const invoke = (event, headers = {}) => fetch(`${api}${path}`, { method: "POST", headers, body: JSON.stringify(event) });
const card = (name) => page.locator(`.card[data-name="${name}"]`);

try {
  await check("a call is shown with its function, the event, the answer and what the function wrote", async () => {
    const response = await invoke({ requestContext: {}, rawPath: "/one", body: "hello" });
    const id = response.headers.get("x-amzn-requestid");
    await response.text();
    const row = page.locator(".row:not([hidden])", { hasText: path }).first();
    await row.waitFor();
    await says(row, /invoke \(invoke-api\) · shop/);
    await row.click();
    await card("Event").getByText("/one").first().waitFor();
    await card("Answer").getByText("statusCode").first().waitFor();
    const log = card("Log of shop");
    await log.getByText("works on /one").waitFor();
    await says(log.locator("summary"), new RegExp(id));
    // No gateway makes such an event.
    assert.equal(await page.getByRole("button", { name: "Copy as Rust test" }).count(), 0);
    await shot("invoke");
  });

  await check("one that nobody waits for is replayed, and the table says where they all go", async () => {
    await invoke({ requestContext: {}, rawPath: "/later" }, { "x-amz-invocation-type": "Event" });
    const row = page.locator(".row:not([hidden])", { hasText: "202" }).first();
    await row.waitFor();
    await row.click();
    await card("Answer").getByText("statusCode").first().waitFor();
    await page.getByRole("button", { name: "Replay" }).click();
    await page.locator(".row:not([hidden])", { hasText: "replayed" }).first().waitFor();
    await page.keyboard.press("f");
    await page.locator("#served .card", { hasText: `--endpoint-url ${api}` }).waitFor();
  });

  assert.deepEqual(wrong, []);
} finally {
  await end();
}
