// Two texts, line against line: what stayed, what went, what came. For people who choose between two versions.

const MAX_DIFF_CELLS = 4_000_000;

/** Rows `{ kind: "same" | "gone" | "new", text }`; where two long texts share little, all of the middle is changed. */
function diffLines(before, after) {
  const left = before.split("\n");
  const right = after.split("\n");
  let head = 0;
  while (head < left.length && head < right.length && left[head] === right[head]) head += 1;
  let tail = 0;
  while (tail < left.length - head && tail < right.length - head && left[left.length - 1 - tail] === right[right.length - 1 - tail]) tail += 1;
  const rows = left.slice(0, head).map((text) => ({ kind: "same", text }));
  rows.push(...middle(left.slice(head, left.length - tail), right.slice(head, right.length - tail)));
  rows.push(...left.slice(left.length - tail).map((text) => ({ kind: "same", text })));
  return rows;
}

function middle(left, right) {
  if (left.length * right.length > MAX_DIFF_CELLS) return [...left.map((text) => ({ kind: "gone", text })), ...right.map((text) => ({ kind: "new", text }))];
  const width = right.length + 1;
  const longest = new Uint32Array((left.length + 1) * width); // of common subsequences, from here to the end
  for (let row = left.length - 1; row >= 0; row -= 1)
    for (let column = right.length - 1; column >= 0; column -= 1)
      longest[row * width + column] = left[row] === right[column]
        ? longest[(row + 1) * width + column + 1] + 1
        : Math.max(longest[(row + 1) * width + column], longest[row * width + column + 1]);
  const rows = [];
  let row = 0;
  let column = 0;
  while (row < left.length || column < right.length) {
    if (row < left.length && column < right.length && left[row] === right[column]) {
      rows.push({ kind: "same", text: left[row] });
      row += 1;
      column += 1;
    } else if (row < left.length && (column === right.length || longest[(row + 1) * width + column] >= longest[row * width + column + 1])) {
      rows.push({ kind: "gone", text: left[row] });
      row += 1;
    } else {
      rows.push({ kind: "new", text: right[column] });
      column += 1;
    }
  }
  return rows;
}

/** Draw the rows; of long stretches that stayed, three lines around each change are shown. */
function renderDiff(target, before, after) {
  const rows = diffLines(before, after);
  const near = rows.map((_, at) => rows.slice(Math.max(0, at - 3), at + 4).some((row) => row.kind !== "same"));
  const lines = [];
  const say = { same: "", gone: "removed: ", new: "added: " };
  rows.forEach((row, at) => {
    if (!near[at]) {
      if (at === 0 || near[at - 1]) {
        let count = 0;
        while (at + count < rows.length && !near[at + count]) count += 1;
        lines.push(element("div", [`${count} line${count === 1 ? "" : "s"} unchanged`], { class: "skipped" }));
      }
      return;
    }
    const mark = element("span", [row.kind === "gone" ? "−" : row.kind === "new" ? "+" : " "], { class: "mark", "aria-hidden": "true" });
    lines.push(element("div", [mark, element("span", [say[row.kind]], { class: "said" }), element("span", [row.text || " "])], { class: row.kind }));
  });
  target.replaceChildren(...(rows.every((row) => row.kind === "same") ? [element("div", ["The two texts are the same"], { class: "skipped" })] : lines));
}
