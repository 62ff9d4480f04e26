// Sends what is tried, and shows what came back and the same call by curl.

import { element, exampleOf, pretty } from "./schemas.js";

export function headersFor(kind) {
  const token = document.getElementById("token").value.trim();
  return { ...(kind ? { "Content-Type": kind } : {}), ...(token ? { Authorization: `Bearer ${token}` } : {}) };
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function curlOf(method, url, headers, body) {
  const words = ["curl", ...(method === "GET" ? [] : ["-X", method]), quoted(url)];
  for (const [name, value] of Object.entries(headers)) {
    words.push("-H", quoted(name === "Authorization" ? `${name}: Bearer $API_TOKEN` : `${name}: ${value}`));
  }
  if (body !== undefined) words.push("-d", quoted(body));
  return words.join(" ");
}

async function send(form, path, method, answer) {
  const route = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(form.elements[name].value));
  const url = new URL(route.slice(1), document.baseURI).href;
  const body = form.elements.body?.value;
  const headers = headersFor(body === undefined ? undefined : "application/json");
  answer.replaceChildren(element("p", { className: "faint" }, "waiting …"));
  try {
    const begun = performance.now();
    const response = await fetch(url, { method, headers, body });
    const text = await response.text();
    const milliseconds = performance.now() - begun;
    const kind = response.headers.get("content-type") ?? "";
    const shown = /json/.test(kind) ? pretty(JSON.parse(text)) : text;
    const id = response.headers.get("x-request-id");
    answer.replaceChildren(
      element(
        "p",
        {},
        element("span", { className: response.ok ? "status" : "status bad" }, `${response.status} ${response.statusText}`),
        element("span", { className: "faint" }, ` ${kind}, ${milliseconds.toFixed(1)} ms, request ${id}`),
      ),
      element("pre", {}, shown),
      element("h4", {}, "The same by curl"),
      element("pre", {}, curlOf(method, url, headers, body)),
    );
  } catch (error) {
    answer.replaceChildren(element("p", { className: "problem" }, `No answer: ${error.message}`));
  }
}

export function tryIt(path, method, operation, parameters) {
  const answer = element("div", { className: "answer" });
  const fields = parameters
    .filter((each) => each.in === "path")
    .map((each) =>
      element(
        "label",
        { className: "row" },
        element("code", {}, each.name),
        element("input", { name: each.name, value: each.example ?? "", required: true, spellcheck: false }),
      ),
    );
  const body = operation.requestBody
    ? element("textarea", { name: "body", value: exampleOf(operation.requestBody.content), spellcheck: false, ariaLabel: "body" })
    : null;
  const button = element("button", { type: "submit", className: "send" }, "Send");
  const form = element("form", {}, ...fields, body, element("div", { className: "row" }, button));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form, path, method.toUpperCase(), answer);
  });
  return element("div", {}, element("h4", {}, "Try it"), form, answer);
}
