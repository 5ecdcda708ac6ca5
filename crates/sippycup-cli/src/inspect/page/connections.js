// Connections of WebSocket APIs, as long as somebody looks at them: the table, and the messages of one.

import { shown } from "/body.js";
import { bytes, el, say } from "/show.js";
import { post } from "/send.js";

let rows = [];
let words = [];
let picked = null;
let next = 0;
let since = 0;
let visible = false;
// Who asks for changes; another choice asks anew.
let asking = null;
let paused = false;

const table = () => document.getElementById("sockets");
const place = () => document.getElementById("socket");
const clock = (at) => new Date(at).toTimeString().slice(0, 8);

export function showConnections(isVisible) {
  if (visible === isVisible) return;
  visible = isVisible;
  if (visible && place().childElementCount === 0) chooseConnection(picked);
  else ask();
}

/** Shows the messages of a connection. */
export function chooseConnection(id) {
  picked = id;
  since = 0;
  document.getElementById("connections").classList.toggle("one", id !== null);
  place().replaceChildren(...(id === null ? [el("p", { class: "nothing" }, "Choose a connection to see its messages, and to send some.")] : frame(id)));
  draw();
  ask();
}

export function moveConnection(by) {
  const all = rows.filter(fits);
  const at = all.findIndex((row) => row.id === picked);
  const to = at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1);
  if (all[to] && all[to].id !== picked) chooseConnection(all[to].id);
}

export function pauseConnections(isPaused) {
  paused = isPaused;
  ask();
}

export function filterConnections(text) {
  words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (visible) draw();
}

function fits(row) {
  const text = `${row.id} ${row.door} ${row.route ?? ""} ${row.client} ${row.closed ? "closed" : "open"}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

function ask() {
  asking?.abort();
  asking = null;
  next = 0;
  if (!visible || paused) return;
  asking = new AbortController();
  follow(asking.signal);
}

async function follow(signal) {
  while (!signal.aborted) {
    const of = picked === null ? "" : `&of=${encodeURIComponent(picked)}&since=${since}`;
    const response = await fetch(`/api/connections?after=${next}${of}`, { signal }).catch(() => null);
    const changes = response?.ok ? await response.json().catch(() => null) : null;
    if (signal.aborted) return;
    if (changes) take(changes);
    await new Promise((go) => setTimeout(go, changes ? 150 : 1000));
  }
}

function take(changes) {
  next = changes.next;
  rows = changes.rows;
  const more = changes.open + changes.closed - rows.length;
  draw(more);
  if (picked === null) return;
  if (changes.anew || !changes.chosen) return gone();
  tell(changes.chosen);
  add(changes.messages);
}

function draw(more = 0) {
  const all = rows.filter(fits);
  const heads = ["Connection", "API", "Last route", "Open since", "Last activity", "In", "Out"];
  const head = el("thead", {}, el("tr", {}, ...heads.map((text) => el("th", { scope: "col" }, text))));
  const none = rows.length > 0 ? "No connection is like that." : "No client is connected to a WebSocket API.";
  table().replaceChildren(all.length === 0 ? el("p", { class: "nothing" }, none) : el("table", {}, head, el("tbody", {}, ...all.map(line))));
  if (more > 0) table().append(el("p", { class: "facts" }, `… and ${more} more`));
}

function line(row) {
  const state = row.closed && el("span", { class: "tag" }, `closed ${row.closed.code}`);
  const cells = [el("td", {}, el("code", {}, row.id), " ", state), ...[row.door, row.route ?? (row.received > 0 ? "none" : ""), clock(row.opened), clock(row.last), row.received, row.sent].map((text) => el("td", {}, String(text)))];
  return el("tr", { "aria-selected": String(row.id === picked), class: row.closed ? "closed" : "", click: () => chooseConnection(row.id) }, ...cells);
}

// What of a connection stays while its messages come.
function frame(id) {
  const text = el("textarea", { id: "socket-text", rows: "3", spellcheck: "false", "aria-label": "A message" });
  const act = async (what, done) => {
    const { error } = await post("/api/connections", { connection: id, do: what, text: text.value });
    say(error ?? done);
  };
  const button = (name, title, what, done) => el("button", { title, click: () => act(what, done) }, name);
  return [
    el("p", { class: "title" }, el("button", { class: "only-narrow", click: () => chooseConnection(null) }, "‹ List"), el("code", {}, id)),
    el("p", { class: "facts", id: "socket-facts" }),
    el("div", { class: "card" }, el("div", { class: "inside", id: "socket-form" },
      el("h3", {}, "A message"), text,
      el("div", { class: "actions" },
        button("To the client", "As the backend posts it, with /@connections", "post", "Posted to the client."),
        button("To the function", "As the client sends it", "receive", "Sent as the client."),
        button("Disconnect", "As the backend does it, with /@connections", "close", "Closed.")))),
    el("div", { id: "messages" }),
  ];
}

function tell(row) {
  const words = [
    row.door,
    `client ${row.client}`,
    row.userAgent,
    row.protocol && `subprotocol ${row.protocol}`,
    `open since ${clock(row.opened)}`,
    `messages: ${row.received} in, ${row.sent} out`,
    row.closed && `closed at ${clock(row.closed.at)} with ${row.closed.code} ${row.closed.reason}`,
  ];
  const handshake = row.exchange !== null && el("button", { click: () => open(row.exchange) }, "handshake");
  document.getElementById("socket-facts").replaceChildren(words.filter(Boolean).join(" · "), " ", handshake || "");
  document.getElementById("socket-form").parentElement.hidden = row.closed !== null;
}

const open = (exchange) => place().dispatchEvent(new CustomEvent("open-exchange", { detail: exchange }));

// The newest first, as in the list.
function add(messages) {
  const all = document.getElementById("messages");
  for (const message of messages) {
    since = message.number;
    all.prepend(card(message));
  }
  while (all.childElementCount > MOST) all.lastElementChild.remove();
}

const WHO = { client: "from the client", call: "to the client, posted", answer: "to the client, the function's answer", gateway: "to the client, in API Gateway's own words" };

function card({ at, from, route, exchange, text }) {
  const data = new TextEncoder().encode(text);
  const isIn = from === "client";
  const facts = [WHO[from], isIn && (route ? `route ${route}` : "no route has it"), clock(at), bytes(data.length)];
  const request = exchange !== null && el("button", { click: () => open(exchange) }, "event");
  return el("section", { class: `card message ${isIn ? "in" : "out"}` },
    el("p", { class: "facts" }, isIn ? "→ " : "← ", facts.filter(Boolean).join(" · "), " ", request || ""),
    data.length > 0 ? shown(data, "text/plain") : el("p", { class: "facts" }, "empty"));
}

function gone() {
  place().replaceChildren(el("p", { class: "nothing" }, "This connection is not kept any more."));
  picked = null;
}

const MOST = 500;
