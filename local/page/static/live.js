// Keeps what changes as the server sends it: tables row by row, figures, the list of alerts. Text is set as text only.

import { onceVisible } from "./stream.js";

const SVG = "http://www.w3.org/2000/svg";
const FEW = 4; // rows that light up as they come; many at once would only cost

function fill(td, cell) {
  const said = JSON.stringify(cell);
  if (td.dataset.said === said) return;
  td.dataset.said = said;
  const { t: text, c: look = "", h: link = "", b: badge = "", p: points = "" } = cell;
  td.className = [look, td.dataset.look].filter(Boolean).join(" ");
  if (points) {
    let line = td.querySelector("polyline");
    if (!line) {
      const svg = document.createElementNS(SVG, "svg");
      svg.setAttribute("class", "spark");
      svg.setAttribute("viewBox", "0 0 96 20");
      svg.setAttribute("preserveAspectRatio", "none");
      svg.setAttribute("aria-hidden", "true");
      line = document.createElementNS(SVG, "polyline");
      svg.append(line);
      td.replaceChildren(svg);
    }
    line.setAttribute("points", points);
    return;
  }
  let target = td;
  if (link) {
    target = td.querySelector("a");
    if (!target) {
      target = document.createElement("a");
      if (td.cellIndex === 0) target.className = "row";
      td.replaceChildren(target);
    }
    target.setAttribute("href", link);
  } else if (badge) {
    target = td.querySelector("span");
    if (!target) {
      target = document.createElement("span");
      td.replaceChildren(target);
    }
    target.className = badge;
  }
  if (target.textContent !== text) target.textContent = text;
}

function looks(table) {
  return [...table.tHead.rows[0].cells].map((th) => th.className.split(" ").filter((name) => name !== "nowrap").join(" "));
}

function makeRow(row, columns) {
  const tr = document.createElement("tr");
  tr.dataset.key = row.k;
  for (const look of columns) {
    const td = document.createElement("td");
    td.dataset.look = look;
    tr.append(td);
  }
  return tr;
}

function write(tr, row) {
  row.c.forEach((cell, place) => fill(tr.cells[place], cell));
}

function byKey(body) {
  return new Map([...body.rows].filter((tr) => tr.dataset.key !== undefined).map((tr) => [tr.dataset.key, tr]));
}

function showEmpty(table) {
  const empty = document.querySelector(`[data-empty="${table.dataset.live}"]`);
  if (empty) empty.hidden = table.tBodies[0].rows.length > 0;
}

/** Make a table's rows those sent, in their order; rows that stay keep their elements and so their focus. */
export function setRows(table, rows) {
  const body = table.tBodies[0], columns = looks(table), held = byKey(body);
  let before = body.firstElementChild;
  for (const row of rows) {
    let tr = held.get(row.k);
    held.delete(row.k);
    if (!tr) tr = makeRow(row, columns);
    write(tr, row);
    if (tr === before) before = before.nextElementSibling;
    else body.insertBefore(tr, before);
  }
  for (const tr of held.values()) tr.remove();
  sift(table);
  showEmpty(table);
}

/** Put changed alerts where they belong: known ones are rewritten in place, new ones go on top. */
export function addRows(table, rows, most) {
  const body = table.tBodies[0], columns = looks(table), held = byKey(body);
  const fresh = document.createDocumentFragment();
  for (const row of rows) {
    const known = held.get(row.k);
    const tr = known ?? makeRow(row, columns);
    write(tr, row);
    if (known) continue;
    if (rows.length <= FEW) tr.classList.add("fresh");
    fresh.append(tr);
  }
  body.prepend(fresh);
  while (body.rows.length > most) body.lastElementChild.remove();
  showEmpty(table);
}

function sift(table) {
  const box = document.querySelector(`input[data-sift="${table.dataset.live}"]`);
  if (!box) return;
  const wanted = box.value.trim().toLowerCase();
  for (const tr of table.tBodies[0].rows) tr.hidden = !tr.cells[0].textContent.toLowerCase().startsWith(wanted);
}
for (const box of document.querySelectorAll("input[data-sift]")) {
  box.addEventListener("input", () => sift(document.querySelector(`table[data-live="${box.dataset.sift}"]`)));
}

function figures(now) {
  for (const [name, text] of Object.entries(now.figures)) {
    for (const element of document.querySelectorAll(`[data-figure="${name}"]`)) {
      if (element.textContent !== text) element.textContent = text;
      element.className = now.looks[name] ?? "";
    }
  }
}

const place = document.querySelector("[data-stream]");
const list = document.querySelector("table[data-live-list]");
const pause = document.querySelector("button[data-pause]");
let held = [];
if (pause) {
  pause.addEventListener("click", () => {
    const paused = pause.getAttribute("aria-pressed") !== "true";
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? "Resume" : "Pause";
    if (!paused) {
      addRows(list, held, Number(list.dataset.most));
      held = [];
    }
  });
}

onceVisible(place.dataset.stream, {
  now(now) {
    for (const [name, rows] of Object.entries(now.tables)) {
      const table = document.querySelector(`table[data-live="${name}"]`);
      if (table) setRows(table, rows);
    }
    figures(now);
  },
  alerts(news) {
    if (!list) return;
    figures({ figures: { total: news.total }, looks: {} });
    if (pause?.getAttribute("aria-pressed") === "true") {
      const keys = new Set(news.rows.map((row) => row.k));
      held = [...news.rows, ...held.filter((row) => !keys.has(row.k))].slice(0, Number(list.dataset.most));
      pause.textContent = `Resume (${held.length})`;
    } else {
      addRows(list, news.rows, Number(list.dataset.most));
    }
  },
  another: () => location.reload(),
});
