// The mirror: what is common to every framework.

/** What was seen, as JSON. `headers` are pairs, `body` bytes. */
export const seen = ({ method, url, headers, body, basePath }) => {
  const at = url.indexOf('?');
  return JSON.stringify({
    method,
    path: at < 0 ? url : url.slice(0, at),
    query: at < 0 ? null : url.slice(at + 1),
    headers,
    body_base64: Buffer.from(body).toString('base64'),
    base_path: basePath ?? null,
  });
};

/** The plan in a body. */
export const plan = (body) => {
  const plan = JSON.parse(Buffer.from(body).toString());
  if (plan.panic) throw new Error('the plan says panic');
  return { ...plan, body: Buffer.from(plan.body_base64, 'base64') };
};

export const isPlan = (url) => url.split('?')[0].endsWith('/__respond');

/** Pairs of Node's flat list. */
export const pairs = (raw) => raw.flatMap((name, at) => (at % 2 ? [] : [[name.toLowerCase(), text(raw[at + 1])]]));

/** Pairs of an object whose values are strings or lists. */
export const entries = (headers) =>
  Object.entries(headers).flatMap(([name, value]) => [value].flat().map((value) => [name.toLowerCase(), text(value)]));

/** Headers of an answer, those that come twice as lists. */
export const grouped = (headers) => {
  const groups = {};
  for (const [name, value] of headers) (groups[name] ??= []).push(value);
  return Object.entries(groups).map(([name, values]) => [name, values.length > 1 ? values : values[0]]);
};

/** Node has a character for each byte; adapters may have text. */
const text = (value) => {
  const bytes = Buffer.from(String(value), 'latin1');
  const read = bytes.toString('utf8');
  return bytes.toString('latin1') === String(value) && !read.includes('\ufffd') ? read : String(value);
};
