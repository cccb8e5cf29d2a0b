// What the checks of every page share; the checks themselves are in page_<kind>.js, which is put behind it. They write what they found
// into <pre id="checks">: "ok NAME" or "not ok NAME: why".
"use strict";
var out = [], errors = window.pageErrors;
function check(name, got, wanted) {
  out.push(got === wanted ? "ok " + name : "not ok " + name + ": " + got + ", expected " + wanted);
}
function all(selector) { return Array.prototype.slice.call(document.querySelectorAll(selector)); }
function shown() { return all(".case, .row").filter(function (c) { return c.offsetParent !== null; }); }
function ids(list) { return list.map(function (c) { return c.querySelector(".id").textContent; }).join(" "); }
function key(name) {
  (document.activeElement || document.body).dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));
}
var box = document.getElementById("search");
function search(text) {
  box.value = text;
  box.dispatchEvent(new Event("input"));
}
function chip(verdict) { document.querySelector('.chip[data-group="' + verdict + '"]').click(); }

// --- contrast, as WCAG 2 has it ---
function channels(color) { return color.match(/[\d.]+/g).map(Number); }
function light(c) {
  var l = c.slice(0, 3).map(function (v) { v /= 255; return v <= 0.03928 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4); });
  return 0.2126 * l[0] + 0.7152 * l[1] + 0.0722 * l[2];
}
function behind(element) {
  for (; element; element = element.parentElement) {
    var c = channels(getComputedStyle(element).backgroundColor);
    if (c.length < 4 || c[3] > 0.99) return c;
  }
  return [255, 255, 255];
}
function contrast(element) {
  var a = light(channels(getComputedStyle(element).color)) + 0.05, b = light(behind(element)) + 0.05;
  return a > b ? a / b : b / a;
}
function worst() {
  var low = null;
  all("body *").forEach(function (e) {
    var text = Array.prototype.some.call(e.childNodes, function (n) { return n.nodeType === 3 && n.data.trim(); });
    if (text && e.offsetParent && !(e instanceof SVGElement) && contrast(e) < 4.5)
      low = low || e.tagName + "." + e.className + " " + contrast(e).toFixed(2);
  });
  return low;
}

// --- what holds for every page ---
function checkWhole(entries) {
  check("dark-or-light", matchMedia("(prefers-color-scheme: dark)").matches, window.pageDark);
  check("every case is there", shown().length, entries);
  check("the count", document.getElementById("count").textContent, entries + " cases");
  check("no script of the sample ran", window.alerted, undefined);
  search("nothing is like this");
  check("nothing found says so", document.getElementById("none").offsetParent !== null, true);
  key("Escape");
  check("Escape shows all", shown().length, entries);
  key("/");
  check("/ goes to the search", document.activeElement, box);
  key("j");
  check("a letter in the search is a letter", document.querySelector(".at"), null);
  key("Escape");
  check("links on the page lead somewhere", all("nav a:not([hidden])").every(function (a) {
    return document.querySelector(a.getAttribute("href"));
  }), true);
}
function checkLooks() { // with everything unfolded
  check("everything that can be clicked has a name", all("button, a, summary, input").filter(function (e) {
    return !(e.textContent.trim() || e.getAttribute("aria-label"));
  }).length, 0);
  check("the page is not wider than the window", document.documentElement.scrollWidth <= window.innerWidth, true);
  check("every text has contrast", worst(), null);
}
function checkQuiet() {
  check("nothing was fetched", performance.getEntriesByType("resource").length, 0);
  check("no error", errors.join("; "), "");
}
function report() {
  var pre = document.createElement("pre");
  pre.id = "checks";
  pre.textContent = "\n" + out.join("\n") + "\nend of checks\n";
  document.body.appendChild(pre);
}
function checks(run) { // run may call report itself, later, and then returns true
  try {
    if (!run()) report();
  } catch (error) {
    out.push("not ok the checks: " + error);
    report();
  }
}
