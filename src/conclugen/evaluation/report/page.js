"use strict";
// Tables that sort by a click on a heading and show the rows that a filter names. Without scripts they are plain tables.

function sortable(table) {
  const body = table.tBodies[0];
  const first = [...body.rows];
  const headings = [...table.tHead.rows[0].cells];
  const value = (row, column) => {
    const cell = row.cells[column];
    const key = cell.dataset.sort ?? cell.textContent.trim();
    const number = Number(key);
    return key === "" || key === "nan" ? null : Number.isNaN(number) ? key.toLowerCase() : number;
  };
  const order = (a, b) => (typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : typeof a === "number" ? -1 : 1);
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.append(...heading.childNodes);
    heading.append(button);
    heading.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => {
      const next = { none: "descending", descending: "ascending", ascending: "none" }[heading.getAttribute("aria-sort")];
      headings.forEach((one) => one.setAttribute("aria-sort", "none"));
      heading.setAttribute("aria-sort", next);
      const sign = next === "descending" ? -1 : 1;
      const known = first.filter((row) => value(row, column) !== null);
      const rest = first.filter((row) => value(row, column) === null); // what has no value stays below
      known.sort((a, b) => sign * order(value(a, column), value(b, column)));
      body.append(...(next === "none" ? first : [...known, ...rest]));
    });
  });
}

function filtered(tools) {
  const rows = [...document.getElementById(tools.dataset.for).tBodies[0].rows];
  const search = tools.querySelector("input[type=search]");
  const ticks = [...tools.querySelectorAll("input[type=checkbox]")];
  const output = tools.querySelector("output");
  const show = () => {
    const wanted = search.value.trim().toLowerCase();
    const kinds = new Set(ticks.filter((tick) => tick.checked).map((tick) => tick.value));
    for (const row of rows) {
      const named = row.textContent.toLowerCase().includes(wanted);
      row.hidden = !named || (ticks.length > 0 && !kinds.has(row.dataset.kind));
    }
    const shown = rows.filter((row) => !row.hidden).length;
    output.textContent = shown === rows.length ? `${rows.length} rows` : `${shown} of ${rows.length} rows`;
  };
  tools.addEventListener("input", show);
  tools.hidden = false;
  show();
}

document.querySelectorAll("table.sortable").forEach(sortable);
document.querySelectorAll(".tools").forEach(filtered);
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
