// The page: what is chosen, what the keys do, and the loop that asks for what changed.

import { forget, choose, chosen, draw, merge, move, search, setFilter, size } from "/list.js";
import { chooseConnection, filterConnections, moveConnection, pauseConnections, showConnections } from "/connections.js";
import { showDetail } from "/detail.js";
import { say, el } from "/show.js";
import { openSend, post, replay } from "/send.js";
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

const VIEWS = ["requests", "connections", "served"];

function view(name) {
  for (const other of VIEWS) {
    page(other).hidden = other !== name;
    page(`tab-${other}`).setAttribute("aria-pressed", String(other === name));
  }
  page("filter").placeholder = name === "connections" ? "Filter: id, API, route, client, open, closed" : "Filter: path, 5xx, post, cold, fault, >100ms";
  page("filter").parentElement.classList.toggle("unseen", name === "served");
  showServed(name === "served");
  showConnections(name === "connections");
  if (name === "requests") draw();
}

function togglePause() {
  paused = !paused;
  page("pause").setAttribute("aria-pressed", String(paused));
  page("pause").textContent = paused ? "Go on" : "Pause";
  pauseConnections(paused);
  if (!paused) resume();
}

async function clear() {
  await post("/api/clear", {});
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
    ["c", "connections of WebSocket APIs"],
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

const step = (by) => (page("connections").hidden ? open(move(by)) : moveConnection(by));
const toggle = (name) => view(page(name).hidden ? name : "requests");

const keys = {
  ArrowDown: () => step(1),
  j: () => step(1),
  ArrowUp: () => step(-1),
  k: () => step(-1),
  Enter: () => page(page("connections").hidden ? "detail" : "socket").focus(),
  "/": () => page("filter").focus(),
  p: togglePause,
  r: () => chosen() !== null && replay(chosen()).then((id) => id && open(id)),
  e: () => chosen() !== null && openSend(chosen(), open),
  n: () => openSend(null, open),
  c: () => toggle("connections"),
  f: () => toggle("served"),
  "?": help,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const typing = event.target.closest("input, textarea, select");
  if (event.key === "Escape") {
    if (typing) typing.blur();
    else if (!page("connections").hidden) chooseConnection(null);
    else if (document.activeElement === page("detail")) page("list").focus();
    else open(null);
    return;
  }
  const scrolls = event.key.startsWith("Arrow") && event.target.closest("#detail, #served, #socket");
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
  filterConnections(page("filter").value);
  setFilter(page("filter").value).then(count);
  count();
});
page("pause").addEventListener("click", togglePause);
page("clear").addEventListener("click", clear);
page("new").addEventListener("click", () => openSend(null, open));
for (const name of VIEWS) page(`tab-${name}`).addEventListener("click", () => view(name));
for (const place of ["detail", "socket"]) {
  page(place).addEventListener("open-exchange", (event) => {
    view("requests");
    open(event.detail);
  });
}
page("detail").addEventListener("open-connection", (event) => {
  view("connections");
  chooseConnection(event.detail);
});

count();
const asked = Number(location.hash.slice(1));
open(asked > 0 ? asked : null);
follow().catch((error) => say(String(error)));
