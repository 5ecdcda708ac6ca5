// Drives the inspector's page as a person would, with requests of a REST API.

import assert from "node:assert/strict";
import http from "node:http";

import { drive, says } from "./drive.mjs";

const { asked, browser, check, context, end, front, inspector, page, shot, wrong } = await drive([
  "--kind", "rest", "--stage", "prod", "--stream", "--binary", "image/*", "--binary", "multipart/form-data", "--route", "GET /items/{id}", "--route", "/{proxy+}",
]);

const ask = (path, options) => fetch(`${front}/prod${path}`, options).then((response) => response.arrayBuffer());
const row = (text) => page.locator(".row:not([hidden])", { hasText: text }).first();
const card = (name) => page.locator(`.card[data-name="${name}"]`);
const until = (what, given) => page.waitForFunction(what, given);

async function open(path) {
  await row(path).click();
  await page.locator(".title code", { hasText: path }).waitFor();
  await card("Request").waitFor();
}

try {
  await check("requests are in the list as they come, the newest first", async () => {
    await page.getByText("No request yet").waitFor();
    await ask("/items/7?x=1&code=s3cret", { headers: { authorization: "Bearer s3cret", "x-tag": "a" } });
    await row("/prod/items/7").waitFor();
    await ask("/items/8", { headers: { "x-tag": "b" } });
    await row("/prod/items/8").waitFor();
    await says(page.locator(".row:not([hidden]) .target").first(), /items\/8/);
    await says(row("/prod/items/7"), /GET200.*cold.*rest/);
  });

  await check("one request is shown from the client to the function and back", async () => {
    await open("/prod/items/8");
    await says(page.locator("#base-path"), /\/prod: the stage prod.*\/items\/8/);
    for (const name of ["Times", "Request", "Event", "What an app behind SippyCup sees", "Answer", "Response", "Log of function"]) await card(name).waitFor();
    await card("Log of function").getByText("works on /items/8").waitFor();
    await says(card("Response"), /"\/items\/8"/);
    for (const bar of ["read request", "queue", "function", "response"]) await card("Times").getByText(bar, { exact: true }).waitFor();
    await shot("light");
  });

  await check("what is not as in the event before is marked", async () => {
    const changed = await card("Event").locator("span.changed, span.added, span.removed").allTextContents();
    assert(changed.some((text) => text.includes('x-tag: "b"')), changed.join("\n"));
    assert(changed.some((text) => text.includes("Authorization")), changed.join("\n"));
    assert(!changed.some((text) => text.includes("httpMethod")), changed.join("\n"));
  });

  await check("credentials are masked until somebody asks for them", async () => {
    await open("/prod/items/7");
    assert(!(await page.content()).includes("s3cret"));
    await page.getByRole("button", { name: "Show secrets" }).click();
    await page.getByText("Bearer s3cret").first().waitFor();
    await page.getByRole("button", { name: "Mask secrets" }).click();
    await page.getByRole("button", { name: "Show secrets" }).waitFor();
    assert(!(await page.locator("#detail").innerHTML()).includes("s3cret"));
  });

  await check("a picture is shown, and its bytes", async () => {
    await ask("/picture", { headers: { accept: "image/png" } });
    await open("/prod/picture");
    const picture = card("Response").locator("img.picture");
    await picture.waitFor();
    await until((img) => img.naturalWidth === 16, await picture.elementHandle());
    await card("Response").getByRole("button", { name: "hex" }).click();
    await says(card("Response").locator("pre.hex"), /89 50 4e 47/);
  });

  await check("a form is a table", async () => {
    await ask("/login", { method: "POST", body: new URLSearchParams({ user: "me", name: "A B&C" }) });
    await open("/prod/login");
    await says(card("Request").locator(".body .pairs"), /userme.*nameA B&C/);
  });

  await check("the parts of an upload are shown as what they are", async () => {
    const picture = await ask("/picture", { headers: { accept: "image/png" } });
    const upload = new FormData();
    upload.append("title", "A \"day\" out");
    upload.append("photo", new Blob([picture], { type: "image/png" }), "the day.png");
    upload.append("facts", new Blob(['{"tags":["sea"]}'], { type: "application/json" }), "facts.json");
    upload.append("raw", new Blob([new Uint8Array([0, 255, 13, 10])], { type: "application/octet-stream" }), "raw.bin");
    await ask("/upload", { method: "POST", body: upload });
    await open("/prod/upload");
    const parts = card("Request").locator(".part");
    assert.deepEqual(await parts.locator("> h3").allTextContents(), ["title", "photo", "facts", "raw"]);
    await says(parts.nth(0), /text\/plain · 11 B.*A "day" out/s);
    await says(parts.nth(1), /file the day\.png · image\/png/);
    await until((img) => img.naturalWidth === 16, await parts.nth(1).locator("img.picture").elementHandle());
    await says(parts.nth(2), /file facts\.json.*tags/s);
    await says(parts.nth(3), /4 B.*00 ff 0d 0a/s);
    await shot("upload");
  });

  await check("pieces of a stream stand on the time line", async () => {
    await ask("/stream");
    await open("/prod/stream");
    await row("/prod/stream").locator(".tag", { hasText: "streamed" }).waitFor();
    const ticks = await card("Times").locator(".tick").count();
    assert(ticks >= 6, `${ticks} ticks`);
    await says(card("Response"), /one two three/);
    await says(card("Answer"), /statusCode/);
  });

  await check("the reason stands where the gateway answers in its own words", async () => {
    await ask("/broken");
    await open("/prod/broken");
    await says(page.locator("#reason"), /knows no key status/);
    await fetch(`${front}/elsewhere`);
    await open("/elsewhere");
    await says(page.locator("#reason"), /under no stage/);
  });

  await check("a request is sent again, and changed before that", async () => {
    await ask("/things", { method: "POST", body: "first", headers: { "content-type": "text/plain", "x-tag": "c", authorization: "Bearer s3cret" } });
    await open("/prod/things");
    await page.getByRole("button", { name: "Replay" }).click();
    await row("replayed").waitFor();
    await page.getByRole("button", { name: /sent from request/ }).waitFor();
    await says(card("Event"), /body: "first"/);
    await page.keyboard.press("e");
    await page.locator("#send-body").fill("second");
    await page.locator("#send-target").fill("/prod/things?edited=1");
    await page.locator("#send-now").click();
    await page.locator(".title code", { hasText: "edited=1" }).waitFor();
    await until(() => document.querySelector('.card[data-name="Event"]')?.textContent.includes('body: "second"'));
    await page.getByRole("button", { name: "Show secrets" }).click();
    // What was masked in the form was sent as it was.
    await card("Event").getByText("Bearer s3cret").first().waitFor();
    await page.getByRole("button", { name: "Mask secrets" }).click();
  });

  await check("a request can be taken to a shell and to a test", async () => {
    await open("/prod/items/7");
    for (const [button, part] of [["Copy as curl", "curl 'http://"], ["Copy as Rust test", "Gateway::builder(Kind::RestApi)"], ["Copy event", '"httpMethod": "GET"']]) {
      await page.getByRole("button", { name: button }).click();
      await until(async (part) => (await navigator.clipboard.readText()).includes(part), part);
      assert(!(await page.evaluate(() => navigator.clipboard.readText())).includes("s3cret"));
    }
  });

  await check("two requests are compared", async () => {
    await open("/prod/items/7");
    await page.getByRole("button", { name: "Compare", exact: true }).click();
    await open("/prod/items/8");
    await page.getByText("Differences to GET /prod/items/7").waitFor();
    assert((await card("Request").locator("tr.changed, tr.added, tr.removed").count()) > 0);
    await page.locator(".note").getByRole("button", { name: "Compare no more" }).click();
  });

  await check("the keys choose, filter and pause", async () => {
    await page.keyboard.press("Escape");
    await page.keyboard.press("j");
    // The list is drawn with the next frame.
    await until(() => document.querySelectorAll(".row:not([hidden])[aria-selected=true]").length === 1);
    const first = await page.locator(".row:not([hidden])[aria-selected=true]").getAttribute("id");
    await page.keyboard.press("ArrowDown");
    await until((first) => document.querySelector(".row:not([hidden])[aria-selected=true]")?.id !== first, first);
    await until(() => document.querySelectorAll(".row:not([hidden])[aria-selected=true]").length === 1);
    await page.keyboard.press("/");
    await page.keyboard.type("5xx");
    await until(() => [...document.querySelectorAll(".row:not([hidden]) .status")].every((status) => status.textContent.startsWith("5")));
    await says(page.locator("#count"), /^\d+ of \d+$/);
    // In a log, which the list itself does not have.
    await page.locator("#filter").fill("has:on has:/login");
    await until(() => document.getElementById("count").textContent.startsWith("1 of"));
    await page.locator("#filter").fill("");
    await page.keyboard.press("Escape");
    await page.keyboard.press("p");
    await ask("/while-paused");
    const { next } = await fetch(`${inspector}/api/exchanges`).then((response) => response.json());
    assert(next > 0);
    assert.equal(await row("/prod/while-paused").count(), 0);
    await page.keyboard.press("p");
    await row("/prod/while-paused").waitFor();
  });

  await check("front doors and functions have a table", async () => {
    await page.keyboard.press("f");
    const served = page.locator("#served");
    await served.getByText("GET /items/{id}").waitFor();
    assert.match(await served.locator("a").first().getAttribute("href"), /\/prod\/items\/\{id\}$/);
    await says(served, /waiting/);
    await shot("served");
    await page.keyboard.press("f");
  });

  await check("it fits a phone, in dark too", async () => {
    const phone = await browser.newPage({ viewport: { width: 390, height: 800 }, colorScheme: "dark" });
    await phone.goto(`${inspector}/`);
    await phone.locator(".row:not([hidden])", { hasText: "/prod/items/8" }).first().click();
    await phone.locator('.card[data-name="Event"]').waitFor();
    const [wide, back, text] = await phone.evaluate(() => {
      const { backgroundColor, color } = getComputedStyle(document.body);
      return [Math.max(document.documentElement.scrollWidth, document.getElementById("detail").scrollWidth), backgroundColor, color];
    });
    assert(wide <= 390, `${wide} wide`);
    const light = (color) => color.match(/\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0);
    assert(light(text) - light(back) > 400, `${text} on ${back}`);
    await shot("phone", phone);
    await phone.getByRole("button", { name: "‹ List" }).click();
    await phone.locator(".row:not([hidden])").first().waitFor();
    await phone.close();
  });

  await check("a page of another origin reads nothing and sends nothing", async () => {
    const other = http.createServer((_, response) => response.setHeader("content-type", "text/html").end("<p>another page</p>"));
    await new Promise((listens) => other.listen(0, "127.0.0.1", listens));
    const stranger = await context.newPage();
    await stranger.goto(`http://localhost:${other.address().port}/`);
    const tried = await stranger.evaluate(async ([inspector, address]) => {
      const body = JSON.stringify({ method: "GET", target: "/prod/stolen", headers: [], body: "", address });
      const tries = [
        () => fetch(`${inspector}/api/exchanges`),
        () => fetch(`${inspector}/api/send`, { method: "POST", body }),
        () => fetch(`${inspector}/api/send`, { method: "POST", body, mode: "no-cors" }),
        () => fetch(`${inspector}/api/send`, { method: "POST", body, headers: { "content-type": "application/json", "x-sippycup-inspect": "1" } }),
        () => fetch(`${inspector}/api/clear`, { method: "POST", mode: "no-cors" }),
      ];
      const read = [];
      for (const attempt of tries) read.push(await attempt().then((response) => response.type === "opaque" ? "" : response.text(), () => ""));
      const frame = document.createElement("iframe");
      frame.src = inspector;
      document.body.append(frame);
      await new Promise((loaded) => (frame.onload = loaded));
      return read;
    }, [inspector, new URL(front).host]);
    assert.deepEqual(tried, ["", "", "", "", ""]);
    assert(stranger.frames().every((frame) => !frame.url().startsWith(inspector)), "it shows in no frame");
    await stranger.close();
    other.close();
    assert.equal(await row("/prod/stolen").count(), 0);
    assert(await row("/prod/items/8").count() > 0, "nothing was cleared");
  });

  await check("of more than ten thousand requests the last ones are kept, with as many elements as can be seen", async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
    const get = (path) => new Promise((done, failed) => {
      http.get(`${front}${path}`, { agent }, (response) => response.resume().on("end", done)).on("error", failed);
    });
    let sent = 0;
    // No stage has these: what is tried here is the list, and not the function.
    const worker = async () => {
      while (sent < 10_050) await get(`/quiet/${++sent}`);
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    await until(() => document.getElementById("count").textContent === "10000 kept");
    await until(() => document.querySelector(".row .target").textContent.includes("/quiet/"));
    assert((await page.locator(".row").count()) < 60);
    await page.locator("#list").evaluate((list) => (list.scrollTop = list.scrollHeight));
    // Eight clients ask at once, so the oldest that is kept is 51 or one beside it.
    await row("/quiet/60").waitFor();
    assert.equal(await row("/prod/items/8").count(), 0);
    await page.locator("#filter").fill("quiet/777");
    await until(() => document.getElementById("count").textContent === "11 of 10000");
    await shot("many");
  });

  assert.deepEqual(wrong, []);
  assert.deepEqual([...asked], [inspector], "nobody else is asked");
} finally {
  await end();
}
