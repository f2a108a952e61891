// A note as it reads, or the difference of two texts; run links open here.

export default function mount({ data, parentElement, setTriggerValue }) {
  let root = parentElement.querySelector(".shown");
  if (!root) {
    root = element("div", [], { class: "shown" });
    parentElement.append(root);
  }
  if (data.before !== undefined) {
    root.className = "shown diff";
    renderDiff(root, data.before, data.text);
    return;
  }
  root.className = "shown markdown";
  renderMarkdown(root, data.text, { runs: data.runs || {}, complete: true, open: (run) => setTriggerValue("open", run) });
}
