// Texts of users become text nodes: nothing of them is read as markup.
const cell = (kind, text, name = "") => {
  const made = document.createElement(kind);
  made.textContent = text;
  if (name) made.className = name;
  return made;
};

export default function ({ data, parentElement }) {
  const table = document.createElement("table");
  table.append(cell("caption", data.caption));
  const head = document.createElement("tr");
  for (const [at, text] of ["", ...data.runs].entries()) {
    const made = at ? cell("th", text) : cell("td", "", "about");
    if (at) made.scope = "col";
    head.append(made);
  }
  head.firstChild.style.width = "30%";
  const top = document.createElement("thead");
  top.append(head);
  const body = document.createElement("tbody");
  for (const row of data.rows) {
    const line = document.createElement("tr");
    const name = cell("th", row.key);
    name.scope = "row";
    const now = cell("td", row.now, "new");
    if (row.delta) now.append(cell("span", row.delta, `delta ${row.state}`));
    line.append(name, ...(data.runs.length > 1 ? [cell("td", row.before)] : []), now);
    body.append(line);
  }
  table.append(top, body);
  parentElement.querySelector(".frame").replaceChildren(table);
}
