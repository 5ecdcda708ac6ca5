// The parts of a multipart body.

/** The parts, or null if it has no boundary. Of a body that is cut off the last part is what is there. */
export function partsOf(data, type) {
  const named = /;\s*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(type);
  if (!named) return null;
  const mark = `--${named[1] ?? named[2]}`;
  const text = characters(data);
  const parts = [];
  let from = -1;
  for (let at = next(text, mark, 0); parts.length < MOST; at = next(text, mark, from)) {
    if (from >= 0) parts.push(part(data, text, from, at < 0 ? text.length : text[at - 2] === "\r" ? at - 2 : at - 1));
    if (at < 0 || text.startsWith("--", at + mark.length)) return parts;
    const line = text.indexOf("\n", at);
    if (line < 0) return parts;
    from = line + 1;
  }
  return parts;
}

/** Where the next line begins that is a boundary. */
function next(text, mark, from) {
  for (let at = text.indexOf(mark, from); at >= 0; at = text.indexOf(mark, at + 1)) {
    if (at === 0 || text[at - 1] === "\n") return at;
  }
  return -1;
}

function part(data, text, from, to) {
  const end = /^\r?\n|\r?\n\r?\n/.exec(text.slice(from, to));
  const body = end ? from + end.index + end[0].length : from;
  // Browsers write names as they are, in UTF-8.
  const head = new TextDecoder().decode(data.subarray(from, end ? from + end.index : from));
  const headers = head.split(/\r?\n/).filter(Boolean).map((line) => {
    const [name, ...rest] = line.split(":");
    return [name.trim(), rest.join(":").trim()];
  });
  const of = (name) => headers.find((pair) => pair[0].toLowerCase() === name)?.[1] ?? "";
  const disposition = of("content-disposition");
  return {
    headers,
    name: parameter(disposition, "name"),
    file: extended(disposition) ?? parameter(disposition, "filename"),
    type: of("content-type") || "text/plain",
    data: data.subarray(body, to),
  };
}

function parameter(disposition, name) {
  const found = new RegExp(`(?:^|;)\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;]+))`, "i").exec(disposition);
  if (!found) return null;
  // Browsers write a quote as %22, others with a backslash before it.
  return (found[1]?.replace(/\\(["\\])/g, "$1") ?? found[2]).replaceAll("%22", '"');
}

/** `filename*=UTF-8''a%20b` (RFC 5987). */
function extended(disposition) {
  const found = /;\s*filename\*=utf-8'[^']*'([^\s;]+)/i.exec(disposition);
  try {
    return found ? decodeURIComponent(found[1]) : null;
  } catch {
    return found[1];
  }
}

/** One character for each byte, so that places in one are places in the other. */
function characters(data) {
  let text = "";
  for (let at = 0; at < data.length; at += 32_768) text += String.fromCharCode(...data.subarray(at, at + 32_768));
  return text;
}

const MOST = 200;
