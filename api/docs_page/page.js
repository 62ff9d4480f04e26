// Draws the page from openapi.json.

import { element, prose, resolved, schemasOf, typeOf, useDocument } from "./schemas.js";
import { headersFor, tryIt } from "./try.js";

const METHODS = ["get", "post", "put", "patch", "delete"];

function responsesTable(operation) {
  const rows = Object.entries(operation.responses).map(([status, response]) => {
    const kinds = Object.entries(resolved(response).content ?? {});
    const shown = kinds.map(([kind, media]) => `${kind}${media.schema ? `: ${typeOf(media.schema)}` : ""}`);
    return element(
      "tr",
      {},
      element("td", {}, element("code", {}, status)),
      element("td", {}, prose(resolved(response).description)),
      element("td", { className: "faint" }, shown.join(", ")),
    );
  });
  return element("table", {}, element("tbody", {}, ...rows));
}

function operationCard(path, method, operation, shared) {
  const parameters = [...shared, ...(operation.parameters ?? [])].map(resolved);
  const rows = parameters.map((each) =>
    element(
      "tr",
      {},
      element("td", {}, element("code", {}, each.name), ` in ${each.in}${each.required ? "" : ", optional"}`),
      element("td", {}, typeOf(each.schema ?? {})),
      element("td", {}, each.description ?? ""),
    ),
  );
  const told = [operation.requestBody, ...Object.values(operation.responses)];
  const types = schemasOf(told.flatMap((each) => Object.values(resolved(each).content ?? {})));
  return element(
    "details",
    { className: "operation", id: operation.operationId },
    element(
      "summary",
      {},
      element("span", { className: `method ${method}` }, method.toUpperCase()),
      element("span", { className: "path" }, path),
      element("span", { className: "faint" }, operation.summary ?? ""),
    ),
    element(
      "div",
      {},
      operation.description ? prose(operation.description) : null,
      rows.length ? element("h4", {}, "Parameters") : null,
      rows.length ? element("table", {}, element("tbody", {}, ...rows)) : null,
      tryIt(path, method, operation, parameters),
      element("h4", {}, "Answers"),
      responsesTable(operation),
      types.length ? element("h4", {}, "Types") : null,
      ...types,
    ),
  );
}

function draw(api) {
  document.getElementById("title").replaceChildren(`${api.info.title} `, element("small", {}, `${api.info.version}, OpenAPI ${api.openapi}`));
  document.getElementById("about").replaceChildren(...prose(api.info.description).childNodes);
  const contents = [];
  const sections = [];
  for (const tag of api.tags) {
    const cards = Object.entries(api.paths).flatMap(([path, item]) =>
      METHODS.filter((method) => item[method]?.tags.includes(tag.name)).map((method) => [path, method, item]),
    );
    if (!cards.length) continue;
    sections.push(element("h2", {}, tag.name), prose(tag.description));
    contents.push(element("h3", {}, tag.name));
    for (const [path, method, item] of cards) {
      sections.push(operationCard(path, method, item[method], item.parameters ?? []));
      contents.push(element("a", { href: `#${item[method].operationId}` }, path));
    }
  }
  document.getElementById("contents").replaceChildren(...contents);
  document.getElementById("operations").replaceChildren(...sections);
  openNamed();
}

function openNamed() {
  const named = document.getElementById(location.hash.slice(1) || "predict");
  if (named?.tagName === "DETAILS") named.open = true;
  if (location.hash) named?.scrollIntoView();
}

async function read() {
  const about = document.getElementById("about");
  about.className = "";
  try {
    const response = await fetch(new URL("openapi.json", document.baseURI), { headers: headersFor() });
    if (response.status === 401) {
      about.textContent = "This API asks for a token: type it in and press Use.";
      about.className = "problem";
      return;
    }
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    const api = await response.json();
    useDocument(api);
    draw(api);
  } catch (error) {
    about.textContent = `The document could not be read: ${error.message}`;
    about.className = "problem";
  }
}

document.getElementById("access").addEventListener("submit", (event) => {
  event.preventDefault();
  read();
});
window.addEventListener("hashchange", openNamed);
read();
