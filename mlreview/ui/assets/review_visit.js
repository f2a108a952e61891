// Draws nothing. Keeps in this browser which event of a review was the newest at the last visit, and the name that was
// typed here. A visit lasts as long as its tab: a reload shows the same marks.

const VISIT = "mlreview.visit:";
const NAME = "mlreview.name";
const YEAR_S = 31_536_000;

export default function ({ data, setStateValue }) {
  const key = `${VISIT}${data.store}:${data.run}`;
  let before = "";
  let name = data.name;
  try {
    if (data.run) {
      before = sessionStorage.getItem(key);
      if (before === null) {
        before = localStorage.getItem(key) ?? (data.newest || "0"); // the first visit: nothing is marked
        sessionStorage.setItem(key, before);
      }
      if (data.newest > (localStorage.getItem(key) ?? "")) localStorage.setItem(key, data.newest || "0");
    }
    if (data.name) localStorage.setItem(NAME, data.name);
    else name = localStorage.getItem(NAME) ?? "";
    // The next session then knows the name before it draws anything.
    if (name) document.cookie = `mlreview_name=${encodeURIComponent(name)}; path=/; max-age=${YEAR_S}; SameSite=Lax`;
  } catch {
    return; // a browser that keeps nothing: nothing is marked
  }
  // Where nothing is new there is nothing to say: each word to the server runs the page once more, and shuts a dialog.
  if (before !== data.before && data.newest > before) setStateValue("before", before);
  if (name && data.acts !== null && name !== data.acts) setStateValue("name", name);
}
