// The editor. Three texts are kept apart: what is typed (`text`), what that grew out of (`base`, as the server gave it),
// and what was sent and is not answered yet (`pending`). Unsaved is what differs from its base; only what the server
// says it has saved becomes a base. Every keystroke is in the browser's storage before the next one.

const RESEND_MS = 6000;
const RUNNING_MS = 30000; // a store that does not answer costs the server this long at most
const STAY_MS = 3000;
const applied = new Set(); // inserts that were made; a page that is drawn again brings the last one along
const editors = new Map(); // by the element that Streamlit gave us

const TOOLS = [
  ["Bold", "B", "bold", (editor) => wrap(editor, "**", "**", "bold")],
  ["Italic", "I", "italic", (editor) => wrap(editor, "_", "_", "italic")],
  ["Code", "</>", "", (editor) => wrap(editor, "`", "`", "code")],
  ["Link", "Link", "", (editor) => wrap(editor, "[", "](https://)", "text")],
  ["Heading", "H", "", (editor) => prefix(editor, "## ")],
  ["List", "• List", "", (editor) => prefix(editor, "- ")],
  ["To do", "☐ To do", "", (editor) => prefix(editor, "- [ ] ")],
];
const KEYS = { b: 0, i: 1, k: 3 };

export default function mount({ data, parentElement, setTriggerValue }) {
  let editor = editors.get(parentElement);
  if (editor && editor.run !== data.run) {
    remove(parentElement, editor);
    editor = null;
  }
  if (!editor) {
    editor = build(parentElement, data);
    editors.set(parentElement, editor);
  }
  editor.data = data;
  editor.send = setTriggerValue;
  editor.turn = (editor.turn || 0) + 1;
  const turn = editor.turn;
  listen();
  begin(editor);
  takeOutcome(editor);
  takeServerText(editor);
  takeInsert(editor);
  draw(editor);
  return () => {
    // Streamlit also calls this for a draw that was overtaken by the next one; the editor then stays.
    if (editor.turn === turn && editors.get(parentElement) === editor) remove(parentElement, editor);
  };
}

/** One listener each for the whole page, replaced at every draw, so that none speaks for an editor that is gone. */
function listen() {
  const shared = (window.mlreviewListeners ??= {});
  for (const [name, made] of Object.entries(shared)) window.removeEventListener(name, made);
  shared.beforeunload = (event) => {
    if (![...editors.values()].some(isDirty)) return;
    event.preventDefault();
    event.returnValue = "";
  };
  shared.keydown = (event) => {
    if (!isSaveKey(event)) return;
    const [editor] = editors.values();
    if (!editor) return;
    event.preventDefault();
    save(editor);
  };
  for (const [name, made] of Object.entries(shared)) window.addEventListener(name, made);
}

function isSaveKey(event) {
  return (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "s";
}

function remove(parentElement, editor) {
  clearInterval(editor.timer);
  window.mlreviewTab?.listeners.delete(editor.look);
  if (editors.get(parentElement) === editor) editors.delete(parentElement);
  editor.root.remove();
  draftsChanged();
}

// --- what is typed, and where it is kept --------------------------------------------------------------------------

function isDirty(editor) {
  return editor.text !== editor.base || editor.pending !== null;
}

/** Half characters and NUL: the first is a broken emoji, the second is refused by PostgreSQL. */
const BROKEN = /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** Length as the store counts it: code points, and two for a line end where the note keeps CRLF. */
function length(editor) {
  let count = 0;
  for (const sign of editor.text) count += editor.data.crlf && sign === "\n" ? 2 : 1;
  return count;
}

function begin(editor) {
  if (editor.begun) return;
  editor.begun = true;
  const { data } = editor;
  Object.assign(editor, { text: data.text, base: data.text, version: data.version, seen: data.version, pending: null });
  const own = readSlot(slot(data.store, data.run));
  if (own && unanswered(own, data.text).length) {
    Object.assign(editor, { text: own.text, base: own.base, version: own.version, begunAt: own.at, retry: own.retry || null, resolves: own.resolves || null });
    if (own.pending) editor.pending = { ...own.pending, sentAt: 0 };
    editor.restored = own.at;
  } else if (own) forget(own.key);
  editor.input.value = editor.text;
  editor.timer = setInterval(() => tick(editor), 500);
  editor.look = () => draw(editor);
  window.mlreviewTab?.listeners.add(editor.look);
}

function keep(editor) {
  const { store: storeKey, run, name } = editor.data;
  const key = slot(storeKey, run);
  if (!isDirty(editor)) forget(key);
  else {
    const { text, base, version, pending, retry, resolves } = editor;
    store(key, JSON.stringify({ text, base, version, pending, retry, resolves, name, run, at: Date.now() }));
  }
  draftsChanged();
}

/** Texts of a draft that the note doesn't hold: what was typed last, and every text that Save was pressed on. */
function unanswered({ text, pending }, held) {
  const pressed = pending ? [pending, ...(pending.waiting || [])].map((one) => one.text) : [];
  return [...new Set([text, ...pressed])].filter((one) => one !== held);
}

/** A text that is about to be replaced and that nobody has saved becomes a draft of its own. */
function setAside(editor, text = editor.text) {
  if (text === editor.base || text === editor.data.text) return;
  const { store: storeKey, run, name } = editor.data;
  const { base, version } = editor;
  store(slot(storeKey, run, `aside-${uniqueId()}`), JSON.stringify({ text, base, version, name, run, at: Date.now() }));
}

/** Replace what is typed; undo brings the old text back. */
function replace(editor, text) {
  if (editor.input.value !== text) {
    editor.input.focus();
    editor.input.select();
    type(editor, text);
  }
  editor.text = editor.input.value;
}

function type(editor, text) {
  const { input } = editor;
  const { selectionStart: from, selectionEnd: to } = input;
  const wanted = input.value.slice(0, from) + text + input.value.slice(to);
  editor.replacing = true;
  input.focus();
  const done = text ? document.execCommand("insertText", false, text) : document.execCommand("delete");
  if (!done || input.value !== wanted) {
    input.value = wanted;
    input.setSelectionRange(from + text.length, from + text.length);
  }
  editor.replacing = false;
}

function typed(editor) {
  if (editor.replacing) return;
  editor.text = editor.input.value;
  editor.failure = null;
  keep(editor);
  draw(editor);
}

function wrap(editor, before, after, example) {
  const { input } = editor;
  const { selectionStart: from, selectionEnd: to } = input;
  const inside = input.value.slice(from, to) || example;
  type(editor, before + inside + after);
  input.setSelectionRange(from + before.length, from + before.length + inside.length);
  typed(editor);
}

function prefix(editor, mark) {
  const { input } = editor;
  const { selectionStart, selectionEnd } = input;
  const from = input.value.lastIndexOf("\n", selectionStart - 1) + 1;
  const end = input.value.indexOf("\n", selectionEnd);
  const to = end < 0 ? input.value.length : end;
  const lines = input.value.slice(from, to).split("\n");
  const marked = lines.every((line) => line.startsWith(mark));
  const changed = lines.map((line) => (marked ? line.slice(mark.length) : mark + line)).join("\n");
  input.setSelectionRange(from, to);
  type(editor, changed);
  typed(editor);
}

/** Enter in a list goes on with the list; in an item without words it ends it. */
function continueList(editor, event) {
  const { input } = editor;
  if (input.selectionStart !== input.selectionEnd) return;
  const from = input.value.lastIndexOf("\n", input.selectionStart - 1) + 1;
  const found = /^(\s*)(?:([-*+])|(\d{1,9})([.)]))( \[[ xX]\])? (.*)$/.exec(input.value.slice(from, input.selectionStart));
  if (!found) return;
  event.preventDefault();
  if (!found[6]) {
    input.setSelectionRange(from, input.selectionStart);
    type(editor, "");
  } else type(editor, `\n${found[1]}${found[2] || `${Number(found[3]) + 1}${found[4]}`}${found[5] ? " [ ]" : ""} `);
  typed(editor);
}

/** Select the generated block that is there already, whole: the new one takes its place, people's words around it stay. */
function selectGenerated(input, text) {
  const lines = text.trim().split("\n");
  const from = input.value.indexOf(lines[0]);
  const end = from < 0 ? -1 : input.value.indexOf(lines.at(-1), from);
  if (end < 0) return false; // without its last line nobody knows where people's words begin
  input.setSelectionRange(from, end + lines.at(-1).length);
  return true;
}

function takeInsert(editor) {
  const { insert } = editor.data;
  if (!insert || applied.has(insert.id)) return;
  applied.add(insert.id);
  const { input } = editor;
  if (insert.where === "all") {
    setAside(editor);
    replace(editor, insert.text);
  } else if (insert.where === "generated" && selectGenerated(input, insert.text)) {
    type(editor, insert.text.trim());
  } else {
    if (insert.where === "start") input.setSelectionRange(0, 0);
    if (insert.where === "end") input.setSelectionRange(input.value.length, input.value.length);
    const at = input.selectionStart;
    const before = input.value.slice(0, at);
    const block = insert.where !== "inline";
    if (block) {
      const gap = !before || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
      type(editor, `${gap}${insert.text}\n`);
    } else {
      const gap = /[^\s([{"'“‘]$/u.test(before) ? " " : "";
      const after = /^[\p{L}\p{N}[(]/u.test(input.value.slice(input.selectionEnd)) ? " " : "";
      type(editor, gap + insert.text + after);
    }
  }
  typed(editor);
}

// --- saving -------------------------------------------------------------------------------------------------------

function connected() {
  const state = document.querySelector("[data-testid=stApp]")?.getAttribute("data-test-connection-state");
  return navigator.onLine !== false && (!state || state === "CONNECTED");
}

function serverBusy() {
  return document.querySelector("[data-testid=stApp]")?.getAttribute("data-test-script-state") === "running";
}

function refusal(editor) {
  const found = BROKEN.exec(editor.text);
  if (found) {
    const line = editor.text.slice(0, found.index).split("\n").length;
    const what = found[0] === "\0" ? "a NUL character, which a database refuses" : "half of a character, as a rule a broken emoji";
    return { message: `Line ${line} holds ${what}.`, fix: "Remove it" };
  }
  const over = length(editor) - editor.data.limit;
  if (over > 0 && editor.text !== editor.base) return { message: `${over.toLocaleString("en")} character${over === 1 ? "" : "s"} too long: MLflow keeps ${editor.data.limit.toLocaleString("en")} and would cut the rest off. Nothing is sent; your text stays here.` };
  return null;
}

function save(editor, confirmed = []) {
  if (refusal(editor)) {
    editor.pressed = true;
    draw(editor);
    return;
  }
  if (editor.pending) {
    // What was sent first is answered first; then this text follows, as it is now, whatever is typed meanwhile.
    const waiting = (editor.pending.waiting ||= []);
    const last = waiting.at(-1) || editor.pending;
    if (last.text !== editor.text) waiting.push({ id: saveId(), text: editor.text });
    keep(editor);
    draw(editor);
    return;
  }
  if (editor.text === editor.base && !confirmed.length) return;
  const { text, base, version, retry } = editor;
  // The same text once more, after no answer, is the same save.
  const id = retry && retry.text === text && retry.base === base ? retry.id : saveId();
  editor.pending = { id, text, base, version, confirmed, resolves: editor.resolves || null, sentAt: 0 };
  Object.assign(editor, { failure: null, asked: null, conflict: null, retry: null, restored: null });
  keep(editor);
  tick(editor);
  draw(editor);
}

/** Send what is waiting, once there is a connection; again, with the same id, when no answer came. */
function tick(editor) {
  const up = connected();
  if (!up && editor.pending) editor.pending.sentAt = 0;
  if (up && editor.pending) {
    const waited = Date.now() - editor.pending.sentAt;
    if (waited > (serverBusy() ? RUNNING_MS : RESEND_MS)) {
      const { id, text, base, version, confirmed, resolves } = editor.pending;
      editor.pending.sentAt = Date.now();
      editor.send("save", { id, text, base, version, confirmed, resolves });
    }
  }
  if (up !== editor.up) {
    editor.up = up;
    draw(editor);
  }
}

function takeOutcome(editor) {
  const { outcome } = editor.data;
  const { pending } = editor;
  if (!outcome || !pending || outcome.id !== pending.id) return;
  editor.pending = null;
  if (outcome.kind === "saved") {
    const untouched = editor.text === pending.text;
    editor.seen = outcome.version;
    if (untouched) {
      // A merge brought somebody else's words in.
      if (outcome.text !== editor.text) show(editor, outcome.text);
      Object.assign(editor, { base: outcome.text, version: outcome.version });
    } else if (outcome.text === pending.text) {
      Object.assign(editor, { base: pending.text, version: outcome.version });
    } else {
      // Typed on during a merge: these words grew out of what was sent, and the next save merges them.
      Object.assign(editor, { base: pending.text, version: null });
    }
    editor.resolves = null;
    editor.notice = outcome.notice || null;
    editor.savedAt = Date.now();
    store(`mlreview.told:${editor.data.store}`, "1");
  } else if (outcome.kind === "conflict") {
    editor.conflict = { ...outcome, sent: pending.text };
    editor.seen = outcome.version;
  } else if (outcome.kind === "ask") {
    editor.asked = { ...outcome, text: pending.text, confirmed: pending.confirmed };
  } else {
    editor.failure = outcome;
    if (outcome.kind === "failed") editor.retry = { id: pending.id, text: pending.text, base: pending.base };
  }
  const [next, ...waiting] = pending.waiting || [];
  if (next && outcome.kind === "saved") {
    // It grew out of what was sent before it. Where that was merged, this is merged too: it has no version to rest on.
    const version = outcome.text === pending.text ? outcome.version : null;
    editor.pending = { ...next, base: pending.text, version, confirmed: [], resolves: null, sentAt: 0, waiting };
    tick(editor);
  } else if (next) {
    for (const one of [next, ...waiting]) if (one.text !== editor.text) setAside(editor, one.text);
  }
  keep(editor);
}

/** Put a text there that is not typed by anybody, the caret staying where its line went. */
function show(editor, text) {
  const { input } = editor;
  const tail = input.value.length - input.selectionEnd;
  const top = input.scrollTop;
  const sameHead = text.startsWith(input.value.slice(0, input.selectionEnd));
  const at = sameHead ? input.selectionEnd : Math.max(0, text.length - tail);
  input.value = text;
  input.setSelectionRange(at, at);
  input.scrollTop = top;
  editor.text = text;
}

/** The note changed on the server: shown at once where nothing is unsaved, else pointed out. */
function takeServerText(editor) {
  const { data } = editor;
  if (data.version === editor.seen || editor.pending) return;
  editor.seen = data.version;
  if (editor.text === editor.base) {
    if (data.text !== editor.text) show(editor, data.text);
    Object.assign(editor, { base: data.text, version: data.version });
    keep(editor);
  }
}

function settle(editor, text) {
  const { theirs, version, id, sent } = editor.conflict;
  if (text !== editor.text) {
    if (editor.text !== sent) setAside(editor); // what was sent is in the history
    replace(editor, text);
  }
  Object.assign(editor, { base: theirs, version, resolves: id, conflict: null, pending: null });
  typed(editor);
  editor.input.focus();
}

// --- what is seen -------------------------------------------------------------------------------------------------

function button(label, act, kind = "") {
  const made = element("button", [label], { type: "button", class: kind });
  made.addEventListener("click", act);
  return made;
}

function build(parentElement, data) {
  const editor = { run: data.run, data, begun: false, up: true, panels: "" };
  editor.status = element("span", [], { class: "status", role: "status", "aria-live": "polite" });
  editor.counter = element("span", [], { class: "counter" });
  editor.save = button("Save", () => save(editor), "primary");
  const tools = TOOLS.map(([label, sign, style, act], at) => {
    const key = Object.entries(KEYS).find(([, tool]) => tool === at)?.[0];
    const made = button(sign, () => act(editor), style);
    made.setAttribute("aria-label", label);
    made.title = key ? `${label} (Ctrl+${key.toUpperCase()})` : label;
    made.addEventListener("mousedown", (event) => event.preventDefault()); // the selection stays
    return made;
  });
  const toolbar = element("div", tools, { class: "tools", role: "toolbar", "aria-label": "Format" });
  const views = ["Write", "Both", "Preview"].map((view) => button(view, () => chooseView(editor, view)));
  editor.views = views;
  const choice = element("div", views, { class: "views", role: "group", "aria-label": "View" });
  const head = element("div", [toolbar, choice, editor.status, editor.counter, editor.save], { class: "head" });
  editor.input = element("textarea", [], { "aria-label": "Note, in Markdown", spellcheck: "true", placeholder: "What was tried, what failed, and why. Markdown; Ctrl+S saves." });
  editor.preview = element("div", [], { class: "preview markdown", role: "region", "aria-label": "Preview", tabindex: "0" });
  editor.panes = element("div", [editor.input, editor.preview], { class: "panes" });
  editor.panel = element("div", [], { class: "panel" });
  editor.root = element("div", [head, editor.panel, editor.panes], { class: "editor", "data-run": data.run });
  editor.input.addEventListener("input", () => typed(editor));
  editor.input.addEventListener("blur", () => {
    stayInEditor(editor);
    setTimeout(() => stayInEditor(editor)); // the dialog may come after the caret went
  });
  editor.input.addEventListener("scroll", () => {
    const { scrollTop, scrollHeight, clientHeight } = editor.input;
    const share = scrollTop / Math.max(1, scrollHeight - clientHeight);
    editor.preview.scrollTop = share * (editor.preview.scrollHeight - editor.preview.clientHeight);
  });
  for (const name of ["keydown", "keyup", "keypress"]) {
    // Outside a shadow root typing looks like keys pressed on the page, where R and C are Streamlit's own.
    editor.root.addEventListener(name, (event) => {
      event.stopPropagation();
      if (name !== "keydown") return;
      const tool = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey ? KEYS[event.key.toLowerCase()] : undefined;
      if (isSaveKey(event)) {
        event.preventDefault();
        save(editor);
      } else if (tool !== undefined && event.target === editor.input) {
        event.preventDefault();
        TOOLS[tool][3](editor);
      } else if (event.key === "Enter" && event.target === editor.input && !event.isComposing && !event.shiftKey && !event.ctrlKey) continueList(editor, event);
    });
  }
  parentElement.append(editor.root);
  chooseView(editor, stored("mlreview.view") || "Both");
  return editor;
}

/**
 * When the server does not answer, Streamlit opens a dialog over the page, in the middle of a word, and what is typed on
 * would go nowhere. The editor says "Offline" itself: so the dialog is closed, and keys pressed until it is gone are
 * still the note's.
 */
function stayInEditor(editor) {
  const dialog = document.querySelector("[role=dialog]");
  if (connected() || !dialog || editor.staying) return;
  const { input } = editor;
  const onward = (event) => {
    const sign = event.key === "Enter" ? "\n" : event.key;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || sign.length !== 1) return;
    event.preventDefault();
    event.stopPropagation();
    input.setRangeText(sign, input.selectionStart, input.selectionEnd, "end");
    typed(editor);
  };
  const until = Date.now() + STAY_MS;
  window.addEventListener("keydown", onward, true);
  editor.staying = setInterval(() => {
    input.focus();
    if (Date.now() < until && (dialog.isConnected || input.getRootNode().activeElement !== input)) return;
    clearInterval(editor.staying);
    editor.staying = null;
    window.removeEventListener("keydown", onward, true);
  }, 50);
  dialog.querySelector("button[aria-label=Close]")?.click();
}

function chooseView(editor, view) {
  store("mlreview.view", view);
  editor.panes.dataset.view = view;
  for (const made of editor.views) made.setAttribute("aria-pressed", String(made.textContent === view));
}

function state(editor) {
  if (editor.conflict) return ["conflict", "Conflict: choose below"];
  if (!editor.up) return ["offline", editor.pending ? "Offline · will be saved on reconnecting" : "Offline · kept in this browser"];
  if (editor.pending) return ["saving", "Saving…"];
  if (editor.asked) return ["unsaved", "Not saved yet: see below"];
  if (editor.failure) return ["failed", "Not saved"];
  if (isDirty(editor)) return ["unsaved", "Unsaved changes"];
  if (editor.savedAt) return ["saved", `Saved, ${moment(editor.savedAt).split(", ")[1]}`];
  return editor.base ? ["saved", "Saved"] : ["empty", "No note yet"];
}

function draw(editor) {
  const [kind, words] = state(editor);
  if (editor.status.textContent !== words) editor.status.textContent = words;
  editor.status.dataset.state = kind;
  const count = length(editor);
  const { limit } = editor.data;
  editor.counter.textContent = `${count.toLocaleString("en")} / ${limit.toLocaleString("en")}`;
  editor.counter.title = "Characters, as MLflow counts them";
  editor.counter.dataset.state = count > limit ? "over" : count > limit * 0.9 ? "near" : "";
  editor.save.disabled = !isDirty(editor);
  editor.save.title = editor.data.author ? `Save as ${editor.data.author} (Ctrl+S)` : "Save (Ctrl+S)";
  const context = { runs: editor.data.runs || {}, open: (run) => editor.send("open", run) };
  if (editor.shown !== editor.text || editor.knownRuns !== editor.data.runs) {
    editor.shown = editor.text;
    editor.knownRuns = editor.data.runs;
    renderMarkdown(editor.preview, editor.text, context);
    if (!editor.text.trim()) editor.preview.replaceChildren(element("p", ["The note will appear here as you write."], { class: "hint" }));
  }
  drawPanel(editor);
}

/** Everything that wants an answer or a glance, the most pressing first; drawn anew only when something changed. */
function drawPanel(editor) {
  const { data, conflict, asked, failure } = editor;
  const refused = refusal(editor);
  const everyOther = drafts(data.store, data.run).filter((draft) => draft.key !== slot(data.store, data.run));
  for (const draft of everyOther) {
    // Its save got through, and the tab was closed before it heard so.
    if (!unanswered(draft, data.text).length && !isOpenElsewhere(draft.key.split(":").pop())) forget(draft.key);
  }
  const others = everyOther
    .map((draft) => (draft.text === data.text ? { ...draft, text: unanswered(draft, data.text)[0] ?? data.text } : draft))
    .filter((draft) => draft.text !== editor.text && draft.text !== data.text);
  const changed = !conflict && editor.text !== editor.base && data.text !== editor.base && !editor.pending;
  const made = JSON.stringify([conflict?.id, asked?.id, failure, refused?.message, editor.restored, editor.notice, data.firstWrite, editor.toldFirst,
    others.map((draft) => [draft.key, draft.at, isOpenElsewhere(draft.key.split(":").pop())]), changed && data.version, editor.discarded?.length, keepsDrafts]);
  if (made === editor.panels) return;
  editor.panels = made;
  const cards = [];
  if (conflict) cards.push(conflictCard(editor));
  if (refused) cards.push(card("error", refused.message, "", refused.fix ? [button(refused.fix, () => mend(editor))] : []));
  if (failure) cards.push(card("error", failure.message, failure.hint || "", failure.kind === "failed" ? [button("Try again", () => save(editor))] : []));
  if (asked) cards.push(askCard(editor));
  if (!keepsDrafts) cards.push(card("warning", "This browser keeps no drafts: save before you leave this page.", "Its storage is full or switched off."));
  if (changed) cards.push(changedCard(editor));
  if (editor.restored) cards.push(card("info", `Your unsaved draft of ${moment(editor.restored)} is back.`, "It is not in the store until you save it.", [
    withDiff("Compare with the note", () => [data.text, editor.text]),
    button("Discard it", () => discard(editor)),
    button("Keep writing", () => dismiss(editor, "restored")),
  ]));
  if (editor.discarded) cards.push(card("info", "The draft was discarded.", "", [button("Bring it back", () => bringBack(editor)), button("Close", () => dismiss(editor, "discarded"))]));
  for (const draft of others.slice(0, 4)) cards.push(otherCard(editor, draft));
  if (editor.notice) cards.push(card("info", editor.notice, "", [button("Close", () => dismiss(editor, "notice"))]));
  const told = `mlreview.told:${data.store}`;
  if (data.firstWrite && !stored(told)) cards.push(card("info", data.firstWrite[0], data.firstWrite[1], [button("Understood", () => {
    store(told, "1");
    editor.toldFirst = true;
    draw(editor);
  })]));
  editor.panel.replaceChildren(...cards);
}

function card(kind, title, detail, actions = [], more = []) {
  const words = [element("strong", [title])];
  if (detail) words.push(element("span", [detail]));
  return element("div", [element("div", words, { class: "words" }), element("div", actions, { class: "actions" }), ...more], { class: `card ${kind}`, role: kind === "error" ? "alert" : "group" });
}

function dismiss(editor, what) {
  editor[what] = null;
  draw(editor);
}

/** A button that shows and hides a diff below its card. */
function withDiff(label, texts) {
  const made = button(label, () => {
    const box = made.closest(".card");
    const shown = box.querySelector(".diff");
    if (shown) shown.remove();
    else {
      const diff = element("div", [], { class: "diff", tabindex: "0", role: "region", "aria-label": label });
      renderDiff(diff, ...texts());
      box.append(diff);
    }
    made.setAttribute("aria-expanded", String(!shown));
  });
  return made;
}

function changedCard(editor) {
  const { data } = editor;
  const who = data.by ? ` by ${data.by}` : "";
  return card("warning", `The note was changed${who} since you began.`, "Saving merges both; where they touch, both are shown and you choose.", [
    withDiff("What they changed", () => [editor.base, editor.data.text]),
    withDiff("What you changed", () => [editor.base, editor.text]),
  ]);
}

function otherCard(editor, draft) {
  const name = draft.key.split(":").pop();
  const open = isOpenElsewhere(name);
  const where = name.startsWith("aside-") ? "that you put aside" : open ? "in another tab of this browser" : "from a tab that was closed";
  const actions = [
    withDiff("Compare with the note", () => [editor.data.text, draft.text]),
    button("Use it here", () => {
      setAside(editor);
      replace(editor, draft.text);
      Object.assign(editor, { base: draft.base, version: draft.version });
      if (!open) forget(draft.key);
      typed(editor);
    }),
  ];
  if (!open) actions.push(button("Throw it away", () => {
    forget(draft.key);
    draftsChanged();
    draw(editor);
  }));
  return card("info", `There is another unsaved draft, ${where}: ${moment(draft.at)}.`, "", actions);
}

function askCard(editor) {
  const { asked } = editor;
  const list = element("ul", asked.questions.map((question) => element("li", [question])));
  return card("warning", asked.title, "", [
    button(asked.yes, () => {
      const confirmed = [...asked.confirmed, ...asked.keys];
      // Agreed to for this text; one that was changed meanwhile is asked about anew.
      if (editor.text === asked.text) save(editor, confirmed);
      else save(editor);
    }, "primary"),
    button("Go back", () => {
      editor.asked = null;
      draw(editor);
      editor.input.focus();
    }),
  ], [list]);
}

function conflictCard(editor) {
  const { conflict } = editor;
  const column = (title, text, label, act) => {
    const diff = element("div", [], { class: "diff", tabindex: "0", role: "region", "aria-label": title });
    renderDiff(diff, conflict.base, text);
    return element("div", [element("h4", [title]), diff, button(label, act)], { class: "side" });
  };
  const who = conflict.by ? `, by ${conflict.by}` : "";
  const sides = [
    column("Yours", editor.text, "Keep mine", () => settle(editor, editor.text)),
    column(`In the store now${who}`, conflict.theirs, "Take theirs", () => settle(editor, conflict.theirs)),
  ];
  if (conflict.merged !== null && conflict.merged !== undefined) sides.push(column("Proposal: both, where they touch marked", conflict.merged, "Start from the proposal", () => settle(editor, conflict.merged)));
  return card("warning", "Somebody changed the same lines since you began. Nothing was overwritten.",
    "Choose a text to go on with; it stays unsaved until you save it. The others stay in the history or as a draft.", [], [element("div", sides, { class: "sides" })]);
}

function mend(editor) {
  const all = new RegExp(BROKEN.source, "g");
  replace(editor, editor.text.replace(all, ""));
  typed(editor);
}

function discard(editor) {
  const { data } = editor;
  const { text, base, version } = editor;
  for (const pressed of unanswered(editor, data.text)) if (pressed !== text) setAside(editor, pressed);
  editor.discarded = { text, base, version, length: text.length };
  replace(editor, data.text);
  Object.assign(editor, { base: data.text, version: data.version, seen: data.version, pending: null, restored: null, retry: null, failure: null });
  typed(editor);
}

function bringBack(editor) {
  const { text, base, version } = editor.discarded;
  replace(editor, text);
  Object.assign(editor, { base, version, discarded: null });
  typed(editor);
}
