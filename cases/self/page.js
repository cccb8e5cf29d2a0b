// Drives the report's page and writes what it found into <pre id="checks">: "ok NAME" or "not ok NAME: why".
(function () {
  "use strict";
  var out = [], errors = window.pageErrors;
  function check(name, got, wanted) {
    out.push(got === wanted ? "ok " + name : "not ok " + name + ": " + got + ", expected " + wanted);
  }
  function all(selector) { return Array.prototype.slice.call(document.querySelectorAll(selector)); }
  function shown() { return all(".case").filter(function (c) { return c.offsetParent !== null; }); }
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

  try {
    check("dark-or-light", matchMedia("(prefers-color-scheme: dark)").matches, window.pageDark);
    check("every case is there", shown().length, 12);
    check("the count", document.getElementById("count").textContent, "12 cases");
    check("red ones are unfolded", all(".case[open]").length, 5);
    check("no script of the sample ran", window.alerted, undefined);

    search("beacon");
    check("search finds a title", ids(shown()), "lifecycle.service");
    search("nslookup  NXDOMAIN");
    check("search takes words in any order, and finds output", ids(shown()), "lifecycle.dns");
    search("nothing is like this");
    check("nothing found says so", document.getElementById("none").offsetParent !== null, true);
    key("Escape");
    check("Escape shows all", shown().length, 12);

    chip("failed");
    chip("blocked");
    check("verdicts add up", ids(shown()), "lifecycle.service lifecycle.reach");
    check("groups without a case are gone", all("[data-cases]:not([hidden])").length, 2);
    check("the count of a filter", document.getElementById("count").textContent, "2 of 12");
    search("beacon");
    check("search and verdicts together", ids(shown()), "lifecycle.service");
    key("Escape");

    key("/");
    check("/ goes to the search", document.activeElement, box);
    key("j");
    check("a letter in the search is a letter", document.querySelector(".at"), null);
    key("Escape");
    key("j");
    key("j");
    key("k");
    check("j and k walk", document.activeElement.closest(".case").querySelector(".id").textContent, "lifecycle.service");
    key("o");
    check("o folds", document.querySelector(".at").open, false);
    key("o");
    check("o unfolds", document.querySelector(".at").open, true);

    chip("passed");
    location.hash = "#case-5";
    window.dispatchEvent(new HashChangeEvent("hashchange"));
    check("a link unfolds its case, also one that was filtered away", document.getElementById("case-5").open, true);
    check("a link shows its case", document.getElementById("case-5").offsetParent !== null, true);
    check("the graph links to every case of it", all(".graph a").every(function (a) {
      return document.querySelector(a.getAttribute("href"));
    }), true);
    check("links on the page lead somewhere", all("nav a:not([hidden])").every(function (a) {
      return document.querySelector(a.getAttribute("href"));
    }), true);
    document.getElementById("fold").click();
    document.getElementById("fold").click();
    check("all unfold", all(".case[open]").length, 12);
    check("everything that can be clicked has a name", all("button, a, summary, input").filter(function (e) {
      return !(e.textContent.trim() || e.getAttribute("aria-label"));
    }).length, 0);
    check("the page is not wider than the window", document.documentElement.scrollWidth <= window.innerWidth, true);
    check("every text has contrast", worst(), null);

    var around = document.querySelector("details.around");
    around.open = true;
    setTimeout(function () {
      check("what happened meanwhile is a table", around.querySelectorAll("tr").length > 1, true);
      check("nothing was fetched", performance.getEntriesByType("resource").length, 0);
      check("no error", errors.join("; "), "");
      report();
    }, 50);
  } catch (error) {
    out.push("not ok the checks: " + error);
    report();
  }
  function report() {
    var pre = document.createElement("pre");
    pre.id = "checks";
    pre.textContent = "\n" + out.join("\n") + "\nend of checks\n";
    document.body.appendChild(pre);
  }
}());
