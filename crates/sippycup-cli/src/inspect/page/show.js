// How things are shown: elements, sizes, times, JSON with differences, tables of pairs.

/** An element. Texts are texts: nothing of a request is ever read as HTML. */
export function el(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** A text with `code` in it. */
export function prose(text) {
  return text.split("`").map((part, at) => (at % 2 === 1 ? el("code", {}, part) : part));
}

let silence;
export function say(text) {
  const said = document.getElementById("said");
  said.textContent = text;
  said.classList.add("shown");
  clearTimeout(silence);
  silence = setTimeout(() => said.classList.remove("shown"), 2500);
}

/** Of microseconds. */
export function time(micros) {
  const span = Math.abs(micros);
  if (span < 1000) return `${micros} µs`;
  if (span < 10_000) return `${(micros / 1000).toFixed(1)} ms`;
  if (span < 10_000_000) return `${Math.round(micros / 1000)} ms`;
  return `${(micros / 1_000_000).toFixed(1)} s`;
}

export function bytes(count) {
  if (count < 1024) return `${count} B`;
  if (count < 1024 * 1024) return `${(count / 1024).toFixed(1)} KB`;
  return `${(count / 1024 / 1024).toFixed(1)} MB`;
}

const kind = (value) => (value === null ? "null" : Array.isArray(value) ? "array" : typeof value);
export const isTree = (value) => value !== null && typeof value === "object";

/** Whether two values are the same JSON. */
function same(a, b) {
  if (!isTree(a) || !isTree(b)) return a === b;
  const [left, right] = [Object.keys(a), Object.keys(b)];
  return kind(a) === kind(b) && left.length === right.length && left.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
}

/** JSON that can be folded. What is not as in `old` is marked; without `old` nothing is. */
export function json(value, old) {
  const marked = old !== undefined;
  return el("div", { class: "json" }, isTree(value) ? members(value, old, marked, 0) : el("span", { class: kind(value) }, JSON.stringify(value)));
}

function members(value, old, marked, depth) {
  const before = isTree(old) && kind(old) === kind(value) ? old : {};
  const list = el("ul", {});
  for (const key of Object.keys(value)) {
    const mark = !marked ? "" : !Object.hasOwn(before, key) ? "added" : same(value[key], before[key]) ? "" : "changed";
    list.append(member(key, value[key], before[key], mark, depth, Array.isArray(value)));
  }
  for (const key of Object.keys(marked ? before : {})) {
    if (!Object.hasOwn(value, key)) list.append(member(key, before[key], undefined, "removed", depth, Array.isArray(value)));
  }
  return list;
}

function member(key, value, old, mark, depth, inArray) {
  const name = inArray ? el("span", { class: "dim" }, key) : el("span", { class: "key" }, key);
  if (!isTree(value) || Object.keys(value).length === 0) {
    const text = isTree(value) ? (Array.isArray(value) ? "[]" : "{}") : JSON.stringify(value);
    const was = mark === "changed" && el("span", { class: "was" }, "was ", short(old));
    return el("li", { class: "leaf" }, el("span", { class: mark }, name, ": ", el("span", { class: kind(value) }, ...long(text))), was);
  }
  const count = Object.keys(value).length;
  const size = Array.isArray(value) ? `[${count}]` : `{${count}}`;
  const open = depth < 1 || (mark === "changed" && depth < 5);
  const folded = el("details", {}, el("summary", {}, el("span", { class: mark === "changed" ? "" : mark }, name, " ", el("span", { class: "dim" }, size), mark === "changed" ? el("span", { class: "changed" }, " changed") : "")));
  // What nobody unfolds need not be there.
  const fill = () => folded.children.length < 2 && folded.append(members(value, old, mark === "changed", depth + 1));
  folded.addEventListener("toggle", fill);
  if (open) {
    fill();
    folded.open = true;
  }
  return el("li", {}, folded);
}

/** A long text is shown in full by who asks for it. */
function long(text) {
  if (text.length <= 400) return [text];
  const more = el("button", { class: "more", click: () => more.replaceWith(text.slice(300)) }, `… ${text.length - 300} characters more`);
  return [text.slice(0, 300), more];
}

function short(value) {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** Pairs as a table; with `old`, what is not there is marked. */
export function pairs(list, old) {
  const has = (all, [name, value]) => all.some((pair) => pair[0] === name && pair[1] === value);
  const named = (all, name) => all.some((pair) => pair[0] === name);
  const line = ([name, value], mark) => el("tr", { class: mark }, el("td", {}, name), el("td", {}, value));
  const lines = list.map((pair) => line(pair, !old || has(old, pair) ? "" : named(old, pair[0]) ? "changed" : "added"));
  const gone = (old ?? []).filter((pair) => !named(list, pair[0])).map((pair) => line(pair, "removed"));
  return el("table", { class: "pairs" }, ...lines, ...gone);
}

export const header = (list, name) => list.find((pair) => pair[0].toLowerCase() === name)?.[1] ?? "";
