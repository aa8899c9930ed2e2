"use strict";
// Sorting of tables, filtering of attempts, drawing them where there are many, and putting one beside another. Text is only
// ever put in as text.
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
const draw = ([model, suite, problem, attempt, cause, mark, tokens]) => {
  const dot = make("span", "mark " + mark);
  dot.setAttribute("aria-hidden", "true");
  const where = make("span", "where", suite + " / " + problem + " ", make("span", "faint", "#" + attempt));
  const cost = make("span", "faint cost", tokens === null ? "" : tokens + " tokens");
  return make("details", "sample", make("summary", "", dot, where, make("span", "who", model), make("span", "how", cause), cost));
};
// Attempts that are markup already.
const plain = (element) => ({
  ...element.dataset,
  text: () => [...element.children].filter((part) => !part.matches(".task, .beside")).map((part) => part.textContent).join(" "),
  answer: () => ({
    code: element.querySelector(":scope > pre > code")?.textContent,
    text: element.querySelector(":scope > pre:last-of-type").textContent,
  }),
  element: () => element,
  fill: () => {},
});
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
    const [model, suite, problem, attempt, cause] = head;
    let element;
    return {
      model, suite, problem, cause,
      attempt: String(attempt),
      text: async () => head.join(" ") + " " + (await body(n)).join(" "),
      answer: async () => {
        const [, , code, , text] = await body(n);
        return { code, text };
      },
      element: () => (element ??= draw(head)),
      fill: async () => element.append(...drawBody(await body(n))),
    };
  });
};
// Longest table of a comparison, in pairs of lines: beyond it a browser would think for seconds.
const MOST_PAIRS = 4e6;
// Two texts line by line, each line with its sign, by their longest common subsequence.
const compareLines = (mine, other) => {
  const [a, b] = [mine, other].map((text) => (text === "" ? [] : text.replace(/\n$/, "").split("\n")));
  let head = 0;
  while (head < Math.min(a.length, b.length) && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < Math.min(a.length, b.length) - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  const [n, m] = [a.length - head - tail, b.length - head - tail];
  const isShort = n * m <= MOST_PAIRS;
  // At i, j: how many lines the rests of both have in common.
  const common = new Uint32Array(isShort ? (n + 1) * (m + 1) : 0);
  const at = (i, j) => i * (m + 1) + j;
  const isSame = (i, j) => a[head + i] === b[head + j];
  for (let i = n - 1; isShort && i >= 0; i--) {
    for (let j = m - 1; j >= 0; j--) {
      common[at(i, j)] = isSame(i, j) ? common[at(i + 1, j + 1)] + 1 : Math.max(common[at(i + 1, j)], common[at(i, j + 1)]);
    }
  }
  const same = (line) => [" ", line];
  const lines = a.slice(0, head).map(same);
  for (let i = 0, j = 0; i < n || j < m; ) {
    if (isShort && i < n && j < m && isSame(i, j)) lines.push(same(a[head + i++])), j++;
    else if (i < n && (j === m || !isShort || common[at(i + 1, j)] >= common[at(i, j + 1)])) lines.push(["-", a[head + i++]]);
    else lines.push(["+", b[head + j++]]);
  }
  return lines.concat(a.slice(a.length - tail).map(same));
};
const TAGS = { "-": "del", "+": "ins", " ": "span" };
const drawDifference = (sample, mine, other, theirs) => {
  const what = mine.code && theirs.code ? "code" : "text";
  const name = (of) => of.model + " #" + of.attempt;
  const title = (what === "code" ? "code as judged" : "completion") + ": − " + name(sample) + ", + " + name(other);
  const lines = compareLines(mine[what], theirs[what]);
  const count = (sign) => lines.filter((line) => line[0] === sign).length;
  const counts = "lines only in the first: " + count("-") + ", only in the second: " + count("+") + ", in both: " + count(" ");
  const diff = make("pre", "diff", ...lines.map(([sign, line]) => make(TAGS[sign], "", sign + " " + line)));
  return [make("h4", "", title), make("p", "faint", counts), diff];
};
// Lets one put an attempt beside another at the same problem.
const beside = (sample) => {
  const others = sample.rivals.filter((other) => other !== sample);
  const isNext = (other) => other.model !== sample.model && other.attempt === sample.attempt;
  others.sort((a, b) => isNext(b) - isNext(a));
  const choice = make("select", "", new Option("nothing", ""));
  others.forEach((other, n) => choice.append(new Option(other.model + " #" + other.attempt + " · " + other.cause, n)));
  const place = make("div");
  choice.addEventListener("change", async () => {
    const asked = choice.value;
    place.replaceChildren();
    if (asked === "") return;
    const other = others[asked];
    const answers = await Promise.all([sample.answer(), other.answer()]);
    // Another one was chosen meanwhile.
    if (choice.value === asked) place.replaceChildren(...drawDifference(sample, answers[0], other, answers[1]));
  });
  return make("div", "beside", make("label", "", "put beside ", choice), place);
};
// What was asked, each text once in the page; unpacked when the first attempt is opened.
const problemOf = ({ suite, problem }) => JSON.stringify([suite, problem]);
let tasks;
const taskOf = async (sample) => {
  const packed = document.getElementById("tasks");
  if (!packed) return undefined;
  tasks ??= unpack(packed).then((all) => new Map(all.map(([suite, problem, text]) => [problemOf({ suite, problem }), text])));
  return (await tasks).get(problemOf(sample));
};
// Tells each attempt which others there are at its problem.
const grouped = (all) => {
  const groups = new Map();
  for (const sample of all) {
    const key = problemOf(sample);
    if (!groups.has(key)) groups.set(key, []);
    sample.rivals = groups.get(key);
    sample.rivals.push(sample);
  }
  return all;
};
// What opens below an attempt's head is put there when it is opened.
const watched = new WeakSet();
const watch = (sample) => {
  const element = sample.element();
  if (watched.has(element)) return element;
  watched.add(element);
  const open = async () => {
    const [task] = await Promise.all([taskOf(sample), sample.fill()]);
    const above = [];
    if (task) above.push(make("div", "task", make("h4", "", "task, before wording and template"), make("pre", "", task)));
    if (sample.rivals.length > 1) above.push(beside(sample));
    element.querySelector("p").after(...above);
  };
  element.addEventListener("toggle", open, { once: true });
  return element;
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
  const samples = (heads ? packed(heads) : Promise.resolve([...list.children].map(plain))).then(grouped);
  if (!heads) samples.then((all) => all.forEach(watch));
  const chosen = (id) => document.getElementById(id).value;
  let found = [];
  let limit = heads ? STEP : Infinity;
  const show = () => {
    list.replaceChildren(...found.slice(0, limit).map(watch));
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
