// The list: all rows that are kept, and of those only as many elements as can be seen.

import { bytes, el, time } from "/show.js";

const HEIGHT = 44;
const rows = new Map();
const elements = [];
let shown = [];
let words = [];
let picked = null;
let drawing = false;
// What the server has found in contents, by the text that was looked for.
const found = new Map();

const list = () => document.getElementById("list");

/** Takes an answer of the server in. Gives the numbers of what changed. */
export function merge(changes) {
  if (changes.anew) rows.clear();
  for (const row of changes.rows) {
    row.text = `${row.method} ${row.target} ${row.door} ${row.kind} ${row.function ?? row.listener ?? ""} ${row.authorizer ?? ""}`.toLowerCase();
    rows.set(row.id, row);
  }
  // What the server gave up goes here too: it is always the oldest.
  for (const id of rows.keys()) if (changes.first === null || id < changes.first) rows.delete(id);
  refresh();
  return new Set(changes.rows.map((row) => row.id));
}

export function forget() {
  rows.clear();
  refresh();
}

export const size = () => ({ kept: rows.size, shown: shown.length });
export const chosen = () => picked;
export const row = (id) => rows.get(id);

/** The row before this one of the same front door; of the same path, if there is one. */
export function before(id) {
  const own = rows.get(id);
  const path = (row) => row.target.split("?")[0];
  let found = null;
  for (const other of rows.values()) {
    if (!own || other.id >= id || other.door !== own.door) continue;
    const better = found === null || (path(other) === path(own)) >= (path(found) === path(own));
    if (better && (found === null || path(other) === path(own) || other.id > found.id)) found = other;
  }
  return found?.id ?? null;
}

export function choose(id) {
  picked = id;
  const at = shown.findIndex((row) => row.id === id);
  if (at >= 0) {
    const { scrollTop, clientHeight } = list();
    if (at * HEIGHT < scrollTop) list().scrollTop = at * HEIGHT;
    if ((at + 1) * HEIGHT > scrollTop + clientHeight) list().scrollTop = (at + 1) * HEIGHT - clientHeight;
  }
  draw();
}

/** The number of the row so many further down. */
export function move(by) {
  const at = shown.findIndex((row) => row.id === picked);
  const to = at < 0 ? 0 : Math.min(Math.max(at + by, 0), shown.length - 1);
  return shown[to]?.id ?? null;
}

export function setFilter(text) {
  // Contents are looked through as they are written, names of the list in any case.
  words = text.split(/\s+/).filter(Boolean).map((word) => (/^-?has:/i.test(word) ? word : word.toLowerCase()));
  list().scrollTop = 0;
  refresh();
  return search();
}

/** Asks the server for what `has:` looks for in contents, which are not here. */
export async function search() {
  const texts = words.map((word) => /^-?has:(.+)$/i.exec(word)?.[1]).filter(Boolean);
  for (const text of texts) {
    const response = await fetch(`/api/search?text=${encodeURIComponent(text)}`);
    if (response.ok) found.set(text, new Set((await response.json()).ids));
  }
  for (const text of found.keys()) if (!texts.includes(text)) found.delete(text);
  if (texts.length > 0) refresh();
}

function fits(row, word) {
  if (word.startsWith("-") && word.length > 1) return !fits(row, word.slice(1));
  if (/^[1-5]xx$/.test(word)) return Math.floor((row.status ?? 0) / 100) === Number(word[0]);
  if (/^[1-5]\d\d$/.test(word)) return row.status === Number(word) || row.text.includes(word);
  if (word.startsWith("has:")) return found.get(word.slice(4))?.has(row.id) ?? false;
  const slow = /^>(\d+)(ms|s)?$/.exec(word);
  if (slow) return (row.took ?? 0) / 1000 > Number(slow[1]) * (slow[2] === "s" ? 1000 : 1);
  const flags = { cold: row.cold, streamed: row.streamed, fault: row.fault, replayed: row.repeats !== null, broken: row.end === "broken", abandoned: row.end === "abandoned", open: row.end === null };
  if (Object.hasOwn(flags, word) && flags[word]) return true;
  return row.text.includes(word);
}

function refresh() {
  const top = shown[Math.floor(list().scrollTop / HEIGHT)];
  shown = [];
  for (const row of rows.values()) if (words.every((word) => fits(row, word))) shown.push(row);
  shown.sort((a, b) => b.id - a.id);
  // Who has scrolled down reads on in the same place.
  if (top && list().scrollTop > 0) {
    const at = shown.findIndex((row) => row.id <= top.id);
    if (at > 0) list().scrollTop = at * HEIGHT + (list().scrollTop % HEIGHT);
  }
  draw();
}

/** Draws what can be seen, at the next frame. */
export function draw() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    const inner = document.getElementById("rows");
    inner.style.height = `${shown.length * HEIGHT}px`;
    const first = Math.max(0, Math.floor(list().scrollTop / HEIGHT) - 3);
    const count = Math.min(shown.length - first, Math.ceil(list().clientHeight / HEIGHT) + 6);
    while (elements.length < count) inner.append(elements[elements.push(element()) - 1]);
    elements.forEach((element, at) => {
      element.hidden = at >= count;
      if (at < count) fill(element, shown[first + at], first + at);
    });
    list().setAttribute("aria-activedescendant", picked === null ? "" : `row-${picked}`);
  });
}

function element() {
  return el("div", { class: "row", role: "option" },
    el("span", { class: "method" }), el("span", { class: "status" }),
    el("span", { class: "what" }, el("span", { class: "target" }), el("span", { class: "about" })),
    el("span", { class: "took" }));
}

function fill(element, row, at) {
  const [method, status, what, took] = element.children;
  const [target, about] = what.children;
  element.style.top = `${at * HEIGHT}px`;
  element.id = `row-${row.id}`;
  element.dataset.id = row.id;
  element.setAttribute("aria-selected", String(row.id === picked));
  method.textContent = row.method;
  status.textContent = row.status ?? (row.end === "abandoned" ? "–" : "…");
  status.className = `status s${Math.floor((row.status ?? (row.end ? 0 : 9)) / 100)}`;
  target.textContent = row.target;
  target.title = row.target;
  took.textContent = row.took === null ? "" : time(row.took);
  const tags = [row.cold && "cold", row.streamed && "streamed", row.repeats !== null && "replayed", row.fault && "fault", row.end === "broken" && "broken", row.end === "abandoned" && "gone"];
  const words = [clock(row.at), row.door === row.kind ? row.kind : `${row.door} (${row.kind})`, row.function ?? row.listener, row.authorizer, row.size > 0 && bytes(row.size)];
  about.replaceChildren(
    ...tags.filter(Boolean).map((tag) => el("span", { class: ["fault", "broken"].includes(tag) ? "tag bad" : "tag" }, tag)),
    words.filter(Boolean).join(" · "));
}

const clock = (at) => new Date(at).toTimeString().slice(0, 8);
