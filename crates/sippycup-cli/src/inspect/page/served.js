// Front doors and functions, as long as somebody looks at them.

import { bytes, el, time } from "/show.js";

let timer = null;

export function showServed(visible) {
  clearInterval(timer);
  timer = null;
  if (!visible) return;
  refresh();
  timer = setInterval(refresh, 2000);
}

async function refresh() {
  const response = await fetch("/api/served").catch(() => null);
  if (!response?.ok) return;
  const { described, functions } = await response.json();
  const planned = new Map((described?.functions ?? []).map((each) => [each.name, each]));
  const passed = described?.passedOver ?? [];
  document.getElementById("served").replaceChildren(
    el("h2", {}, "Front doors"),
    ...(described?.frontDoors ?? []).map(door),
    ...(described?.invokeApi ? [invokeApi(described.invokeApi)] : []),
    el("h2", {}, "Functions"),
    ...functions.map((each) => functionCard(each, planned.get(each.name))),
    ...(passed.length > 0 ? [el("h2", {}, "Passed over in the template"), el("div", { class: "card" }, el("ul", {}, ...passed.map((line) => el("li", {}, line))))] : []));
}

function door(each) {
  const facts = [each.stage && `stage ${each.stage}`, each.endpoint && `endpoint ${each.endpoint}`,
    each.gatewayResponses && `gateway responses: ${each.gatewayResponses.join(", ")}`];
  const hosts = each.hosts ?? [];
  const here = (base) => each.urls.find((url) => new URL(url).pathname.replace(/\/$/, "") === base) ?? "";
  const toTry = (route) => each.urls[0] && path(each.urls[0], route);
  return el("div", { class: "card" },
    el("h3", {}, each.logicalId ?? each.kind, " ", el("span", { class: "tag" }, each.kind)),
    facts.some(Boolean) && el("p", { class: "facts" }, facts.filter(Boolean).join(" · ")),
    hosts.length > 0 && table(["Domain", "Base path", "Here"], hosts.map(({ host, basePath }) => [host, el("code", {}, basePath || "/"), here(basePath)])),
    each.routes.length > 0 && table(["Route", "Function", "Authorizer", "Payload format", "URL to try"], each.routes.map((route) => [
      el("code", {}, route.route), route.answer ?? route.function ?? "answered here", route.authorizer ?? "open", route.payloadFormat,
      link(toTry(route.route)),
    ])));
}

function invokeApi(url) {
  return el("div", { class: "card" },
    el("h3", {}, "Invoke API ", el("span", { class: "tag" }, "invoke-api")),
    el("p", { class: "facts" }, "all functions by their names: ", el("code", {}, `aws lambda invoke --endpoint-url ${url} …`)));
}

// A browser opens no address of a WebSocket API.
function link(url) {
  if (!url || url.startsWith("ws")) return el("code", {}, url ?? "");
  return el("a", { href: url, target: "_blank", rel: "noreferrer" }, url);
}

// Parameters stay as they are: whoever tries the URL knows what to write there.
function path(base, route) {
  if (base.startsWith("ws")) return base;
  // The path of a rule, up to a wildcard; what else it asks for, no link can have.
  const rule = /^(rule \d+:|default rule$)/.test(route) && (/path(?:-pattern| exact| prefix) (\/[^ ,*?\\]*)/.exec(route)?.[1] ?? "/");
  if (rule) return base.replace(/\/$/, "") + rule;
  const [, template] = route.includes(" ") ? route.split(" ") : ["", "/"];
  return base.replace(/\/$/, "") + template.replace(/\{[^}]*\+\}$/, "");
}

function functionCard(each, plan) {
  const last = each.ended ? `the last process ended: ${each.ended}` : null;
  const facts = [
    plan && `${plan.memory} MB, timeout ${plan.timeout} s`,
    `invocations: ${each.invocations}`,
    `starts: ${each.starts}`,
    each.waiting > 0 && `waiting: ${each.waiting}`,
    last,
  ];
  const lines = each.lines.length > 0 && el("details", {}, el("summary", {}, "Lines outside of invocations"), el("pre", {}, each.lines.join("\n")));
  return el("div", { class: "card" },
    el("h3", {}, each.name, plan?.logicalId && plan.logicalId !== each.name ? el("span", { class: "tag" }, plan.logicalId) : ""),
    el("p", { class: "facts" }, facts.filter(Boolean).join(" · ")),
    plan?.command?.length > 0 && el("p", { class: "facts" }, el("code", {}, plan.command.join(" "))),
    each.environments.length > 0
      ? table(["Environment", "State", "Process", "Memory", "Start", "Age", "Invocations"], each.environments.map((one) => [
          String(one.number), one.state, String(one.process ?? "elsewhere"), one.memory === null ? "" : bytes(one.memory),
          one.init === null ? "" : time(one.init), `${one.age} s`, String(one.invocations),
        ]))
      : el("p", { class: "facts" }, "no process at the moment"),
    lines);
}

function table(heads, rows) {
  return el("table", {}, el("tr", {}, ...heads.map((head) => el("th", {}, head))), ...rows.map((cells) => el("tr", {}, ...cells.map((cell) => el("td", {}, cell)))));
}
