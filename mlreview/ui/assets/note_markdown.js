// Markdown to DOM nodes. A note is hostile until shown otherwise, so this file knows no way from a note's text to
// markup: elements are made by name, texts are text nodes, addresses are checked, images are links and never loaded.
// CommonMark and GitHub's tables, task lists, strikethrough and bare addresses; HTML in a note is shown as text.

const MAX_NESTING = 12;
const SAFE_SCHEMES = new Set(["http:", "https:", "mailto:"]);
const ESCAPABLE = /[!-/:-@[-`{-~]/;
const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0", ndash: "–", mdash: "—", times: "×", hellip: "…" };
const FENCE = /^ {0,3}(`{3,}|~{3,})[ \t]*([^`]*)$/;
const HEADING = /^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$/;
const RULE = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])( +(?=\S)|[ \t]*$)/;
const TABLE_RULE = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;
const DEFINITION = /^ {0,3}\[([^\]\\]{1,200})\]:[ \t]*(\S+)(?:[ \t]+(?:"[^"]*"|'[^']*'|\([^)]*\)))?[ \t]*$/;

function element(name, children = [], attributes = {}) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Only the web and mail; an address of this page (`#…`) and relative ones lead nowhere from a note. */
function safeAddress(address) {
  // Browsers drop tabs and line ends inside an address, so they are dropped before it is judged.
  const bare = address.replace(/[\u0000-\u0020\u007f]/g, "");
  try {
    const url = new URL(bare);
    return SAFE_SCHEMES.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** The id of the run that an address leads to, or null: MLflow's own addresses, `run:<id>`, this dashboard's. */
function runOf(address) {
  const found = /^runs?:\/?([0-9a-f]{32})$/.exec(address) || /\/runs\/([0-9a-f]{32})(?![0-9a-zA-Z])/.exec(address)
    || /(?:\/|^)(?:run\?(?:.*&)?run|notes\?(?:.*&)?note)=([0-9a-f]{32})(?:&|$)/.exec(address);
  return found ? found[1] : null;
}

/** Put the rendered note into `target`. `context`: `runs` (what is known of runs, by id) and `open` (called with one). */
function renderMarkdown(target, source, context = {}) {
  const lines = source.replace(/\r\n?/g, "\n").split("\n");
  const definitions = new Map();
  let fence = null;
  const kept = lines.filter((line) => {
    const mark = FENCE.exec(line);
    if (mark && (!fence || (line.trim() === mark[1] && mark[1].startsWith(fence)))) fence = fence ? null : mark[1];
    const found = fence ? null : DEFINITION.exec(line);
    if (!found) return true;
    const label = found[1].trim().toLowerCase();
    if (!definitions.has(label)) definitions.set(label, found[2].replace(/^<|>$/g, ""));
    return false;
  });
  target.replaceChildren(...blocks(kept, { runs: {}, open: null, ...context, definitions }, 0));
}

function blocks(lines, context, depth) {
  const made = [];
  let paragraph = [];
  const flush = () => {
    if (paragraph.length) made.push(element("p", inline(paragraph.join("\n"), context)));
    paragraph = [];
  };
  const deeper = depth < MAX_NESTING;
  for (let at = 0; at < lines.length; ) {
    const line = lines[at].replace(/^[ \t]+/, (blank) => blank.replace(/\t/g, "    "));
    let found;
    if (!line.trim()) {
      flush();
      at += 1;
    } else if (/^ {0,3}<!--/.test(line)) {
      flush(); // a comment is for whoever edits the note; what follows it on its last line is text
      let end = at;
      while (end < lines.length && !lines[end].includes("-->")) end += 1;
      if (end === lines.length) return made;
      const rest = lines[end].slice(lines[end].indexOf("-->", end === at ? line.indexOf("<!--") + 2 : 0) + 3);
      at = end + 1;
      if (rest.trim()) paragraph.push(rest.trim());
    } else if (!paragraph.length && /^ {4}/.test(line)) {
      const code = [];
      for (; at < lines.length && (/^( {4}|\t)/.test(lines[at]) || !lines[at].trim()); at += 1) code.push(lines[at].replace(/^( {4}|\t)/, ""));
      made.push(codeBlock(code.join("\n").trimEnd()));
    } else if ((found = FENCE.exec(line))) {
      flush();
      const [, mark] = found;
      const code = [];
      const ends = new RegExp(`^ {0,3}\\${mark[0]}{${mark.length},}[ \\t]*$`);
      for (at += 1; at < lines.length && !ends.test(lines[at]); at += 1) code.push(lines[at]);
      at += 1;
      made.push(codeBlock(code.join("\n")));
    } else if ((found = HEADING.exec(line))) {
      flush();
      made.push(element(`h${found[1].length}`, inline(found[2] || "", context)));
      at += 1;
    } else if (paragraph.length && /^ {0,3}(=+|-+)[ \t]*$/.test(line)) {
      made.push(element(line.trim()[0] === "=" ? "h1" : "h2", inline(paragraph.join("\n"), context)));
      paragraph = [];
      at += 1;
    } else if (RULE.test(line)) {
      flush();
      made.push(element("hr"));
      at += 1;
    } else if (deeper && QUOTE.test(line)) {
      flush();
      const inside = [];
      for (; at < lines.length && lines[at].trim() && (QUOTE.test(lines[at]) || !startsBlock(lines[at])); at += 1) inside.push(lines[at].replace(QUOTE, ""));
      made.push(element("blockquote", blocks(inside, context, depth + 1)));
    } else if (deeper && (found = ITEM.exec(line)) && (!paragraph.length || (found[3] && /^([-*+]|1[.)])$/.test(found[2]) && line.trim() !== found[2]))) {
      flush();
      const [list, next] = listFrom(lines, at, context, depth);
      made.push(list);
      at = next;
    } else if (!paragraph.length && line.includes("|") && at + 1 < lines.length && TABLE_RULE.test(lines[at + 1]) && cells(line).length === cells(lines[at + 1]).length) {
      const [table, next] = tableFrom(lines, at, context);
      made.push(table);
      at = next;
    } else {
      paragraph.push(line.replace(/^ +/, ""));
      at += 1;
    }
  }
  flush();
  return made;
}

function startsBlock(line) {
  return /^ {0,3}<!--/.test(line) || FENCE.test(line) || HEADING.test(line) || RULE.test(line) || QUOTE.test(line) || ITEM.test(line);
}

function codeBlock(text) {
  return element("pre", [element("code", [text])], { tabindex: "0" });
}

function listFrom(lines, start, context, depth) {
  const first = ITEM.exec(lines[start].replace(/\t/g, "    "));
  const kind = /\d/.test(first[2]) ? first[2].slice(-1) : first[2];
  const items = [];
  let loose = false;
  let at = start;
  while (at < lines.length) {
    const line = lines[at].replace(/^[ \t]+/, (blank) => blank.replace(/\t/g, "    "));
    const found = ITEM.exec(line);
    if (!found || (/\d/.test(found[2]) ? found[2].slice(-1) : found[2]) !== kind || RULE.test(line)) break;
    const spaces = found[3].length > 4 || !found[3].trim() && line.trim() === found[2] ? 1 : found[3].length;
    const indent = found[1].length + found[2].length + spaces;
    const inside = [line.slice(Math.min(indent, line.length))];
    let blank = false;
    for (at += 1; at < lines.length; at += 1) {
      const next = lines[at].replace(/^[ \t]+/, (space) => space.replace(/\t/g, "    "));
      if (!next.trim()) {
        blank = true;
        inside.push("");
      } else if (next.startsWith(" ".repeat(indent))) {
        if (blank) loose = true;
        blank = false;
        inside.push(next.slice(indent));
      } else if (!blank && !startsBlock(next)) {
        inside.push(next.trimStart()); // a lazy line goes on with the paragraph
      } else break;
    }
    if (blank && at < lines.length && ITEM.test(lines[at])) loose = true;
    items.push(inside);
  }
  const made = items.map((inside) => {
    const task = /^\[([ xX])\][ \t]+/.exec(inside[0]);
    if (task) inside[0] = inside[0].slice(task[0].length);
    let children = blocks(inside, context, depth + 1);
    if (!loose) children = children.flatMap((child) => (child.tagName === "P" ? [...child.childNodes] : [child]));
    if (!task) return element("li", children);
    const box = element("input", [], { type: "checkbox", disabled: "", "aria-label": task[1] === " " ? "to do" : "done" });
    box.checked = task[1] !== " ";
    return element("li", [box, " ", ...children], { class: "task" });
  });
  const number = parseInt(first[2], 10);
  const list = element(/\d/.test(first[2]) ? "ol" : "ul", made);
  if (number > 1) list.setAttribute("start", String(number));
  return [list, at];
}

function cells(line) {
  const found = [];
  let cell = "";
  for (let at = 0; at < line.length; at += 1) {
    if (line[at] === "\\" && line[at + 1] === "|") {
      cell += "|";
      at += 1;
    } else if (line[at] === "|") {
      found.push(cell);
      cell = "";
    } else cell += line[at];
  }
  found.push(cell);
  if (!found[0].trim()) found.shift();
  if (found.length && !found[found.length - 1].trim()) found.pop();
  return found.map((text) => text.trim());
}

function tableFrom(lines, start, context) {
  const sides = cells(lines[start + 1]).map((rule) => (rule.endsWith(":") ? (rule.startsWith(":") ? "center" : "right") : "left"));
  const row = (line, name) => {
    const texts = cells(line);
    return element("tr", sides.map((side, at) => element(name, inline(texts[at] || "", context), { class: side })));
  };
  const rows = [];
  let at = start + 2;
  for (; at < lines.length && lines[at].trim() && !startsBlock(lines[at]); at += 1) rows.push(row(lines[at], "td"));
  const table = element("table", [element("thead", [row(lines[start], "th")]), element("tbody", rows)]);
  return [element("div", [table], { class: "table", tabindex: "0" }), at];
}

/** One paragraph's text as nodes. `items` are strings, nodes, and runs of `*`, `_` or `~` that may become emphasis. */
function inline(text, context) {
  const items = [];
  const brackets = [];
  const unclosed = new Set();
  let plain = "";
  const push = (item) => {
    if (plain) items.push(plain);
    plain = "";
    if (item !== undefined) items.push(item);
  };
  for (let at = 0; at < text.length; ) {
    const sign = text[at];
    let found;
    if (sign === "\\" && at + 1 < text.length && (ESCAPABLE.test(text[at + 1]) || text[at + 1] === "\n")) {
      if (text[at + 1] === "\n") push(element("br"));
      else plain += text[at + 1];
      at += 2;
    } else if (sign === "\n") {
      if (/ {2,}$/.test(plain)) {
        plain = plain.trimEnd();
        push(element("br"));
      } else plain = `${plain.trimEnd()}\n`;
      at += 1;
    } else if (sign === "`") {
      const run = /^`+/.exec(text.slice(at, at + 200))[0];
      const end = unclosed.has(run.length) ? -1 : closing(text, at + run.length, run.length);
      if (end < 0) {
        unclosed.add(run.length);
        plain += run;
        at += run.length;
      } else {
        const code = text.slice(at + run.length, end).replace(/\n/g, " ");
        push(element("code", [/^ .*[^ ].* $/.test(code) ? code.slice(1, -1) : code]));
        at = end + run.length;
      }
    } else if (sign === "*" || sign === "_" || sign === "~") {
      let end = at;
      while (text[end] === sign) end += 1;
      push(delimiter(text, at, end));
      at = end;
    } else if (sign === "[" || (sign === "!" && text[at + 1] === "[")) {
      const opened = sign === "[" ? "[" : "![";
      push(opened);
      brackets.push({ at: items.length - 1, image: opened === "![", active: true, from: at + opened.length });
      at += opened.length;
    } else if (sign === "]" && brackets.length) {
      const bracket = brackets.pop();
      const target = bracket.active ? destination(text, at + 1, text.slice(bracket.from, at), context) : null;
      if (!target) {
        plain += "]";
        at += 1;
        continue;
      }
      push();
      const inside = emphasis(items.splice(bracket.at + 1));
      items[bracket.at] = bracket.image ? picture(target.address, inside) : link(target.address, inside, context);
      if (!bracket.image) for (const other of brackets) if (!other.image) other.active = false;
      at = target.end;
    } else if (sign === "<" && (found = /^<([a-zA-Z][a-zA-Z0-9+.-]{1,31}:[^\s<>]*)>/.exec(text.slice(at, at + 2000)))) {
      push(link(found[1], [found[1]], context));
      at += found[0].length;
    } else if (sign === "<" && text.startsWith("<!--", at) && text.indexOf("-->", at + 4) > 0) {
      at = text.indexOf("-->", at + 4) + 3; // a comment is for whoever edits the note
    } else if (sign === "h" && !/[\p{L}\p{N}]/u.test(text[at - 1] || " ") && (found = /^https?:\/\/[^\s<>|]+/.exec(text.slice(at, at + 2000)))) {
      let address = found[0].replace(/[?!.,:;*_~'"\]]+$/, "");
      while (address.endsWith(")") && address.split(")").length > address.split("(").length) address = address.slice(0, -1);
      push(link(address, [address], context));
      at += address.length;
    } else if (sign === "&" && (found = /^&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z]{2,8}));/.exec(text.slice(at, at + 12)))) {
      const code = found[1] ? parseInt(found[1], 10) : found[2] ? parseInt(found[2], 16) : null;
      if (code !== null) plain += code > 0 && code < 0x110000 && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : "\ufffd";
      else plain += Object.hasOwn(ENTITIES, found[3]) ? ENTITIES[found[3]] : found[0];
      at += found[0].length;
    } else {
      plain += sign;
      at += 1;
    }
  }
  push();
  return emphasis(items);
}

function closing(text, from, length) {
  const runs = /`+/g;
  runs.lastIndex = from;
  for (let run = runs.exec(text); run; run = runs.exec(text)) if (run[0].length === length) return run.index;
  return -1;
}

/** What follows a closing bracket: `(address "title")`, `[label]`, or nothing where the text itself is a label. */
function destination(text, at, inside, context) {
  const rest = text.slice(at, at + 4000);
  const direct = /^\([ \t\n]*(?:<([^<>\n]*)>|((?:[^\s()\\]|\\.|\([^\s()]*\))*))(?:[ \t\n]+(?:"[^"]*"|'[^']*'))?[ \t\n]*\)/.exec(rest);
  if (direct) return { address: (direct[1] ?? direct[2]).replace(/\\([!-/:-@[-`{-~])/g, "$1"), end: at + direct[0].length };
  const labelled = /^\[([^\[\]]{0,200})\]/.exec(rest);
  const address = context.definitions.get(((labelled && labelled[1]) || inside).trim().toLowerCase());
  return address === undefined ? null : { address, end: at + (labelled ? labelled[0].length : 0) };
}

/** No link in a link, however deep: an address in a link's words is words. */
function unlinked(inside) {
  for (const child of inside) {
    if (typeof child !== "string") for (const inner of child.querySelectorAll("a")) inner.replaceWith(...inner.childNodes);
  }
  return inside.flatMap((child) => (child.tagName === "A" ? [...child.childNodes] : [child]));
}

function link(address, inside, context) {
  const children = unlinked(inside);
  const run = runOf(address);
  if (run && context.open) return runLink(run, address, children, context);
  const safe = safeAddress(address);
  if (!safe) return element("span", children, { class: "nolink", title: "This link is not opened: only http, https and mailto are" });
  return element("a", children, { href: safe, rel: "noopener noreferrer nofollow", target: "_blank" });
}

/** A run as it stands: its name, what it reached, how its review stands; it opens here. */
function runLink(run, address, children, context) {
  const known = Object.hasOwn(context.runs, run) ? context.runs[run] : null;
  const said = children.map((child) => (typeof child === "string" ? child : child.textContent)).join("").trim();
  const label = !said || said === address ? [known?.name || run.slice(0, 8)] : children;
  const made = element("a", [element("span", label, { class: "name" })], { class: "run", href: `notes?note=${encodeURIComponent(run)}` });
  if (known) {
    if (said && said !== address && known.name && said !== known.name) made.append(element("span", [known.name], { class: "about" }));
    if (known.metric) made.append(element("span", [known.metric], { class: "about" }));
    if (known.state) made.append(element("span", [known.state], { class: "state" }));
  } else if (context.complete) made.append(element("span", ["not in this store"], { class: "about" }));
  made.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return; // a new tab, as everywhere
    event.preventDefault();
    context.open(run);
  });
  return made;
}

function picture(address, inside) {
  const safe = safeAddress(address);
  const label = ["Picture: ", ...(inside.length ? unlinked(inside) : [address])];
  const title = "Pictures in notes are not loaded; the link opens it";
  if (!safe) return element("span", label, { class: "nolink", title });
  return element("a", label, { href: safe, rel: "noopener noreferrer nofollow", target: "_blank", class: "picture", title });
}

function delimiter(text, from, to) {
  const before = from ? String.fromCodePoint(text.codePointAt(from - (/[\udc00-\udfff]/.test(text[from - 1]) ? 2 : 1))) : " ";
  const after = to < text.length ? String.fromCodePoint(text.codePointAt(to)) : " ";
  const blank = (sign) => /\s/u.test(sign);
  const mark = (sign) => /[\p{P}\p{S}]/u.test(sign);
  const left = !blank(after) && (!mark(after) || blank(before) || mark(before));
  const right = !blank(before) && (!mark(before) || blank(after) || mark(after));
  const sign = text[from];
  return {
    sign,
    count: to - from,
    length: to - from,
    opens: sign === "_" ? left && (!right || mark(before)) : left,
    closes: sign === "_" ? right && (!left || mark(after)) : right,
  };
}

/** Pair the runs of `*`, `_`, `~` (CommonMark's rules), and turn everything into nodes. */
function emphasis(items) {
  const lowest = new Map(); // nothing that opens such a pair stands at or below this position
  for (let at = 0; at < items.length; at += 1) {
    const closer = items[at];
    if (!isRun(closer) || !closer.closes) continue;
    while (closer.count > 0) {
      const key = `${closer.sign}${closer.opens}${closer.length % 3}`;
      const floor = lowest.get(key) ?? -1;
      let opener = at - 1;
      while (opener > floor && !pairs(items[opener], closer)) opener -= 1;
      if (opener <= floor) {
        lowest.set(key, at - 1);
        break;
      }
      const both = items[opener].count >= 2 && closer.count >= 2 ? 2 : 1;
      const inside = items.splice(opener + 1, at - opener - 1).map(asNode);
      const name = closer.sign === "~" ? "del" : both === 2 ? "strong" : "em";
      items.splice(opener + 1, 0, element(name, inside));
      items[opener].count -= both;
      closer.count -= both;
      at = opener + 2;
      for (const [other, position] of lowest) if (position > opener) lowest.set(other, opener);
    }
  }
  return items.map(asNode).filter((node) => node !== "");
}

function pairs(opener, closer) {
  if (!isRun(opener) || !opener.opens || opener.sign !== closer.sign || !opener.count) return false;
  if (closer.sign === "~") return opener.count === 2 && closer.count === 2;
  const odd = (opener.closes || closer.opens) && (opener.length + closer.length) % 3 === 0;
  return !odd || (opener.length % 3 === 0 && closer.length % 3 === 0);
}

function isRun(item) {
  return typeof item === "object" && item.sign !== undefined;
}

function asNode(item) {
  return isRun(item) ? item.sign.repeat(item.count) : item;
}
