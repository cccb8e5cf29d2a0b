// The checks of the page of an upgrade, which is that of a comparison and more; behind page.js.
checks(function () {
  check("the answer", document.querySelector("h1").textContent, "No-go");
  check("what needs somebody", all(".needs .badge").map(function (b) { return b.textContent.slice(2); }).join(" "),
    "run run regressed gap-changed missing slower");
  check("what is in the way or warns is unfolded", all(".case[open]").length, 4);
  checkWhole(12);

  search("alert(1)");
  check("search finds a message", ids(shown()), "lifecycle.deploy-c1");
  key("Escape");
  chip("missing");
  chip("fixed");
  check("classes add up", ids(shown()), "lifecycle.deploy-f1 lifecycle.service");
  check("groups without a case are gone", all("[data-cases]:not([hidden])").length, 2);
  check("the count of a filter", document.getElementById("count").textContent, "2 of 12");
  location.hash = "#case-0";
  window.dispatchEvent(new HashChangeEvent("hashchange"));
  check("a link shows its case, also one that was filtered away", document.getElementById("case-0").offsetParent !== null, true);
  key("Escape");

  key("j");
  check("j walks", document.activeElement.closest(".case").querySelector(".id").textContent, "lifecycle.dns");
  key("o");
  check("o folds", document.querySelector(".at").open, false);

  check("both sides are there", all(".case .sides").every(function (t) { return t.rows.length === 2; }), true);
  check("every point has what is to be done", all("#list ~ .scroll tbody tr").every(function (r) { return r.cells[4].textContent; }), true);
  check("no point leads elsewhere than to the web", all("main a[rel]").every(function (a) { return /^https:/.test(a.href); }), true);
  check("durations are as long as they say", all(".pair").every(function (cell) {
    var bars = cell.querySelectorAll("i"), slower = /\+/.test(cell.previousElementSibling.textContent);
    return slower === bars[1].getBoundingClientRect().width > bars[0].getBoundingClientRect().width || bars[0].offsetWidth <= 2;
  }), true);
  document.getElementById("fold").click();
  document.getElementById("fold").click();
  checkLooks();
  checkQuiet();
});
