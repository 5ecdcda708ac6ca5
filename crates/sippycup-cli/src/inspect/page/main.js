// The page: what is chosen, what the keys do, and the loop that asks for what changed.

import { forget, choose, chosen, draw, merge, move, search, setFilter, size } from "/list.js";
import { showDetail } from "/detail.js";
import { say, el } from "/show.js";
import { openSend, replay } from "/send.js";
import { showServed } from "/served.js";

const page = (id) => document.getElementById(id);
let next = 0;
let paused = false;
let resume = () => {};

// One answer after the other, with a breath between: hundreds of requests a second come in one answer.
async function follow() {
  for (;;) {
    if (paused) await new Promise((go) => (resume = go));
    try {
      const response = await fetch(`/api/exchanges?after=${next}`);
      if (!response.ok) throw new Error(`status ${response.status}`);
      const changes = await response.json();
      if (paused) continue;
      document.body.classList.remove("alone");
      const changed = merge(changes);
      next = changes.next;
      await search();
      count();
      if (changed.has(chosen())) showDetail(chosen(), { again: true });
      if (!changes.more) await pause(120);
    } catch {
      page("count").textContent = "not connected";
      next = 0;
      await pause(1000);
    }
  }
}

const pause = (milliseconds) => new Promise((go) => setTimeout(go, milliseconds));

function count() {
  const { kept, shown } = size();
  page("count").textContent = shown === kept ? `${kept} kept` : `${shown} of ${kept}`;
  page("empty").hidden = shown > 0;
  page("empty").textContent = kept > 0 ? "No request is like that." : "No request yet. Send one to a front door, and it is here at once.";
}

function open(id) {
  choose(id);
  page("requests").classList.toggle("one", id !== null);
  history.replaceState(null, "", id === null ? "#" : `#${id}`);
  showDetail(id);
}

function view(name) {
  for (const other of ["requests", "served"]) {
    page(other).hidden = other !== name;
    page(`tab-${other}`).setAttribute("aria-pressed", String(other === name));
  }
  showServed(name === "served");
  if (name === "requests") draw();
}

function togglePause() {
  paused = !paused;
  page("pause").setAttribute("aria-pressed", String(paused));
  page("pause").textContent = paused ? "Go on" : "Pause";
  if (!paused) resume();
}

async function clear() {
  await fetch("/api/clear", { method: "POST", headers: { "content-type": "application/json", "x-sippycup-inspect": "1" }, body: "{}" });
  forget();
  open(null);
  count();
}

function help() {
  const keys = [
    ["↑ ↓ or j k", "the request before or after"],
    ["Enter", "to the details"],
    ["Escape", "back to the list"],
    ["/", "filter"],
    ["p", "pause, and go on"],
    ["r", "replay the request"],
    ["e", "edit and send it"],
    ["n", "a new request"],
    ["f", "front doors and functions"],
  ];
  const filters = "Words of a filter are all looked for: a part of the path, a method, a status (404 or 5xx), a function or front door, cold, streamed, fault, replayed, broken, abandoned, open, >100ms; has:text looks into headers, bodies, events, answers and logs. A minus before one leaves it out.";
  page("help").replaceChildren(
    el("h2", {}, "Keys"),
    el("dl", {}, ...keys.flatMap(([key, what]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, what)])),
    el("h2", { class: "below" }, "Filter"),
    el("p", {}, filters),
    el("form", { method: "dialog", class: "end" }, el("button", {}, "Close")),
  );
  page("help").showModal();
}

const keys = {
  ArrowDown: () => open(move(1)),
  j: () => open(move(1)),
  ArrowUp: () => open(move(-1)),
  k: () => open(move(-1)),
  Enter: () => page("detail").focus(),
  "/": () => page("filter").focus(),
  p: togglePause,
  r: () => chosen() !== null && replay(chosen()).then((id) => id && open(id)),
  e: () => chosen() !== null && openSend(chosen(), open),
  n: () => openSend(null, open),
  f: () => view(page("served").hidden ? "served" : "requests"),
  "?": help,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const typing = event.target.closest("input, textarea, select");
  if (event.key === "Escape") {
    if (typing) typing.blur();
    else if (document.activeElement === page("detail")) page("list").focus();
    else open(null);
    return;
  }
  const scrolls = event.key.startsWith("Arrow") && event.target.closest("#detail, #served");
  const presses = event.key === "Enter" && event.target.closest("button, summary, a");
  const does = keys[event.key];
  if (typing || scrolls || presses || !does) return;
  event.preventDefault();
  does();
});

page("list").addEventListener("click", (event) => {
  const row = event.target.closest(".row");
  if (row) open(Number(row.dataset.id));
});
page("list").addEventListener("scroll", draw, { passive: true });
addEventListener("resize", draw);
page("filter").addEventListener("input", () => {
  setFilter(page("filter").value).then(count);
  count();
});
page("pause").addEventListener("click", togglePause);
page("clear").addEventListener("click", clear);
page("new").addEventListener("click", () => openSend(null, open));
page("tab-requests").addEventListener("click", () => view("requests"));
page("tab-served").addEventListener("click", () => view("served"));
page("detail").addEventListener("open-exchange", (event) => open(event.detail));

count();
const asked = Number(location.hash.slice(1));
open(asked > 0 ? asked : null);
follow().catch((error) => say(String(error)));
