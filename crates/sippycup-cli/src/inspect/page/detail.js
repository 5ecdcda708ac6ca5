// One exchange: what the client sent, what became of it, and what came back.

import { before } from "/list.js";
import { body, forgetPictures } from "/body.js";
import { bytes, el, header, json, pairs, prose, say, time } from "/show.js";
import { copyAs, openSend, replay } from "/send.js";

let secrets = false;
let compared = null;
let current = null;
let newest = 0;

const place = () => document.getElementById("detail");
const fetchOne = async (id) => {
  const response = await fetch(`/api/exchanges/${id}?secrets=${secrets}`);
  return response.ok ? response.json() : null;
};
const open = (id) => place().dispatchEvent(new CustomEvent("open-exchange", { detail: id }));

/** Shows an exchange; `again` if it is shown already and has changed. */
export async function showDetail(id, { again = false } = {}) {
  const asked = ++newest;
  if (id === null) {
    current = null;
    place().replaceChildren(el("p", { class: "nothing" }, "Choose a request. ", el("kbd", {}, "?"), " shows the keys."));
    return;
  }
  const other = compared ?? before(id);
  const [one, last] = await Promise.all([fetchOne(id), other === null || other === id ? null : fetchOne(other)]);
  // Another one was chosen meanwhile.
  if (asked !== newest) return;
  const cards = again ? [...place().querySelectorAll(".card")] : [];
  const folds = new Map(cards.map((card) => [card.dataset.name, card.open]));
  const ways = new Map(cards.map((card) => [card.dataset.name, card.querySelector(".forms [aria-pressed=true]")?.textContent]));
  const top = again ? place().scrollTop : 0;
  current = id;
  forgetPictures();
  place().replaceChildren(...(one ? parts(one, last) : gone()));
  for (const card of place().querySelectorAll(".card")) {
    if (folds.has(card.dataset.name)) card.open = folds.get(card.dataset.name);
    const way = ways.get(card.dataset.name);
    [...card.querySelectorAll(".forms button")].find((button) => button.textContent === way)?.click();
  }
  place().scrollTop = top;
}

const gone = () => [el("p", { class: "nothing" }, "This request is not kept any more: later ones took its place.")];

function parts(one, last) {
  const old = compared !== null ? last : undefined;
  const pieces = [title(one), facts(one), actions(one)];
  if (compared !== null && last) {
    pieces.push(el("p", { class: "note plain" }, `Differences to ${last.method} ${last.target} are marked. `, el("button", { click: () => compare(null) }, "Compare no more")));
  }
  if (one.fault) pieces.push(el("p", { class: "note", id: "reason" }, ...prose(one.fault)));
  if (one.broken) pieces.push(el("p", { class: "note" }, `The response broke off: ${one.broken}`));
  if (one.end === "abandoned") pieces.push(el("p", { class: "note" }, "The client went away before the end."));
  for (const hint of one.hints ?? []) pieces.push(el("p", { class: "note hint" }, ...prose(hint)));
  if (!one.headers) return [...pieces, el("p", { class: "nothing" }, "Its contents had to make room for later requests.")];
  pieces.push(times(one), request(one, old), authorizer(one), event(one, last), saw(one, old), answer(one, old), response(one, old), ...logs(one));
  return pieces.filter(Boolean);
}

function title(one) {
  const status = one.status ?? (one.end ? "–" : "…");
  return el("p", { class: "title" },
    el("button", { class: "only-narrow", click: () => open(null) }, "‹ List"),
    el("strong", { class: `status s${Math.floor((one.status ?? 900) / 100)}` }, String(status)),
    el("code", {}, `${one.method} ${one.target}`));
}

function facts(one) {
  const words = [
    one.door === one.kind ? one.kind : `${one.door} (${one.kind})`,
    one.routed?.route && `route ${one.routed.route}`,
    one.listener ? `answered by the listener: ${one.listener}` : one.function && `function ${one.function}`,
    one.authorizer && `authorizer ${one.authorizer}`,
    one.took !== null && time(one.took),
    one.cold && "cold start",
    new Date(one.at / 1000).toLocaleTimeString(),
  ];
  const connection = one.event?.requestContext?.connectionId;
  const toConnection = connection && el("button", { click: () => place().dispatchEvent(new CustomEvent("open-connection", { detail: connection })) }, `connection ${connection}`);
  const repeated = one.repeats !== null && el("button", { click: () => open(one.repeats) }, `sent from request ${one.repeats}`);
  return el("p", { class: "facts" }, words.filter(Boolean).join(" · "), repeated ? " · " : "", repeated, toConnection ? " · " : "", toConnection);
}

function actions(one) {
  const button = (text, title, click) => el("button", { title, click }, text);
  // A message is no request: it goes over its connection.
  const isRequest = !["MESSAGE", "DISCONNECT"].includes(one.method);
  return el("div", { class: "actions" },
    isRequest && button("Replay", "Send it again as it was (r)", () => replay(one.id).then((id) => id && open(id))),
    isRequest && button("Edit and send", "Change it before it is sent (e)", () => openSend(one.id, open)),
    isRequest && button("Copy as curl", "A line for a shell", () => copyAs(one.id, "curl", secrets)),
    isRequest && !["invoke-api", "web-function"].includes(one.kind) && button("Copy as Rust test", "A test through Gateway", () => copyAs(one.id, "rust", secrets)),
    one.event && button("Copy event", "The event as a file for sippycup invoke", () => copyAs(one.id, "event", secrets)),
    compared === one.id ? button("Compare no more", "", () => compare(null)) : button("Compare", "Then choose another request", () => compare(one.id)),
    el("button", { "aria-pressed": String(secrets), title: "Credentials are masked until they are asked for", click: () => reveal() }, secrets ? "Mask secrets" : "Show secrets"));
}

function compare(id) {
  compared = id;
  if (id !== null) say("Choose another request: what is different in it is marked.");
  showDetail(current, { again: true });
}

function reveal() {
  secrets = !secrets;
  showDetail(current, { again: true });
}

function card(name, about, open, ...inside) {
  return el("details", { class: "card", open, "data-name": name }, el("summary", {}, el("h2", {}, name), el("small", {}, about ?? "")), el("div", { class: "inside" }, ...inside));
}

function request(one, old) {
  const type = header(one.headers, "content-type");
  const base = one.routed && el("p", { class: "facts", id: "base-path" },
    "base path ", el("code", {}, one.routed.base || "/"), ": ", ...prose(one.routed.found), "; the routes see ", el("code", {}, one.routed.path));
  return card("Request", `${one.protocol}, ${bytes(one.body.total)}`, true, base, pairs(one.headers, old?.headers), el("h3", {}, "Body"), body(one.body, type, old?.body));
}

function authorizer(one) {
  if (!one.verdict) return null;
  const { authorizer, allowed, cached, took, ...said } = one.verdict;
  const about = `${allowed ? "allows" : "refuses"}${cached ? ", from its cache" : ""}, ${time(took)}`;
  return card(`Authorizer ${authorizer}`, about, true, json(Object.fromEntries(Object.entries(said).filter(([, value]) => value !== null))));
}

function event(one, last) {
  if (one.kind === "web-function") return null;
  if (!one.event) return card("Event", "none was written", false, el("p", { class: "facts" }, one.kind === "invoke-api" ? "No function was asked." : "The front door answered by itself."));
  const claims = one.event.requestContext?.authorizer;
  const marked = last?.event ? `, marked: differences to ${last.target}` : "";
  return card("Event", bytes(one.eventSize) + marked, true,
    claims && el("div", { id: "claims" }, el("h3", {}, "What the authorizer said"), json(claims, undefined), el("h3", {}, "All of it")),
    json(one.event, last?.event ?? undefined));
}

function saw(one, old) {
  if (!one.saw) return null;
  return card("What an app behind SippyCup sees", one.saw.error ? "no request" : `${one.saw.method} ${one.saw.uri}`, false, json(one.saw, old?.saw ?? undefined));
}

function answer(one, old) {
  if (one.failed) return card("Answer", "the function failed", true, el("pre", {}, one.failed));
  if (one.stream) {
    const inside = [one.prelude ? el("h3", {}, "Prelude") : null, one.prelude ? json(one.prelude, old?.prelude ?? undefined) : null, el("h3", {}, "Stream, with its prelude")];
    return card("Answer", `streamed, ${bytes(one.stream.total)} in ${one.stream.pieces.length} pieces`, true, ...inside, body(one.stream, "text/plain"));
  }
  if (one.answer !== null && one.answer !== undefined) return card("Answer", bytes(one.answerSize), true, json(one.answer, old?.answer ?? undefined));
  if (one.answerText) return card("Answer", `${bytes(one.answerSize)}, no JSON`, true, el("pre", {}, one.answerText));
  return null;
}

function response(one, old) {
  if (one.status === null) return null;
  const type = header(one.responseHeaders, "content-type");
  return card("Response", `${one.status}, ${bytes(one.responseBody.total)}`, true, pairs(one.responseHeaders, old?.responseHeaders), el("h3", {}, "Body"), body(one.responseBody, type, old?.responseBody));
}

function logs(one) {
  return one.invocations.filter((invocation) => invocation.lines.length > 0).map((invocation) => {
    const lines = invocation.lines.map(([at, line]) => el("div", {}, el("span", { class: "at" }, time(at)), line));
    const more = invocation.moreLines > 0 && el("div", {}, `… and ${invocation.moreLines} lines more`);
    return card(`Log of ${invocation.function}`, `${invocation.id}`, true, el("pre", { class: "lines" }, ...lines, more || ""));
  });
}

// The waterfall: all bars on one time line, from the request or the start of the process, whichever was first.
function times(one) {
  const at = Object.fromEntries(one.times);
  const end = one.took ?? Math.max(0, ...one.times.map(([, when]) => when), ...one.responseBody.pieces.map(([when]) => when));
  const bars = [];
  const bar = (name, from, to, kind = "", ticks = []) => from !== undefined && from !== null && bars.push({ name, from, to: to ?? end, kind, ticks });
  bar("read request", 0, at.body ?? at.response);
  if (at.authorized !== undefined) bar("authorizer", at.body, at.authorized, "start");
  for (const invocation of one.invocations) {
    const several = one.invocations.length > 1 ? ` ${invocation.function}` : "";
    bar(`queue${several}`, invocation.queued, invocation.invoked);
    // A process that was started before is no part of the wait.
    if (invocation.init && invocation.init[1] > 0) bar(`start${several}`, Math.max(invocation.init[0], 0), Math.max(invocation.init[1], 0), "start");
    bar(`function${several}`, invocation.invoked, invocation.answered, "function", invocation.lines.map(([when]) => when));
  }
  const pieces = one.stream?.pieces ?? [];
  if (pieces.length > 0) bar(`stream (${pieces.length})`, pieces[0][0], pieces.at(-1)[0], "", pieces.map(([when]) => when));
  bar("response", at.response, end, "", one.responseBody.pieces.map(([when]) => when));
  const span = Math.max(end, 1, ...bars.map((each) => each.to));
  const started = one.invocations.find((invocation) => invocation.init)?.init;
  const note = started && el("p", { class: "facts" }, `The process took ${time(started[1] - started[0])} from its start to its first request for an event${started[0] < 0 ? `, and began ${time(-started[0])} before this request` : ""}.`);
  return card("Times", end > 0 ? time(end) : "", true, el("div", { class: "fall" }, ...bars.flatMap((each) => line(each, span))), note);
}

function line({ name, from, to, kind, ticks }, span) {
  const share = (when) => `${(Math.min(Math.max(when, 0), span) / span) * 100}%`;
  const bar = el("div", { class: `bar ${kind}` });
  bar.style.left = share(from);
  bar.style.width = `${Math.max(0, ((to - from) / span) * 100)}%`;
  const marks = ticks.slice(0, 500).map((when) => {
    const tick = el("div", { class: "tick", title: time(when) });
    tick.style.left = share(when);
    return tick;
  });
  return [el("span", {}, name), el("div", { class: "track" }, bar, ...marks), el("span", { class: "time" }, time(Math.max(0, to - from)))];
}

