// The checks of a run's page, behind page.js.
checks(function () {
  check("red ones are unfolded", all(".case[open]").length, 5);
  checkWhole(12);

  search("beacon");
  check("search finds a title", ids(shown()), "lifecycle.service");
  search("nslookup  NXDOMAIN");
  check("search takes words in any order, and finds output", ids(shown()), "lifecycle.dns");
  key("Escape");

  chip("failed");
  chip("blocked");
  check("verdicts add up", ids(shown()), "lifecycle.service lifecycle.reach");
  check("groups without a case are gone", all("[data-cases]:not([hidden])").length, 2);
  check("the count of a filter", document.getElementById("count").textContent, "2 of 12");
  search("beacon");
  check("search and verdicts together", ids(shown()), "lifecycle.service");
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
  document.getElementById("fold").click();
  document.getElementById("fold").click();
  check("all unfold", all(".case[open]").length, 12);
  checkLooks();

  var around = document.querySelector("details.around");
  around.open = true;
  setTimeout(function () {
    check("what happened meanwhile has steps and events of all clusters in their order", Array.prototype.map.call(around.querySelectorAll("td:nth-child(2)"),
      function (c) { return c.textContent; }).join(" "), "federation federation c1 c1 federation c2 federation c1");
    checkQuiet();
    report();
  }, 50);
  return true;
});
