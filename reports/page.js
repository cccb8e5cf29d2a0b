// The page works without this; with it, it can be searched, filtered and walked with the keyboard.
(function () {
  "use strict";
  var root = document.documentElement, all = function (selector, from) {
    return Array.prototype.slice.call((from || document).querySelectorAll(selector));
  };
  root.classList.add("js");
  all("nav a").forEach(function (a) { a.hidden = !document.querySelector(a.getAttribute("href")); });
  var cases = all(".case, .row"), box = document.getElementById("search"), chips = all(".chip[data-group]");
  var count = document.getElementById("count"), groups = all("[data-cases]"), at = -1;

  // --- search and filter ---
  function words(element) {
    if (element.words === undefined) element.words = element.textContent.toLowerCase();
    return element.words;
  }
  function apply() {
    var wanted = box.value.toLowerCase().split(/\s+/).filter(Boolean), shown = 0;
    var pressed = chips.filter(function (c) { return c.getAttribute("aria-pressed") === "true"; })
      .map(function (c) { return c.dataset.group; });
    cases.forEach(function (c) {
      var fits = (!pressed.length || pressed.indexOf(c.dataset.verdict) >= 0) &&
        wanted.every(function (w) { return words(c).indexOf(w) >= 0; });
      c.hidden = !fits;
      shown += fits ? 1 : 0;
    });
    groups.forEach(function (g) { g.hidden = !g.querySelector(".case:not([hidden]), .row:not([hidden])"); });
    document.getElementById("none").hidden = shown > 0;
    count.textContent = shown === cases.length ? shown + (shown === 1 ? " case" : " cases") : shown + " of " + cases.length;
  }
  if (!box) return;
  box.addEventListener("input", apply);
  chips.forEach(function (chip) {
    chip.addEventListener("click", function () {
      chip.setAttribute("aria-pressed", chip.getAttribute("aria-pressed") === "true" ? "false" : "true");
      apply();
    });
  });
  function clear() {
    box.value = "";
    chips.forEach(function (c) { c.setAttribute("aria-pressed", "false"); });
    apply();
  }
  var fold = document.getElementById("fold");
  fold.addEventListener("click", function () {
    var open = cases.some(function (c) { return !c.hidden && c.open; });
    cases.forEach(function (c) { if (!c.hidden && c.tagName === "DETAILS") c.open = !open; });
  });

  // --- links to a case open it, and take away a filter that hides it ---
  function reveal() {
    var target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (!target || target.tagName !== "DETAILS") return;
    if (target.hidden) clear();
    target.open = true;
    target.scrollIntoView({ block: "start" });
    mark(cases.indexOf(target), true);
  }
  window.addEventListener("hashchange", reveal);
  document.addEventListener("click", function (event) { // also when the hash stays the same
    var link = event.target.closest && event.target.closest("a[href^='#']");
    if (link && (link.getAttribute("href") || link.href.baseVal) === location.hash) reveal();
  });

  // --- keyboard ---
  function mark(index, quiet) {
    if (cases[at]) cases[at].classList.remove("at");
    at = index;
    if (!cases[at]) return;
    cases[at].classList.add("at");
    if (!quiet) {
      cases[at].scrollIntoView({ block: "nearest" });
      var summary = cases[at].querySelector("summary");
      if (summary) summary.focus({ preventScroll: true });
    }
  }
  function step(by) {
    for (var i = at + by; i >= 0 && i < cases.length; i += by)
      if (!cases[i].hidden) { mark(i); return; }
  }
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      clear();
      box.blur();
      return;
    }
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
    if (event.key === "/") {
      event.preventDefault();
      box.focus();
      box.select();
    } else if (event.key === "j" || event.key === "k") {
      step(event.key === "j" ? 1 : -1);
    } else if (event.key === "o" && cases[at] && cases[at].tagName === "DETAILS") {
      cases[at].open = !cases[at].open;
    }
  });

  // --- what all clusters did while a case went wrong, made when it is asked for ---
  function around(fold) {
    var from = +fold.dataset.from, to = +fold.dataset.to, rows = [];
    all("#time .line[data-id] i").forEach(function (bar) {
      var start = +bar.dataset.s, end = start + +bar.dataset.d;
      if (start <= to && end >= from)
        rows.push({ start: start, bar: bar, id: bar.closest(".line").dataset.id });
    });
    all(".events tr[data-s]", fold.closest(".case")).forEach(function (event) {
      if (+event.dataset.s >= from && +event.dataset.s <= to) rows.push({ start: +event.dataset.s, event: event });
    });
    rows.sort(function (a, b) { return a.start - b.start; });
    var left = rows.length - 200, table = document.createElement("table");
    ["at", "where", "case or object", "what"].forEach(function (name) {
      var cell = document.createElement("th");
      cell.textContent = name;
      (table.rows[0] || table.insertRow()).appendChild(cell);
    });
    rows.slice(0, 200).forEach(function (row) {
      var line = table.insertRow();
      var words = row.bar ? [row.bar.dataset.c || "\u2013", row.id, row.bar.title]
        : Array.prototype.map.call(row.event.cells, function (c) { return c.textContent; }).slice(1);
      line.className = row.bar ? row.bar.classList.contains("bad") ? "bad" : "" : row.event.className;
      [(row.start / 1000).toFixed(3) + " s"].concat(words).forEach(function (text) { line.insertCell().textContent = text; });
    });
    fold.appendChild(table);
    if (left > 0) fold.appendChild(document.createTextNode(left + " more are in the time line."));
  }
  all("details.around").forEach(function (fold) {
    fold.addEventListener("toggle", function () {
      if (fold.open && !fold.querySelector("table")) around(fold);
    });
  });

  apply();
  reveal();
}());
