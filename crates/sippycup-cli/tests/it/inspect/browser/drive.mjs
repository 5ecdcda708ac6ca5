// Starts the command and a browser, and prints a line for each thing that holds.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { chromium } = createRequire(`${process.env.LIBRARIES}/`)("playwright-core");
const shots = process.env.SHOTS;

/** How the function in Node.js is started. */
export const lambda = [process.execPath, new URL("function.mjs", import.meta.url).pathname];

/** Waits until the element has such a text: what is shown of a request that is just being answered goes on changing. */
export async function says(locator, pattern) {
  let text = await locator.textContent();
  for (let tries = 0; tries < 100 && !pattern.test(text); tries += 1) {
    await locator.page().waitForTimeout(50);
    text = await locator.textContent();
  }
  assert.match(text, pattern);
}

/** A command that serves, with the function unless flags name a file, the addresses of its front door and its page, and the page in a browser. */
export async function drive(flags, { trusting = false } = {}) {
  const program = flags.includes("--config") ? [] : ["--", ...lambda];
  const command = spawn(process.env.SIPPYCUP, [
    "serve", "--listen", "127.0.0.1:0", "--inspect=127.0.0.1:0", ...flags, ...program,
  ], { stdio: ["ignore", "inherit", "pipe"] });
  const [front, inspector] = await addresses(command);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ignoreHTTPSErrors: trusting, permissions: ["clipboard-read", "clipboard-write"] });
  const page = await context.newPage();
  // What the page itself got wrong, and whom it asked.
  const wrong = [];
  const asked = new Set();
  page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("request", (request) => asked.add(new URL(request.url()).origin));
  await page.goto(`${inspector}/`);
  const shot = (name, of = page) => shots && of.screenshot({ path: `${shots}/${name}.png` });
  const check = async (name, held) => {
    try {
      await held();
      console.log(`ok ${name}`);
    } catch (error) {
      await shot("failed");
      console.log(`FAILED ${name}: ${error.stack}`);
      throw error;
    }
  };
  const end = async () => {
    await browser.close();
    command.kill("SIGINT");
  };
  return { asked, browser, check, context, end, front, inspector, page, shot, wrong };
}

function addresses(command) {
  return new Promise((found, failed) => {
    const urls = [];
    const lines = [];
    const reader = createInterface({ input: command.stderr });
    reader.on("line", (line) => {
      lines.push(line);
      const url = /(?:http|ws)s?:\/\/[^/]+/.exec(line)?.[0];
      if (url) urls.push(url);
      if (line.includes("inspect:")) found([urls[0], urls.at(-1)]);
    });
    reader.on("close", () => failed(new Error(lines.join("\n"))));
  });
}
