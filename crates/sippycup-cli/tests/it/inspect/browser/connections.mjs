// Drives the inspector's page as a person would, with connections of a WebSocket API.

import assert from "node:assert/strict";
import http from "node:http";

import { drive, says } from "./drive.mjs";

const { browser, check, context, end, front, inspector, page, shot, wrong } = await drive([
  "--kind", "ws", "--stage", "live", "--route", "$connect", "--route", "say", "--route", "$disconnect", "--route-response", "say",
]);

// Clients are browsers too, with a page from here.
const app = http.createServer((_, response) => response.setHeader("content-type", "text/html").end("<p>a client</p>"));
await new Promise((listens) => app.listen(0, "127.0.0.1", listens));
const client = await context.newPage();
await client.goto(`http://127.0.0.1:${app.address().port}/`);
const connect = () => client.evaluate((url) => new Promise((opened, failed) => {
  window.heard = [];
  window.socket = new WebSocket(url);
  window.socket.onmessage = ({ data }) => window.heard.push(data);
  window.socket.onclose = ({ code }) => window.heard.push(`closed ${code}`);
  window.socket.onopen = opened;
  window.socket.onerror = () => failed(new Error("no connection"));
}), `${front}/live`);
const say = (text) => client.evaluate((text) => window.socket.send(text), text);
const heard = (text) => client.waitForFunction((text) => window.heard.includes(text), text);

const rows = page.locator("#sockets tbody tr");
const message = (text) => page.locator("#messages .message", { hasText: text }).first();

try {
  await check("connections are in a table, with the route of the last message and how many passed", async () => {
    await page.keyboard.press("c");
    await page.getByText("No client is connected").waitFor();
    await connect();
    await rows.first().waitFor();
    await says(rows.first(), /^[\w+/-]{15}= ws\d\d:\d\d:\d\d\d\d:\d\d:\d\d00$/);
    await say('{"action":"say","words":["hello"]}');
    await heard('heard {"action":"say","words":["hello"]}');
    await rows.filter({ hasText: /say\d\d:\d\d:\d\d\d\d:\d\d:\d\d11$/ }).waitFor();
  });

  await check("messages of a connection are shown in both directions, decoded", async () => {
    await rows.first().click();
    await message("from the client").getByText("hello").waitFor();
    await says(message("from the client"), /route say/);
    await message("the function's answer").waitFor();
    await say("nobody has a route for this");
    await message("no route has it").waitFor();
    await message("in API Gateway's own words").getByText("Forbidden").waitFor();
    await shot("connections");
  });

  await check("a message leads to its event, and that to its connection", async () => {
    await message("from the client").getByText("event").or(message("route say").getByRole("button", { name: "event" })).first().click();
    await page.locator(".title code", { hasText: "MESSAGE /say" }).waitFor();
    assert.equal(await page.getByRole("button", { name: "Replay" }).count(), 0, "it is no request");
    await page.getByRole("button", { name: /^connection / }).click();
    await message("route say").waitFor();
  });

  await check("somebody can speak for the backend and for the client", async () => {
    await page.locator("#socket-text").fill("from the backend");
    await page.getByRole("button", { name: "To the client" }).click();
    await heard("from the backend");
    await message("to the client, posted").getByText("from the backend").waitFor();
    await page.locator("#socket-text").fill('{"action":"say","for":"you"}');
    await page.getByRole("button", { name: "To the function" }).click();
    await heard('heard {"action":"say","for":"you"}');
    await message("from the client").getByText("you").waitFor();
  });

  await check("it fits a phone, in dark too: connections", async () => {
    const phone = await browser.newPage({ viewport: { width: 390, height: 800 }, colorScheme: "dark" });
    await phone.goto(`${inspector}/`);
    await phone.locator("#tab-connections").click();
    const row = phone.locator("#sockets tbody tr").first();
    await row.waitFor();
    await shot("connections-list-phone", phone);
    await row.click();
    await phone.locator("#messages .message").first().waitFor();
    const wide = await phone.evaluate(() => Math.max(document.documentElement.scrollWidth, document.getElementById("socket").scrollWidth));
    assert(wide <= 390, `${wide} wide`);
    await shot("connections-phone", phone);
    await phone.getByRole("button", { name: "‹ List" }).click();
    await row.waitFor();
    await phone.close();
  });

  await check("the backend can disconnect, and the connection is told to be closed", async () => {
    await page.getByRole("button", { name: "Disconnect" }).click();
    await heard("closed 1000");
    await rows.filter({ hasText: "closed 1000" }).waitFor();
    await page.locator("#socket-facts", { hasText: "closed at" }).waitFor();
    await page.locator("#socket-text").waitFor({ state: "hidden" });
    await connect();
    await rows.filter({ hasNotText: "closed" }).waitFor();
    await page.locator("#filter").fill("open");
    await rows.filter({ hasText: "closed" }).waitFor({ state: "detached" });
    assert.equal(await rows.count(), 1);
    // The keys choose here too.
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await page.keyboard.press("j");
    await page.locator("#sockets tr[aria-selected=true]").waitFor();
  });

  assert.deepEqual(wrong, []);
} finally {
  await end();
  app.close();
}
