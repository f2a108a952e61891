// In the sidebar of every page: notes that were typed in this browser and that the store does not have yet.

const marks = new Map();

export default function mount({ data, parentElement, setTriggerValue }) {
  const before = marks.get(parentElement);
  if (before) before.stop();
  let root = parentElement.querySelector(".unsaved-notes");
  if (!root) {
    root = element("div", [], { class: "unsaved-notes", role: "status" });
    parentElement.append(root);
  }
  tab();
  let shown = null;
  const draw = () => {
    const found = new Map(); // the newest draft of each run
    for (const draft of drafts(data.store)) if (!found.has(draft.run)) found.set(draft.run, draft);
    const list = [...found.values()];
    const now = JSON.stringify(list.map((draft) => [draft.run, draft.name, moment(draft.at)]));
    if (now === shown) return;
    shown = now;
    root.hidden = list.length === 0;
    const lines = list.slice(0, 3).map((draft) => {
      const name = draft.name || draft.run.slice(0, 8);
      const made = element("button", [element("span", [name], { class: "name" }), element("span", [moment(draft.at).replace("today, ", "")], { class: "when" })], { type: "button", title: `Go on with the note of ${name}` });
      made.addEventListener("click", () => setTriggerValue("open", draft.run));
      return made;
    });
    if (list.length > 3) lines.push(element("span", [`and ${list.length - 3} more`], { class: "when" }));
    if (root.hidden) root.replaceChildren();
    else root.replaceChildren(element("strong", [list.length === 1 ? "Unsaved note" : `${list.length} unsaved notes`]), ...lines);
  };
  const later = setInterval(draw, 2000); // another tab may have saved
  window.addEventListener("mlreview.drafts", draw);
  window.addEventListener("storage", draw);
  const stop = () => {
    clearInterval(later);
    window.removeEventListener("mlreview.drafts", draw);
    window.removeEventListener("storage", draw);
  };
  const mark = { stop };
  marks.set(parentElement, mark);
  draw();
  return () => {
    if (marks.get(parentElement) !== mark) return; // overtaken by a newer draw, which goes on
    stop();
    marks.delete(parentElement);
  };
}
