// Drafts: what somebody typed and the server does not have yet, kept by the browser. Every tab has a slot of its own,
// so that two tabs never write over each other; a tab's name outlives its reload.

const DRAFT = "mlreview.draft:";
const held = (window.mlreviewHeld ??= new Map()); // where the browser keeps nothing (a full disk) a page's memory must do
let keepsDrafts = true;
const TAB_ASKS_MS = 8000;

function stored(key) {
  try {
    return localStorage.getItem(key) ?? held.get(key) ?? null;
  } catch {
    keepsDrafts = false;
    return held.get(key) ?? null;
  }
}

function store(key, value) {
  held.set(key, value);
  try {
    localStorage.setItem(key, value);
    keepsDrafts = true;
  } catch {
    keepsDrafts = false;
  }
}

function forget(key) {
  held.delete(key);
  try {
    localStorage.removeItem(key);
  } catch {
    keepsDrafts = false;
  }
}

function uniqueId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A ULID: the name of one press of Save, sorted by time. */
function saveId() {
  const signs = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  let time = Date.now();
  let id = "";
  for (let at = 0; at < 10; at += 1) {
    id = signs[time % 32] + id;
    time = Math.floor(time / 32);
  }
  for (const byte of crypto.getRandomValues(new Uint8Array(16))) id += signs[byte % 32];
  return id;
}

/** This tab, shared by all scripts of the page; a duplicated tab inherits the name, hears of it, and takes another. */
function tab() {
  const shared = (window.mlreviewTab ??= { name: null, listeners: new Set() });
  if (shared.name) return shared.name;
  try {
    shared.name = sessionStorage.getItem("mlreview.tab") || uniqueId();
    sessionStorage.setItem("mlreview.tab", shared.name);
  } catch {
    shared.name = uniqueId();
  }
  if (window.BroadcastChannel) {
    const born = `${performance.timeOrigin}-${uniqueId()}`;
    shared.alive = new Map();
    setInterval(() => shared.channel.postMessage({ kind: "who" }), TAB_ASKS_MS); // a tab that was closed answers no more
    shared.channel = new BroadcastChannel("mlreview.tabs");
    shared.channel.onmessage = ({ data }) => {
      if (data.kind === "who") shared.channel.postMessage({ kind: "here", name: shared.name, born });
      if (data.kind !== "here" || data.born === born) return;
      shared.alive.set(data.name, Date.now());
      if (data.name === shared.name && data.born < born) {
        shared.name = uniqueId();
        sessionStorage.setItem("mlreview.tab", shared.name);
      }
      for (const listener of shared.listeners) listener();
    };
    shared.channel.postMessage({ kind: "who" });
  }
  return shared.name;
}

function isOpenElsewhere(name) {
  return Date.now() - (window.mlreviewTab?.alive?.get(name) ?? 0) < 2.5 * TAB_ASKS_MS;
}

function slot(storeKey, run, name = tab()) {
  return `${DRAFT}${storeKey}:${run}:${name}`;
}

function readSlot(key) {
  try {
    const draft = JSON.parse(stored(key));
    return draft && typeof draft.text === "string" && typeof draft.base === "string" ? { ...draft, key } : null;
  } catch {
    return null;
  }
}

/** All drafts of a store, or of one run in it, newest first. */
function drafts(storeKey, run = null) {
  const prefix = run === null ? `${DRAFT}${storeKey}:` : `${DRAFT}${storeKey}:${run}:`;
  const keys = new Set(held.keys());
  try {
    for (let at = 0; at < localStorage.length; at += 1) keys.add(localStorage.key(at));
  } catch {
    keepsDrafts = false;
  }
  const found = [...keys].filter((key) => key.startsWith(prefix)).map(readSlot);
  return found.filter((draft) => draft !== null).sort((one, other) => other.at - one.at);
}

function moment(at) {
  const then = new Date(at);
  const time = then.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
  const day = then.toDateString() === new Date().toDateString() ? "today" : then.toLocaleDateString([], { day: "numeric", month: "short" });
  return `${day}, ${time}`;
}

/** Other parts of the page (the sidebar's mark) look again; other tabs hear of it from the browser. */
function draftsChanged() {
  window.dispatchEvent(new Event("mlreview.drafts"));
}
