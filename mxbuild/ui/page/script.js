"use strict";
(() => {
  const DATA = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const NS = "http://www.w3.org/2000/svg";
  const tip = $("tip");

  // ---- words, as mxbuild's own screens have them
  const duration = (s) => {
    if (s < 9.95) return s.toFixed(1) + " s";
    const w = Math.round(s), two = (n) => String(n).padStart(2, "0");
    if (w < 60) return w + " s";
    if (w < 3600) return Math.floor(w / 60) + " min " + two(w % 60) + " s";
    return Math.floor(w / 3600) + " h " + two(Math.floor((w % 3600) / 60)) + " min";
  };
  const memory = (b) => (b < 2 ** 30 ? Math.round(b / 2 ** 20) + " MiB" : (b / 2 ** 30).toFixed(1) + " GiB");
  const clock = (s) => {
    const w = Math.round(s), two = (n) => String(n).padStart(2, "0");
    return w < 3600 ? Math.floor(w / 60) + ":" + two(w % 60)
      : Math.floor(w / 3600) + ":" + two(Math.floor((w % 3600) / 60)) + ":" + two(w % 60);
  };

  // ---- elements: text is only ever set as text
  const svg = (parent, name, attributes, text) => {
    const element = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    parent.appendChild(element);
    return element;
  };
  const show = (event, title, lines) => {
    tip.replaceChildren();
    const head = document.createElement("b");
    head.textContent = title;
    tip.appendChild(head);
    for (const line of lines) {
      const row = document.createElement("span");
      row.textContent = line;
      tip.appendChild(row);
    }
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    const left = event.clientX + 14 + box.width > innerWidth ? event.clientX - box.width - 14 : event.clientX + 14;
    const top = event.clientY + 14 + box.height > innerHeight ? event.clientY - box.height - 14 : event.clientY + 14;
    tip.style.left = Math.max(4, left) + "px";
    tip.style.top = Math.max(4, top) + "px";
  };
  const hide = () => { tip.hidden = true; };
  const hover = (element, title, lines) => {
    element.addEventListener("pointermove", (event) => show(event, title, typeof lines === "function" ? lines() : lines));
    element.addEventListener("pointerleave", hide);
  };

  const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400];
  const every = (span, most) => STEPS.find((step) => span / step <= most) || Math.ceil(span / most / 86400) * 86400;
  const nice = (top, most) => {
    const power = 10 ** Math.floor(Math.log10(top / most));
    return [1, 2, 5, 10].map((n) => n * power).find((step) => top / step <= most);
  };

  // ---- the axis that timeline and memory share
  const end = Math.max(0.001, ...DATA.sessions.map((s) => s.end));
  let from = 0, to = end;
  const LEFT = 58, RIGHT = 14;
  const scale = (width) => {
    const room = Math.max(50, width - LEFT - RIGHT);
    const x = (t) => LEFT + ((t - from) / (to - from)) * room;
    x.back = (px) => from + ((px - LEFT) / room) * (to - from);
    return x;
  };
  const axis = (root, x, width, height) => {
    const step = every(to - from, Math.max(2, (width - LEFT) / 90));
    for (let t = Math.ceil(from / step) * step; t <= to + 1e-9; t += step) {
      svg(root, "line", { x1: x(t), x2: x(t), y1: 0, y2: height, class: "grid" });
      svg(root, "text", { x: x(t), y: height + 16, "text-anchor": "middle" }, clock(t));
    }
  };
  const pauses = (root, x, height, named) => {
    DATA.sessions.slice(1).forEach((s, n) => {
      if (s.start < from || s.start > to) return;
      const before = DATA.sessions[n], idle = s.at - (before.at + before.end - before.start);
      const line = svg(root, "line", { x1: x(s.start), x2: x(s.start), y1: 0, y2: height, class: "pause" });
      if (named) hover(line, "stopped here", ["went on " + duration(Math.max(0, idle)) + " later"]);
    });
  };
  const area = new Map(DATA.areas.map((row, n) => [row.name, "var(--a" + Math.min(n, 6) + ")"]));
  const paint = (c) => area.get(c.area) || "var(--a6)";
  const WORD = { compiled: "compiled", cached: "from the cache", failed: "FAILED", unfinished: "no end is recorded" };
  const about = (c) => {
    const lines = [c.area + " · slot " + (c.slot + 1) + " · " + WORD[c.result] + (c.code ? " (" + c.code + ")" : "")];
    lines.push(duration(c.end - c.start) + " by the clock, " + duration(c.cpu) + " of CPU" + (c.expected ? " (expected " + duration(c.expected) + ")" : ""));
    if (c.began > c.start + 0.05) lines.push(duration(c.began - c.start) + " before the compiler: preprocessing, cache, wait for memory");
    if (c.memory) lines.push(memory(c.memory) + " at the peak" + (c.roomy ? ", with room: collected no garbage" : ""));
    if (c.worker) lines.push("compiled on " + c.worker + "; CPU and memory are what sending it took here");
    if (c.back) lines.push("not by " + c.back);
    lines.push("from " + clock(c.start) + " to " + clock(c.end) + " · " + c.object);
    return lines;
  };

  function timeline() {
    const root = $("timeline");
    if (!root) return;
    const width = root.clientWidth, x = scale(width);
    root.replaceChildren();
    const slots = 1 + Math.max(0, ...DATA.compiles.map((c) => c.slot));
    const row = slots <= 4 ? 34 : slots <= 16 ? 22 : slots <= 40 ? 14 : 7, height = slots * row;
    root.setAttribute("height", height + 24);
    axis(root, x, width, height);
    for (let n = 0; n < slots; n++)
      if (row >= 14 || n % 8 === 0) svg(root, "text", { x: LEFT - 8, y: n * row + row / 2 + 4, "text-anchor": "end" }, slots <= 16 ? "slot " + (n + 1) : n + 1);
    for (const c of DATA.compiles) {
      if (c.end < from || c.start > to) continue;
      const a = Math.max(LEFT, x(c.start)), b = Math.min(width - RIGHT, x(c.end));
      const rect = svg(root, "rect", {
        x: a, y: c.slot * row + 1.5, width: Math.max(0.8, b - a), height: row - 3, rx: Math.min(3, Math.max(0, (b - a) / 3)),
        class: (b - a > 4 ? "bar-c" : "bar-t") + " bar-" + c.result, fill: paint(c),
      });
      hover(rect, c.source, () => about(c));
      const began = Math.min(b, x(c.began));
      if (c.result !== "unfinished" && began - a > 1) svg(root, "rect", { x: a, y: c.slot * row + 1.5, width: began - a, height: row - 3, class: "bar-wait" });
      const name = c.source.split("/").pop(), fits = Math.floor((b - a - 10) / 6.6);
      if (row >= 22 && c.result === "compiled" && fits >= 6) {
        svg(root, "text", { x: Math.max(a, began) + 6, y: c.slot * row + row / 2 + 4, class: "label" }, name.length > fits ? name.slice(0, fits - 1) + "…" : name);
      }
    }
    pauses(root, x, height, true);
    zooming(root, x, height);
  }

  function memories() {
    const root = $("memory");
    if (!root) return;
    const width = root.clientWidth, height = 170, x = scale(width);
    root.replaceChildren();
    root.setAttribute("height", height + 24);
    const most = Math.max(2 ** 26, ...DATA.peaks.map((p) => p[1]), ...DATA.samples.map((s) => s.memory));
    const known = DATA.samples.filter((s) => s.free), least = Math.min(...known.map((s) => s.free));
    // Far more than the compilers take would press them flat: then it is said, not drawn.
    const plenty = known.length > 0 && least > 2 * most, free = plenty ? [] : known;
    if ($("free")) $("free").textContent = plenty ? "what was free is far above: never under " + memory(least) : "what was free";
    const top = 1.06 * Math.max(most, ...free.map((s) => s.free));
    const y = (b) => height - (b / top) * height;
    axis(root, x, width, height);
    const [unit, word] = top < 2 ** 30 ? [2 ** 20, " MiB"] : [2 ** 30, " GiB"], step = nice(top / unit, 4) * unit;
    for (let b = 0; b <= top; b += step) {
      svg(root, "line", { x1: LEFT, x2: width - RIGHT, y1: y(b), y2: y(b), class: "grid" });
      svg(root, "text", { x: LEFT - 8, y: y(b) + 4, "text-anchor": "end" }, +(b / unit).toFixed(2) + word);
    }
    const clip = svg(svg(root, "defs"), "clipPath", { id: "clip" });
    svg(clip, "rect", { x: LEFT, y: -4, width: Math.max(1, width - LEFT - RIGHT), height: height + 4 });
    const body = svg(root, "g", { "clip-path": "url(#clip)" });
    let path = "M" + x(0) + " " + y(0), last = y(0);
    for (const [at, bytes] of DATA.peaks) { path += "H" + x(at).toFixed(1) + "V" + (last = y(bytes)).toFixed(1); }
    svg(body, "path", { d: path + "V" + y(0) + "Z", fill: "var(--a0)", opacity: 0.22 });
    svg(body, "path", { d: path, fill: "none", stroke: "var(--a0)", "stroke-width": 1.2, opacity: 0.75 });
    const line = (rows, value, attributes) => {
      let d = "", session = -1;
      for (const s of rows) {
        const own = DATA.sessions.findIndex((one) => s.at <= one.end);
        d += (own === session ? "L" : "M") + x(s.at).toFixed(1) + " " + y(value(s)).toFixed(1);
        session = own;
      }
      if (d) svg(body, "path", { d, fill: "none", "stroke-width": 1.8, ...attributes });
    };
    line(DATA.samples, (s) => s.memory, { stroke: "var(--a1)" });
    line(free, (s) => s.free, { stroke: "var(--a2)", "stroke-dasharray": "5 3" });
    pauses(root, x, height, false);
    const mark = svg(root, "line", { y1: 0, y2: height, stroke: "var(--soft)", visibility: "hidden" });
    const cover = zooming(root, x, height);
    cover.addEventListener("pointermove", (event) => {
      const t = x.back(event.clientX - root.getBoundingClientRect().left);
      if (t < from || t > to) return hide();
      mark.setAttribute("x1", x(t)); mark.setAttribute("x2", x(t)); mark.setAttribute("visibility", "visible");
      let peak = 0;
      for (const [at, bytes] of DATA.peaks) { if (at > t) break; peak = bytes; }
      const lines = ["peaks of running compilers: " + memory(peak)];
      let near = null;
      for (const s of DATA.samples) if (!near || Math.abs(s.at - t) < Math.abs(near.at - t)) near = s;
      if (near) lines.push("resident: " + memory(near.memory), near.free ? "free: " + memory(near.free) : "", near.waiting ? near.waiting + " waiting for memory" : "");
      for (const c of DATA.compiles) if (c.start <= t && t < c.end && lines.length < 12) lines.push("· " + c.source.split("/").pop() + " " + memory(c.memory));
      show(event, clock(t), lines.filter(Boolean));
    });
    cover.addEventListener("pointerleave", () => { mark.setAttribute("visibility", "hidden"); hide(); });
  }

  // ---- zoom: drag over a part of either; a double click shows all again
  function zooming(root, x, height) {
    const cover = root.id === "memory" ? svg(root, "rect", { x: LEFT, y: 0, width: Math.max(1, root.clientWidth - LEFT - RIGHT), height, fill: "transparent" }) : root;
    const place = (event) => event.clientX - root.getBoundingClientRect().left;
    const start = (event) => {
      if (event.button !== 0 || event.pointerType === "touch") return;
      const first = place(event);
      const box = svg(root, "rect", { y: 0, height, fill: "var(--accent)", opacity: 0.18, "pointer-events": "none" });
      const move = (e) => { const a = Math.min(first, place(e)); box.setAttribute("x", a); box.setAttribute("width", Math.abs(place(e) - first)); };
      const up = (e) => {
        removeEventListener("pointermove", move);
        box.remove();
        const [a, b] = [x.back(first), x.back(place(e))].sort((p, q) => p - q);
        if (Math.abs(place(e) - first) > 6 && b - a > end / 1e5) zoom(Math.max(0, a), Math.min(end, b));
      };
      event.preventDefault();
      addEventListener("pointermove", move);
      addEventListener("pointerup", up, { once: true });
    };
    cover.onpointerdown = start;
    cover.ondblclick = () => zoom(0, end);
    return cover;
  }
  function zoom(a, b) {
    [from, to] = [a, b];
    $("all").disabled = from === 0 && to === end;
    hide(); timeline(); memories();
  }

  function scatter() {
    const root = $("scatter");
    if (!root) return;
    const rows = DATA.compiles.filter((c) => c.result === "compiled" && !c.worker && c.expected > 0.05 && c.cpu > 0.05);
    const width = root.clientWidth, height = 300;
    const low = Math.min(1, ...rows.map((c) => Math.min(c.cpu, c.expected))) / 1.5;
    const high = 1.3 * Math.max(1, ...rows.map((c) => Math.max(c.cpu, c.expected)));
    root.replaceChildren();
    root.setAttribute("height", height + 40);
    const span = Math.log(high / low), x = (v) => LEFT + (Math.log(v / low) / span) * (width - LEFT - RIGHT), y = (v) => height - (Math.log(v / low) / span) * height;
    for (const v of [0.1, 1, 10, 60, 300, 1800]) {
      if (v > high || v < low) continue;
      svg(root, "line", { x1: x(v), x2: x(v), y1: 0, y2: height, class: "grid" });
      svg(root, "line", { x1: LEFT, x2: width - RIGHT, y1: y(v), y2: y(v), class: "grid" });
      const word = v < 60 ? v + " s" : v / 60 + " min";
      svg(root, "text", { x: x(v), y: height + 16, "text-anchor": "middle" }, word);
      svg(root, "text", { x: LEFT - 8, y: y(v) + 4, "text-anchor": "end" }, word);
    }
    svg(root, "line", { x1: x(low), y1: y(low), x2: x(high), y2: y(high), stroke: "var(--faint)", "stroke-dasharray": "5 4" });
    svg(root, "text", { x: width - RIGHT, y: height + 34, "text-anchor": "end" }, "expected CPU time →   ↑ what it took");
    for (const c of rows) hover(svg(root, "circle", { cx: x(Math.max(low, c.expected)), cy: y(Math.max(low, c.cpu)), r: 4, class: "dot", fill: paint(c), "fill-opacity": 0.75 }), c.source, () => about(c));
  }

  function left() {
    const root = $("left");
    if (!root) return;
    const rows = DATA.samples.filter((s) => s.left);
    const width = root.clientWidth, height = 300;
    root.replaceChildren();
    root.setAttribute("height", height + 24);
    const top = 1.05 * Math.max(end, ...rows.map((s) => s.left[1])), x = (t) => LEFT + (t / end) * (width - LEFT - RIGHT), y = (v) => height - (v / top) * height;
    const step = every(end, Math.max(2, (width - LEFT) / 90)), up = every(top, 5);
    for (let t = 0; t <= end; t += step) { svg(root, "line", { x1: x(t), x2: x(t), y1: 0, y2: height, class: "grid" }); svg(root, "text", { x: x(t), y: height + 16, "text-anchor": "middle" }, clock(t)); }
    for (let v = 0; v <= top; v += up) { svg(root, "line", { x1: LEFT, x2: width - RIGHT, y1: y(v), y2: y(v), class: "grid" }); svg(root, "text", { x: LEFT - 8, y: y(v) + 4, "text-anchor": "end" }, clock(v)); }
    const d = rows.map((s) => x(s.at).toFixed(1) + " " + y(s.left[1]).toFixed(1)).concat(rows.slice().reverse().map((s) => x(s.at).toFixed(1) + " " + y(s.left[0]).toFixed(1)));
    svg(root, "path", { d: "M" + d.join("L") + "Z", fill: "var(--a0)", opacity: 0.3 });
    svg(root, "line", { x1: x(0), y1: y(end), x2: x(end), y2: y(0), stroke: "var(--ink)", "stroke-width": 1.5 });
    const cover = svg(root, "rect", { x: LEFT, y: 0, width: Math.max(1, width - LEFT - RIGHT), height, fill: "transparent" });
    cover.addEventListener("pointermove", (event) => {
      const t = ((event.clientX - root.getBoundingClientRect().left - LEFT) / (width - LEFT - RIGHT)) * end;
      const near = rows.reduce((best, s) => (Math.abs(s.at - t) < Math.abs(best.at - t) ? s : best), rows[0]);
      show(event, clock(near.at), ["said: " + duration(near.left[0]) + " to " + duration(near.left[1]) + " left", "it took: " + duration(Math.max(0, end - near.at)), near.done + " of " + near.total + " objects"]);
    });
    cover.addEventListener("pointerleave", hide);
  }

  // ---- tables: sorted by a click, filtered by typing
  for (const table of document.querySelectorAll("table[data-fold]")) {
    const body = table.tBodies[0], rows = [...body.rows], keep = +table.dataset.fold;
    const button = document.querySelector('[data-all="' + table.id + '"]'), filter = document.querySelector('[data-filter="' + table.id + '"]');
    let folded = rows.length > keep;
    const draw = () => {
      const word = filter ? filter.value.trim().toLowerCase() : "";
      let shown = 0;
      for (const row of body.rows) {
        const fits = !word || row.textContent.toLowerCase().includes(word);
        row.hidden = !fits || (folded && !word && shown >= keep);
        shown += fits;
      }
    };
    if (button) {
      if (rows.length <= keep) button.hidden = true;
      else button.onclick = () => { folded = !folded; button.textContent = folded ? button.dataset.more : "fewer"; draw(); };
    }
    if (filter) filter.oninput = draw;
    for (const head of table.tHead ? table.tHead.rows[0].cells : []) {
      if (head.dataset.sort === undefined) continue;
      const sort = () => {
        const up = head.getAttribute("aria-sort") === "descending", n = head.cellIndex;
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const key = (row) => row.cells[n].dataset.v === undefined ? row.cells[n].textContent : +row.cells[n].dataset.v;
        const sorted = rows.slice().sort((p, q) => { const a = key(p), b = key(q); return (a < b ? -1 : a > b ? 1 : 0) * (up ? 1 : -1); });
        body.append(...sorted);
        draw();
      };
      head.tabIndex = 0;
      head.onclick = sort;
      head.onkeydown = (event) => { if (event.key === "Enter") sort(); };
    }
    draw();
  }
  for (const element of document.querySelectorAll("[data-tip]")) hover(element, element.dataset.tip, (element.dataset.lines || "").split("\n").filter(Boolean));

  const dark = matchMedia("(prefers-color-scheme: dark)");
  $("theme").onclick = () => {
    const now = document.documentElement.dataset.theme || (dark.matches ? "dark" : "light");
    document.documentElement.dataset.theme = now === "dark" ? "light" : "dark";
  };
  if ($("all")) $("all").onclick = () => zoom(0, end);
  const draw = () => { timeline(); memories(); scatter(); left(); };
  let width = innerWidth;
  addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; draw(); } });
  addEventListener("scroll", hide, { passive: true });
  draw();
  document.documentElement.dataset.drawn = "yes";
})();
