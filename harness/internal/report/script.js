"use strict";
// Tables sort by a click on a heading, or by Enter on it.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((h) => h.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const numeric = head.classList.contains("n");
      const value = (row) => {
        const cell = row.cells[column];
        const text = cell.dataset.value ?? cell.textContent.trim();
        return numeric ? (text === "" ? -Infinity : parseFloat(text)) : text;
      };
      const rows = [...table.tBodies[0].rows];
      rows.sort((a, b) => {
        const x = value(a), y = value(b);
        const order = numeric ? x - y : x.localeCompare(y, "en", { numeric: true });
        return down ? -order : order;
      });
      table.tBodies[0].append(...rows);
    });
  });
}
// A map tells the cell under the pointer, or under its cursor.
const range = (name, at, step, size) => {
  const last = Math.min(at * step + step, size) - 1;
  return last > at * step ? `${name}s ${at * step} to ${last}` : `${name} ${at * step}`;
};
const told = (cell) => {
  switch (cell) {
    case -1: return "cannot be judged at this precision";
    case -2: return "within its bound, but another run contradicts it";
    case -3: return "NaN or Inf where a number belongs, or the other way round";
  }
  return cell >= 1e300 ? "past its bound by any measure" : `${cell} times its bound`;
};
for (const source of document.querySelectorAll("script[data-map]")) {
  const data = JSON.parse(source.textContent);
  const svg = document.getElementById(source.dataset.map);
  const tip = source.parentElement.querySelector("output");
  const cursor = svg.querySelector(".cursor");
  let row = 0, column = 0;
  const show = (r, c) => {
    if (r < 0 || c < 0 || r >= data.cells.length || c >= data.cells[0].length) return;
    row = r; column = c;
    cursor.setAttribute("x", c * 10);
    cursor.setAttribute("y", r * 10);
    const worst = data.rowStep * data.columnStep > 1 ? "the worst is " : "";
    tip.textContent = `${range("row", r, data.rowStep, data.rows)}, ${range(data.across, c, data.columnStep, data.columns)}: ${worst}${told(data.cells[r][c])}`;
  };
  svg.addEventListener("pointermove", (event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    show(Math.floor(point.y / 10), Math.floor(point.x / 10));
  });
  svg.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    show(row + step[0], column + step[1]);
  });
  svg.addEventListener("focus", () => show(row, column));
}
