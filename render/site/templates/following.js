// Following: a page of a scene that is being composed asks every second what it is to show, and shows it.
"use strict";

(function () {
  const follows = document.querySelector("[data-follows]").dataset.follows;
  let last = null;

  thalweg.now = (mark) => {
    if (last && mark.page !== last.page) location.reload();
    else if (last && mark.data !== last.data) {
      for (const each of document.querySelectorAll("[data-terrain]")) {
        if (each.viewer) each.viewer.load(`${each.dataset.terrain}?${mark.data}`);
      }
    }
    last = mark;
  };

  function ask() {
    const script = document.createElement("script");
    script.src = `${follows}?${Date.now()}`;
    script.onload = script.onerror = () => script.remove();
    document.head.append(script);
  }

  ask();
  setInterval(ask, 1000);
})();
