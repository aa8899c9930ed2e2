"use strict";
// Sorting of tables, filtering of attempts, and drawing them where there are many. Text is only ever put in as text.
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
// A packed block of the page: base64, gzip, JSON.
const unpack = async (template) => {
  const bytes = Uint8Array.from(atob(template.content.textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).json();
};
const make = (tag, name, ...inside) => {
  const element = document.createElement(tag);
  if (name) element.className = name;
  element.append(...inside);
  return element;
};
// What opens below an attempt's head.
const drawBody = ([line, unscored, code, evidence, text]) => {
  const parts = [make("p", "faint", line)];
  if (unscored) parts.push(make("p", "reason", "not scored: " + unscored));
  const block = (title, inside) => parts.push(make("h4", "", title), make("pre", "", inside));
  if (code) block("code as judged", make("code", "", code));
  if (evidence) block("evidence", evidence);
  block("completion", text);
  return parts;
};
const draw = ([model, suite, problem, attempt, cause, mark, tokens], body) => {
  const dot = make("span", "mark " + mark);
  dot.setAttribute("aria-hidden", "true");
  const where = make("span", "where", suite + " / " + problem + " ", make("span", "faint", "#" + attempt));
  const cost = make("span", "faint cost", tokens === null ? "" : tokens + " tokens");
  const sample = make("details", "sample", make("summary", "", dot, where, make("span", "who", model), make("span", "how", cause), cost));
  sample.addEventListener("toggle", async () => sample.append(...drawBody(await body())), { once: true });
  return sample;
};
// Attempts that are markup already.
const plain = (sample) => ({ ...sample.dataset, text: () => sample.textContent, element: () => sample });
// Attempts that are drawn when they are to be seen; a block is unpacked once.
const packed = async (heads) => {
  const templates = [...document.querySelectorAll("template.block")];
  const blocks = new Map();
  const size = Number(heads.dataset.block);
  const body = async (n) => {
    const place = Math.floor(n / size);
    if (!blocks.has(place)) blocks.set(place, unpack(templates[place]));
    return (await blocks.get(place))[n % size];
  };
  return (await unpack(heads)).map((head, n) => {
    const [model, suite, , , cause] = head;
    let element;
    return {
      model, suite, cause,
      text: async () => head.join(" ") + " " + (await body(n)).join(" "),
      element: () => (element ??= draw(head, () => body(n))),
    };
  });
};
// What a mark of a chart says, at once and beside the pointer; without a script the browser shows it by itself.
const tip = make("div", "tip");
tip.hidden = true;
document.body.append(tip);
for (const title of document.querySelectorAll(".chart svg title")) {
  const mark = title.parentNode;
  mark.dataset.said = title.textContent;
  mark.setAttribute("aria-label", title.textContent);
  title.remove();
}
document.addEventListener("pointerover", (event) => {
  const mark = event.target.closest("[data-said]");
  tip.hidden = !mark;
  if (!mark) return;
  tip.textContent = mark.dataset.said;
  const inside = (at, size, room) => Math.max(4, Math.min(at + 14, room - size - 4));
  tip.style.left = inside(event.clientX, tip.offsetWidth, innerWidth) + "px";
  tip.style.top = inside(event.clientY, tip.offsetHeight, innerHeight) + "px";
});
const filter = document.getElementById("filter");
if (filter) {
  const STEP = 200;
  const list = document.querySelector(".samples");
  const more = document.getElementById("more");
  const shown = document.getElementById("shown");
  const heads = document.getElementById("heads");
  const samples = heads ? packed(heads) : Promise.resolve([...list.children].map(plain));
  const chosen = (id) => document.getElementById(id).value;
  let found = [];
  let limit = heads ? STEP : Infinity;
  const show = () => {
    list.replaceChildren(...found.slice(0, limit).map((sample) => sample.element()));
    if (more) more.hidden = found.length <= limit;
  };
  let turn = 0;
  const apply = async () => {
    const mine = ++turn;
    const all = await samples;
    const wanted = chosen("find").toLowerCase();
    const names = ["model", "suite", "cause"].map((name) => [name, chosen("by-" + name)]);
    const matching = [];
    for (const sample of all) {
      if (!names.every(([name, value]) => !value || sample[name] === value)) continue;
      if (wanted && !(await sample.text()).toLowerCase().includes(wanted)) continue;
      matching.push(sample);
    }
    // A later word was typed meanwhile.
    if (mine !== turn) return;
    found = matching;
    if (heads) limit = STEP;
    show();
    shown.textContent = found.length + " of " + all.length;
  };
  filter.addEventListener("input", apply);
  filter.addEventListener("submit", (event) => event.preventDefault());
  if (heads) {
    more.addEventListener("click", () => { limit += STEP; show(); });
    apply().catch((error) => list.replaceChildren(make("p", "reason", "The attempts could not be unpacked: " + error)));
  }
}
