// Requests that the page sends, and forms of a request that can be used elsewhere.

import { asText, decoded } from "/body.js";
import { el, header, say } from "/show.js";

const dialog = () => document.getElementById("send");

/** Asks the server to do something. */
export async function post(path, wanted) {
  const response = await fetch(path, {
    method: "POST",
    // A page of another origin cannot send this header.
    headers: { "content-type": "application/json", "x-sippycup-inspect": "1" },
    body: JSON.stringify(wanted),
  });
  return response.json();
}

/** Sends a request. Gives the number of the new exchange, or an error. */
const send = (wanted) => post("/api/send", wanted);

/** Sends a request again as it was. */
export async function replay(id) {
  const sent = await send({ repeats: id });
  say(sent.error ?? "Sent again.");
  return sent.id ?? null;
}

/** Puts a form of a request on the clipboard. */
export async function copyAs(id, form, secrets) {
  const response = await fetch(`/api/exchanges/${id}/as/${form}?secrets=${secrets}`);
  const text = await response.text();
  if (!response.ok) return say(JSON.parse(text).error);
  try {
    await navigator.clipboard.writeText(text);
    say(text.includes("(masked)") ? "Copied, with credentials masked." : "Copied.");
  } catch {
    // Some browsers allow it to nobody: it can be copied by hand.
    dialog().replaceChildren(el("h2", {}, "Copy"), el("textarea", { readonly: true, rows: "14" }, text), closing());
    dialog().showModal();
    dialog().querySelector("textarea").select();
  }
}

const closing = () => el("form", { method: "dialog", class: "end" }, el("button", {}, "Close"));

/** Opens the form for a request, filled with that of an exchange if there is one. */
export async function openSend(id, open) {
  const [one, served] = await Promise.all([
    id === null ? null : fetch(`/api/exchanges/${id}`).then((response) => response.json()),
    fetch("/api/served").then((response) => response.json()),
  ]);
  const urls = (served.described?.frontDoors ?? []).flatMap((door) => door.urls.map((url) => ({ url, name: door.logicalId ?? door.kind })));
  const doors = new Map(urls.map(({ url, name }) => [new URL(url).host, name]));
  if (one?.address) doors.set(one.address, one.door);
  const first = urls[0] ? new URL(urls[0].url) : null;
  const data = one?.body ? decoded(one.body.base64) : new Uint8Array();
  const text = asText(data);
  const headers = (one?.headers ?? []).filter(([name]) => !["content-length", "transfer-encoding", "connection"].includes(name));

  const method = el("input", { id: "send-method", value: one?.method ?? "GET", list: "methods", required: true });
  const target = el("input", { id: "send-target", value: one?.target ?? first?.pathname ?? "/", required: true, spellcheck: "false" });
  const door = el("select", { id: "send-door" }, ...[...doors].map(([address, name]) => el("option", { value: address, selected: address === one?.address }, `${name}, ${address}`)));
  const lines = el("textarea", { id: "send-headers", rows: "7", spellcheck: "false" }, headers.map(([name, value]) => `${name}: ${value}`).join("\n"));
  const body = el("textarea", { id: "send-body", rows: "7", spellcheck: "false", placeholder: text === null ? "Bytes that are no text: they are sent as they were, unless you write something here." : "" }, text ?? "");
  const wrong = el("p", { class: "wrong", role: "alert" });
  const submit = async (event) => {
    event.preventDefault();
    const wanted = { method: method.value.trim(), target: target.value.trim(), address: door.value, headers: pairsOf(lines.value) };
    if (id !== null) wanted.repeats = id;
    if (!(text === null && body.value === "")) wanted.body = base64(new TextEncoder().encode(body.value));
    const sent = await send(wanted);
    if (sent.error) {
      wrong.textContent = sent.error;
      return;
    }
    dialog().close();
    open(sent.id);
  };
  dialog().replaceChildren(
    el("h2", {}, id === null ? "A new request" : "Edit and send"),
    el("form", { submit },
      el("div", { class: "line" }, el("label", {}, "Method", method), el("label", {}, "Path and query", target), el("label", {}, "Front door", door)),
      el("datalist", { id: "methods" }, ...["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"].map((value) => el("option", { value }))),
      el("label", {}, "Headers, one a line; what is masked is sent as it was", lines),
      el("label", {}, header(headers, "content-type") ? `Body, ${header(headers, "content-type")}` : "Body", body),
      wrong,
      el("div", { class: "end" }, el("button", { type: "button", click: () => dialog().close() }, "Cancel"), el("button", { class: "main", id: "send-now" }, "Send"))));
  dialog().showModal();
  target.focus();
}

function pairsOf(text) {
  return text.split("\n").filter((line) => line.trim()).map((line) => {
    const at = line.indexOf(":");
    return at < 0 ? [line, ""] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  });
}

function base64(data) {
  let text = "";
  for (const byte of data) text += String.fromCharCode(byte);
  return btoa(text);
}
