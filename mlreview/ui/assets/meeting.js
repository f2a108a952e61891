// The keys of a meeting: the arrows and what a presenter's remote sends turn the screen. Says to a screen reader which
// one is shown. A new screen begins at its top; the same screen, drawn again, stays where it was scrolled to.

const STEPS = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 };
const TAKEN = "input, textarea, select, [contenteditable=true], [role=dialog], [role=radiogroup], [role=slider], " +
  "[role=tablist], [role=listbox], [role=combobox], [role=menu], [role=grid]";
let shown = "";

export default function ({ data, parentElement, setTriggerValue }) {
  const main = document.querySelector("[data-testid=stMain]");
  if (shown !== data.shown) {
    shown = data.shown;
    main?.scrollTo(0, 0);
  }
  const said = parentElement.querySelector("p");
  if (said.textContent !== data.says) said.textContent = data.says;
  let wanted = data.screen; // two presses before the answer to the first are two screens

  const go = (event) => {
    if (!parentElement.isConnected) return window.removeEventListener("keydown", go);
    const step = STEPS[event.key];
    const at = event.composedPath()[0];
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    if (document.querySelector("[role=dialog]") || at?.closest?.(TAKEN)) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      main?.scrollBy(0, (event.key === "ArrowDown" ? 0.2 : -0.2) * window.innerHeight);
      event.preventDefault();
      return;
    }
    if (!step) return;
    event.preventDefault();
    const next = Math.min(Math.max(wanted + step, 1), data.count);
    if (next === wanted) return;
    wanted = next;
    setTriggerValue("go", next);
  };
  // One listener, whatever was drawn before: after Back the one before it would still count from its own screen.
  if (window.mlreviewMeetingKeys) window.removeEventListener("keydown", window.mlreviewMeetingKeys);
  window.mlreviewMeetingKeys = go;
  window.addEventListener("keydown", go);
  return () => window.removeEventListener("keydown", go);
}
