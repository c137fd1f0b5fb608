"use strict";
// The page is whole without this: it only adds sorting to tables, and a filter to the long ones.
// On a phone rows are blocks; where a browser would forget then that they are rows, their roles still say so.
for (const table of document.querySelectorAll("table.stacked")) {
  table.setAttribute("role", "table");
  for (const [what, role] of Object.entries({ "thead, tbody": "rowgroup", tr: "row", td: "cell", "thead th": "columnheader", "tbody th": "rowheader" }))
    for (const one of table.querySelectorAll(what)) one.setAttribute("role", role);
}
const rowsOf = (table) => [...table.tBodies].flatMap((body) => [...body.rows]);
for (const table of document.querySelectorAll("table.sortable")) {
  const homes = rowsOf(table).map((row) => [row, row.parentElement]);
  const original = homes.map(([row]) => row).filter((row) => !row.matches(".kind-row"));
  table.querySelectorAll("th[data-sort]").forEach((head) => {
    const column = head.cellIndex;
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-label", "Sort by " + head.firstChild.textContent.trim());
    head.firstChild.after(button);
    button.addEventListener("click", () => {
      const next = { descending: "ascending", ascending: "none" }[head.ariaSort] || "descending";
      table.querySelectorAll("th[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
      if (next !== "none") head.setAttribute("aria-sort", next);
      const value = (row) => row.cells[column].dataset.value;
      const sign = next === "ascending" ? 1 : -1;
      const order = (a, b) => (value(a) === "") - (value(b) === "") || sign * (value(a) - value(b));
      if (next === "none") for (const [row, home] of homes) home.append(row);
      else table.tBodies[0].append(...[...original].sort(order));
      table.classList.toggle("sorted", next !== "none");
    });
  });
}
for (const table of document.querySelectorAll("table.filtered")) {
  const label = document.createElement("label");
  label.className = "filter";
  const input = document.createElement("input");
  input.type = "search";
  label.append("Show only ", input);
  table.parentElement.before(label);
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    for (const row of rowsOf(table)) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });
}
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => (one.open = true)));
