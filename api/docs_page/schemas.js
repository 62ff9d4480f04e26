// What the document's types look like; everything from the document goes into the page as text, never as HTML.

let api = {};

export function useDocument(document) {
  api = document;
}

export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

// `code` in descriptions, and nothing else of Markdown.
export function prose(text) {
  const parts = String(text).split("`");
  return element("p", {}, ...parts.map((part, place) => (place % 2 ? element("code", {}, part) : part)));
}

export function resolved(node) {
  let found = node;
  while (found && found.$ref) {
    found = found.$ref.slice(2).split("/").reduce((at, key) => at?.[key], api);
  }
  return found ?? {};
}

function refName(node) {
  return node?.$ref?.split("/").pop();
}

export function typeOf(schema) {
  if (refName(schema)) return refName(schema);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return options.map(typeOf).join(" | ");
  if (schema.type === "array") return `array of ${typeOf(schema.items ?? {})}`;
  return [schema.type ?? "anything"].flat().join(" | ");
}

function limitsOf(schema) {
  const words = { minimum: "≥", maximum: "≤", minLength: "at least", maxLength: "at most", maxItems: "at most" };
  const unit = { minLength: " characters", maxLength: " characters", maxItems: " elements" };
  return Object.keys(words)
    .filter((key) => schema[key] !== undefined)
    .map((key) => `${words[key]} ${schema[key]}${unit[key] ?? ""}`)
    .join(", ");
}

function referred(schema, found = []) {
  const name = refName(schema);
  if (name) {
    if (!found.includes(name)) {
      found.push(name);
      referred(resolved(schema), found);
    }
    return found;
  }
  const inner = [...(schema.anyOf ?? schema.oneOf ?? []), ...Object.values(schema.properties ?? {})];
  if (schema.items) inner.push(schema.items);
  inner.forEach((each) => referred(each, found));
  return found;
}

function schemaTable(name) {
  const schema = resolved({ $ref: `#/components/schemas/${name}` });
  const rows = Object.entries(schema.properties ?? {}).map(([field, each]) =>
    element(
      "tr",
      {},
      element("td", {}, element("code", {}, field), schema.required?.includes(field) ? "" : " (optional)"),
      element("td", {}, typeOf(each)),
      element("td", {}, prose([limitsOf(each), each.description].filter(Boolean).join("; "))),
    ),
  );
  const about = (schema.description ?? "").split("\n")[0];
  return element(
    "details",
    {},
    element("summary", {}, element("code", {}, name), " ", element("span", { className: "faint" }, ...prose(about).childNodes)),
    element("table", {}, element("tbody", {}, ...rows)),
  );
}

export function schemasOf(medias) {
  const names = medias.flatMap((media) => referred(media.schema ?? {}));
  return [...new Set(names)].map(schemaTable);
}

// Indented, with arrays of plain values on one line; a string in JSON holds no line break that could be meant.
export function pretty(value) {
  return JSON.stringify(value, null, 2).replace(/\[\n[^[\]{}]*\n\s*\]/g, (array) => array.replace(/\n\s*/g, " ").replace("[ ", "[").replace(/ \]$/, "]"));
}

export function exampleOf(content) {
  const media = content?.["application/json"];
  if (!media) return "";
  const value = media.example ?? Object.values(media.examples ?? {})[0]?.value;
  return value === undefined ? "" : pretty(value);
}
