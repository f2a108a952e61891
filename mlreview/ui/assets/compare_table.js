// The table of the page Compare. Everything that a user wrote becomes a text node, never markup.

const states = new WeakMap()

function element(tag, className, text) {
  const made = document.createElement(tag)
  if (className) made.className = className
  if (text !== undefined && text !== null) made.textContent = text
  return made
}

function button(label, title, action, className) {
  const made = element("button", className, label)
  made.type = "button"
  made.title = title
  made.setAttribute("aria-label", title)
  made.onclick = action
  return made
}

async function copy(text, said) {
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    // A page that isn't served over HTTPS has no clipboard of its own: the old way.
    const area = element("textarea")
    area.value = text
    area.style.position = "fixed"
    area.style.opacity = "0"
    document.body.appendChild(area)
    area.select()
    document.execCommand("copy")
    area.remove()
  }
  said.dataset.said = "Copied"
  setTimeout(() => { said.dataset.said = "Copy" }, 1200)
}

function heading(run, colours, send, fixed) {
  const cell = element("th", run.baseline ? "baseline" : "")
  cell.scope = "col"
  cell.dataset.run = run.id
  const name = element("div", "name")
  const glyph = element("span", "glyph", run.glyph)
  const colour = colours[run.slot % colours.length] || "inherit"
  glyph.style.color = colour
  cell.style.boxShadow = `inset 0 4px 0 ${colour}`
  const text = element("span", "text", run.name)
  text.title = run.title
  name.append(glyph, text)
  if (!fixed) name.append(button("✕", `Take ${run.title} out`, () => send("remove", run.id), "quiet"))
  cell.append(name)
  if (run.about) cell.append(element("div", "about", run.about))
  if (run.result) {
    const result = element("div", `result ${run.result.state}`, run.result.text)
    if (run.result.delta) result.append(element("span", "delta", run.result.delta))
    result.title = run.result.title
    cell.append(result)
  }
  const actions = element("div", "actions")
  if (run.baseline) {
    actions.append(element("span", "pill", "Baseline"))
    if (run.why) actions.append(element("span", "why", run.why))
  }
  else if (!fixed) actions.append(button("Set as baseline", `Hold the others against ${run.title}`, () => send("baseline", run.id)))
  for (const link of run.links) {
    const anchor = element("a", "", link.label)
    anchor.href = link.url // made by the server, from parts that it has checked
    anchor.target = "_blank"
    anchor.rel = "noopener noreferrer"
    anchor.title = link.title
    actions.append(anchor)
  }
  cell.append(actions)
  return cell
}

function value(cell, row, at, send) {
  const made = element("td", [cell.state, row.metric ? "metric" : ""].filter(Boolean).join(" "))
  const shown = element("span", "value")
  if (cell.parts) {
    for (const [text, changed] of cell.parts) shown.append(changed ? element("mark", "", text) : document.createTextNode(text))
  } else {
    shown.textContent = cell.text
  }
  if (cell.best) shown.append(element("span", "star", "best"))
  made.append(shown)
  if (cell.delta) made.append(element("span", "delta", cell.delta))
  if (cell.title) made.title = cell.title
  const tools = element("span", "tools")
  if (cell.copy !== undefined) {
    const copies = button("", "Copy the whole value", () => copy(cell.copy, copies))
    copies.dataset.said = "Copy"
    tools.append(copies)
  }
  if (cell.open) {
    const opens = button("", "See the whole value, line by line", () => send("open", [row.id, at]))
    opens.dataset.said = "Open"
    tools.append(opens)
  }
  if (tools.childElementCount) made.append(tools)
  return made
}

function body(data, state, send, redraw) {
  const made = element("tbody")
  const width = data.runs.length
  for (const section of data.sections) {
    const closed = state.closed.has(section.name)
    const head = element("tr", "section")
    head.dataset.section = section.name
    const title = element("th")
    title.scope = "rowgroup"
    title.colSpan = width + 1
    const fold = button(`${closed ? "▸" : "▾"} ${section.title}`, `${closed ? "Open" : "Close"} ${section.title}`, () => {
      if (closed) state.closed.delete(section.name)
      else state.closed.add(section.name)
      redraw()
    })
    fold.setAttribute("aria-expanded", String(!closed))
    title.append(fold, element("span", section.some ? "counts some" : "counts", section.counts))
    head.append(title)
    made.append(head)
    if (closed) continue
    let group = ""
    for (const row of section.rows) {
      if (row.group && row.group !== group) {
        const line = element("tr", "group")
        const said = element("th", "", row.group)
        said.colSpan = width + 1
        line.append(said)
        made.append(line)
      }
      group = row.group
      const line = element("tr", row.dim ? "dim" : "")
      line.dataset.key = row.key
      line.dataset.differs = String(row.differs)
      const key = element("th")
      const name = element("span", "key", row.key)
      name.title = row.key
      key.append(name)
      key.scope = "row"
      if (row.hint) key.append(element("span", "hint", row.hint))
      line.append(key, ...row.cells.map((cell, at) => value(cell, row, at, send)))
      made.append(line)
    }
    for (const note of section.notes) {
      const line = element("tr", "note")
      const said = element("th", "", note)
      said.colSpan = width + 1
      line.append(said)
      made.append(line)
    }
  }
  return made
}

function legend(data) {
  const made = element("span", "legend")
  for (const [kind, text] of [["base", "baseline"], ["differs", "differs from it"]]) {
    const item = element("span")
    item.append(element("span", `swatch ${kind}`), document.createTextNode(text))
    made.append(item)
  }
  const signs = element("span", "", "▲ better  ▼ worse  ≈ within noise  ≠ other data" + (data.unsure ? "  △ ▽ noise unknown" : ""))
  signs.title = data.noise
  made.append(signs)
  return made
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector(".frame")
  if (!root || !data) return
  let state = states.get(root)
  if (!state) {
    state = { closed: new Set(), at: -1, top: 0, left: 0 }
    states.set(root, state)
  }
  const send = (name, what) => setTriggerValue(name, what)
  const colours = getComputedStyle(root).getPropertyValue("--st-chart-categorical-colors").split(",").map(c => c.trim())

  function draw() {
    const old = root.querySelector(".scroll")
    if (old) { state.top = old.scrollTop; state.left = old.scrollLeft }
    const scroll = element("div", "scroll")
    scroll.tabIndex = 0
    scroll.setAttribute("role", "region")
    scroll.setAttribute("aria-label", "Runs side by side")
    const table = element("table")
    // Long values wrap instead of pushing the other runs out of sight.
    table.style.width = `max(100%, ${12.5 + 10.5 * data.runs.length}rem)`
    const widths = element("colgroup")
    widths.append(element("col", "keys"), ...data.runs.map(() => element("col")))
    table.append(widths)
    const head = element("thead")
    const line = element("tr")
    const corner = element("th", "corner")
    if (data.result) corner.append(element("span", "what", data.result))
    corner.append(element("span", "", data.corner))
    corner.scope = "col"
    line.append(corner, ...data.runs.map(run => heading(run, colours, send, data.fixed)))
    head.append(line)
    table.append(head, body(data, state, send, draw))
    scroll.append(table)

    const bar = element("div", "bar")
    const step = element("span", "step")
    const position = element("span", "position")
    position.setAttribute("aria-live", "polite")
    const rows = [...table.querySelectorAll("tr[data-differs=true]")]
    const count = rows.length
    const said = () => state.at < 0 || state.at >= count
      ? `${count.toLocaleString("en")} difference${count === 1 ? "" : "s"}`
      : `${(state.at + 1).toLocaleString("en")} of ${count.toLocaleString("en")}`
    function go(by) {
      if (!count) return
      rows.forEach(row => row.classList.remove("current"))
      state.at = state.at < 0 || state.at >= count ? (by > 0 ? 0 : count - 1) : (state.at + by + count) % count
      const row = rows[state.at]
      row.classList.add("current")
      scroll.scrollTop = row.offsetTop - head.offsetHeight - 60
      position.textContent = said()
    }
    const back = button("↑", "Previous difference (P)", () => go(-1))
    const forth = button("↓", "Next difference (N)", () => go(1))
    back.disabled = forth.disabled = !count
    position.textContent = said()
    step.append(back, position, forth)
    bar.append(step, legend(data))
    scroll.onkeydown = event => {
      if (event.ctrlKey || event.metaKey || event.altKey) return
      if (event.key === "n") go(1)
      else if (event.key === "p") go(-1)
      else return
      event.stopPropagation()
    }
    root.replaceChildren(bar, scroll)
    scroll.scrollTop = state.top
    scroll.scrollLeft = state.left
  }
  if (state.sight !== data.sight) {
    state.sight = data.sight // other rows: counting through them begins anew
    state.at = -1
  }
  draw()
}
