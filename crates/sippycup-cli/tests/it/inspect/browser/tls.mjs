// A page of an app behind `--tls`, in a browser that takes the certificate: redirects lead on with https, and a script talks over wss.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { drive, lambda } from "./drive.mjs";

const folder = await mkdtemp(join(tmpdir(), "sippycup-tls-"));
const file = join(folder, "sippycup.toml");
await writeFile(file, `
[[function]]
command = ${JSON.stringify(lambda)}

[[gateway]]
kind = "http"

[[gateway]]
kind = "ws"
stage = "live"
routes = ["say"]
route-responses = ["say"]
`);
const { check, context, end, front, inspector, page, shot, wrong } = await drive(["--tls", "--config", file], { trusting: true });

try {
  await check("a redirect that the app makes absolute leads to the same port with https, and HTTP/2 is spoken", async () => {
    const app = await context.newPage();
    await app.goto(`${front}/old`);
    assert.equal(app.url(), `${front}/app`);
    assert(front.startsWith("https://"), front);
    assert.equal(await app.evaluate(() => performance.getEntriesByType("navigation")[0].nextHopProtocol), "h2");
    assert.equal(await app.evaluate(() => isSecureContext), true);
    await app.getByText('heard {"action":"say"}').waitFor();
    await shot("tls", app);
  });

  await check("the inspector has all of it, and sends over TLS what it repeats", async () => {
    // The last one: rows move while others come.
    await page.locator(".row:not([hidden])", { hasText: "/say" }).first().waitFor();
    await page.locator(".row:not([hidden])", { hasText: "/old" }).first().click();
    await page.locator('.card[data-name="Response"]').getByText(`${front}/app`).first().waitFor();
    await page.getByRole("button", { name: "Replay" }).click();
    await page.locator(".row:not([hidden])", { hasText: "replayed" }).first().waitFor();
    const { rows } = await fetch(`${inspector}/api/exchanges`).then((response) => response.json());
    assert.deepEqual(rows.filter((row) => row.target === "/old").map((row) => row.status), [302, 302]);
    await page.keyboard.press("c");
    await page.locator("#sockets tbody tr", { hasText: "say" }).waitFor();
  });

  assert.deepEqual(wrong, []);
} finally {
  await end();
  await rm(folder, { recursive: true });
}
