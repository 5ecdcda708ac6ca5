// Bodies, read as their content type says.

import { bytes, el, isTree, json, pairs } from "/show.js";
import { partsOf } from "/multipart.js";

export function decoded(base64) {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}

/** A text, if the bytes are one. */
export function asText(data) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(data);
  } catch {
    return null;
  }
}

const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp", "image/x-icon", "image/svg+xml"];
const pictures = new Set();

/** Forgets pictures that nobody sees any more. */
export function forgetPictures() {
  for (const url of pictures) URL.revokeObjectURL(url);
  pictures.clear();
}

/** A body as the server tells it; with `old`, differences of JSON are marked. */
export function body(content, type, old) {
  if (!content || content.total === 0) return el("p", { class: "facts" }, "no body");
  const cut = content.kept < content.total && el("p", { class: "facts" }, `The first ${bytes(content.kept)} of ${bytes(content.total)}.`);
  return shown(decoded(content.base64), type, old ? decoded(old.base64) : undefined, cut);
}

/** Bytes as their content type says they should be read, with the other ways beside. */
export function shown(data, type, old, cut = null) {
  const ways = waysOf(data, type, old);
  const place = el("div", {});
  const buttons = Object.entries(ways).map(([name, show]) => el("button", { click: (event) => pick(event.target, show) }, name));
  function pick(button, show) {
    for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
    place.replaceChildren(show());
  }
  pick(buttons[0], Object.values(ways)[0]);
  return el("div", { class: "body" }, el("div", { class: "forms" }, ...buttons), cut, place);
}

function waysOf(data, type, old) {
  const media = type.split(";")[0].trim().toLowerCase();
  const text = asText(data);
  const ways = {};
  if (PICTURES.includes(media)) ways.image = () => picture(data, media);
  const parts = media.startsWith("multipart/") ? partsOf(data, type) : null;
  if (parts?.length > 0) ways.parts = () => el("div", {}, ...parts.map(part));
  if (text !== null) {
    const value = parsed(text);
    if (isTree(value)) ways.JSON = () => json(value, old ? (parsed(new TextDecoder().decode(old)) ?? null) : undefined);
    if (media === "application/x-www-form-urlencoded") ways.form = () => pairs([...new URLSearchParams(text)]);
    ways.text = () => el("pre", {}, text.slice(0, 200_000));
  }
  ways.hex = () => el("pre", { class: "hex" }, hex(data));
  return ways;
}

function part({ headers, name, file, type, data }) {
  const facts = [file !== null && `file ${file || "without a name"}`, type, bytes(data.length)];
  return el("section", { class: "part" },
    el("h3", {}, name ?? "without a name"),
    el("p", { class: "facts" }, facts.filter(Boolean).join(" · ")),
    headers.length > 0 && el("details", {}, el("summary", {}, "Headers"), pairs(headers)),
    data.length > 0 ? shown(data, type) : el("p", { class: "facts" }, "empty"));
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function picture(data, media) {
  const url = URL.createObjectURL(new Blob([data], { type: media }));
  pictures.add(url);
  return el("img", { class: "picture", src: url, alt: `a body of ${media}` });
}

function hex(data) {
  const lines = [];
  for (let at = 0; at < Math.min(data.length, 16 * 1024); at += 16) {
    const line = [...data.subarray(at, at + 16)];
    const codes = line.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const signs = line.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : "·")).join("");
    lines.push(`${at.toString(16).padStart(6, "0")}  ${codes.padEnd(47)}  ${signs}`);
  }
  if (data.length > 16 * 1024) lines.push(`… and ${bytes(data.length - 16 * 1024)} more`);
  return lines.join("\n");
}
