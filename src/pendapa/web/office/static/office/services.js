/* A service's form: the focus follows a row that moved, and the preview follows it too. Works without this file. */
(() => {
  "use strict";

  const focusOn = (id) => {
    const place = id && document.getElementById(id);
    if (!place) return;
    const field = place.matches("button, input, select, textarea") ? place : place.querySelector("input:not([type='hidden']), select, textarea");
    (field || place).focus();
  };

  const form = document.querySelector("[data-focus-on]");
  if (form) focusOn(form.dataset.focusOn);

  document.addEventListener("htmx:afterSettle", (event) => {
    const part = event.target instanceof Element ? document.getElementById(event.target.id) : null;
    if (!part || !part.dataset.focusOn) return;
    focusOn(part.dataset.focusOn);
    delete part.dataset.focusOn;
    document.body.dispatchEvent(new CustomEvent("sv:rows"));
    part.dispatchEvent(new Event("input", { bubbles: true }));
  });
})();
