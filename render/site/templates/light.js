// Before anything is painted: the light that was chosen last.
try { document.documentElement.dataset.light = localStorage.getItem("light") || ""; } catch { /* none was */ }
