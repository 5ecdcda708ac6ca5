// What the table of front doors says about rules of a listener and about gateway responses.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { drive, lambda, says } from "./drive.mjs";

const folder = await mkdtemp(join(tmpdir(), "sippycup-doors-"));
const file = join(folder, "sippycup.toml");
await writeFile(file, `
[[function]]
name = "shop"
command = ${JSON.stringify(lambda)}

[[gateway]]
kind = "alb"
default-action = { forward = { shop = 1 } }
rules = [
  { priority = 1, path-pattern = ["/old/*"], action = { redirect = { path = "/new" } } },
  { priority = 2, path-pattern = ["/admin"], action = { fixed-response = { status-code = 404 }, authorizer = { name = "admins", issuer = "https://login.example.com" } } },
]

[[gateway]]
kind = "rest"
listen = "127.0.0.1:0"
gateway-responses = [{ type = "DEFAULT_4XX", status-code = 400 }, { type = "THROTTLED" }]
`);
const { check, end, front, page, shot, wrong } = await drive(["--config", file]);

try {
  await check("rules say what they answer and what authorizer they have, an API which gateway responses", async () => {
    await page.keyboard.press("f");
    const row = (rule) => page.locator("#served tr", { hasText: rule });
    await says(row("rule 1"), /path-pattern \/old\/\*redirect 302open/);
    await says(row("rule 2"), /path-pattern \/adminfixed-response 404admins: runs here/);
    await says(row("default rule"), /default ruleshopopen/);
    for (const [rule, path] of [["rule 1", "/old/"], ["rule 2", "/admin"], ["default rule", "/"]]) {
      assert.equal(await row(rule).locator("a").getAttribute("href"), `${front}${path}`);
    }
    const rest = page.locator("#served .card", { has: page.locator("h3", { hasText: "rest" }) });
    await says(rest.locator(".facts"), /gateway responses: DEFAULT_4XX, THROTTLED/);
    await shot("doors");
    await page.keyboard.press("f");
  });

  await check("a request that the listener answers names no function", async () => {
    for (const path of ["/old/x", "/admin"]) await fetch(`${front}${path}`, { redirect: "manual" });
    const row = (path) => page.locator(".row:not([hidden])", { hasText: path }).first();
    await row("/admin").waitFor();
    await says(row("/old"), /redirect 302/);
    await says(row("/admin"), /fixed-response 404.*admins refuses/);
    await row("/old").click();
    await page.locator("#detail .facts", { hasText: "answered by the listener: redirect 302" }).waitFor();
    assert.doesNotMatch(await page.locator("#detail .facts").first().textContent(), /shop/);
  });

  assert.deepEqual(wrong, []);
} finally {
  await end();
  await rm(folder, { recursive: true });
}
