/* Choose all proposed days at once; without this file each is chosen by itself. */
(() => {
  "use strict";
  const all = document.querySelector("[data-choose-all]");
  if (!all) return;
  all.hidden = false;
  all.addEventListener("change", (event) => {
    for (const box of document.querySelectorAll("input[name='days']")) box.checked = event.target.checked;
  });
})();
