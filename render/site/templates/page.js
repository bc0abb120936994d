// The page: its light, what is copied, and films that stand still where no motion is wanted.
"use strict";

var thalweg = window.thalweg || {};

(function () {
  const root = document.documentElement, button = document.querySelector("[data-part=light]");
  const dark = () => (root.dataset.light
    ? root.dataset.light === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches);

  function keep(value) {
    try { localStorage.setItem("light", value); } catch { /* a page of a disk may have no memory */ }
  }

  function name() {
    if (button) button.textContent = dark() ? "Light" : "Dark";
  }

  if (button) {
    button.hidden = false;
    button.addEventListener("click", () => {
      root.dataset.light = dark() ? "light" : "dark";
      keep(root.dataset.light);
      name();
    });
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", name);
    name();
  }

  // Copies text, and says so beside; where nothing may be copied, the text stands there to be taken.
  thalweg.copy = async (text, output) => {
    let done = false;
    try {
      await navigator.clipboard.writeText(text);
      done = true;
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      area.setAttribute("readonly", "");
      area.className = "aside";
      document.body.append(area);
      area.select();
      done = document.execCommand("copy");
      area.remove();
    }
    output.textContent = output.dataset.shows === "text" ? text : done ? "Copied" : "Select the text to copy it";
    output.dataset.done = done;
  };

  document.querySelectorAll("[data-copies]").forEach((each) => {
    const text = document.getElementById(each.dataset.copies), output = each.parentElement.querySelector("output");
    each.hidden = false;
    each.addEventListener("click", () => thalweg.copy(text.textContent, output));
  });

  window.thalweg = thalweg;
})();
