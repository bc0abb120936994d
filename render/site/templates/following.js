// Following: a page of a scene that is being composed asks every second what it is to show, and shows it.
"use strict";

(function () {
  let last = null;

  thalweg.now = (mark) => {
    if (last !== null && mark !== last) {
      document.querySelectorAll("[data-terrain]").forEach((each) => {
        if (each.viewer) each.viewer.load(`${each.dataset.terrain}?${mark}`);
      });
    }
    last = mark;
  };

  setInterval(() => {
    const script = document.createElement("script");
    script.src = `${document.body.dataset.follows || document.querySelector("[data-terrain]").dataset.follows}?${Date.now()}`;
    script.onload = script.onerror = () => script.remove();
    document.head.append(script);
  }, 1000);
})();
