"use strict";
// Sorting of tables and filtering of attempts. It only moves and hides what is already on the page.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows].map((row) => {
        const cell = row.cells[column];
        const given = cell.dataset.sort;
        return { row, key: given === undefined ? cell.textContent : given === "" ? null : Number(given) };
      });
      // What was not measured stays last in both directions.
      rows.sort((a, b) => {
        if (a.key === null || b.key === null) return (a.key === null) - (b.key === null);
        const order = typeof a.key === "number" ? a.key - b.key : a.key.localeCompare(b.key);
        return down ? -order : order;
      });
      body.append(...rows.map((entry) => entry.row));
    });
  });
}
const filter = document.getElementById("filter");
if (filter) {
  const samples = [...document.querySelectorAll(".sample")];
  const chosen = (id) => document.getElementById(id).value;
  const apply = () => {
    const wanted = chosen("find").toLowerCase();
    let shown = 0;
    for (const sample of samples) {
      const matches =
        ["model", "suite", "cause"].every((name) => !chosen("by-" + name) || sample.dataset[name] === chosen("by-" + name)) &&
        (!wanted || sample.textContent.toLowerCase().includes(wanted));
      sample.hidden = !matches;
      shown += matches;
    }
    document.getElementById("shown").textContent = shown + " of " + samples.length;
  };
  filter.addEventListener("input", apply);
  filter.addEventListener("submit", (event) => event.preventDefault());
}
