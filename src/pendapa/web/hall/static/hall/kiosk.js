/* Brings the kiosk back to its first screen when nobody touches it, so that the next visitor starts fresh. */
(() => {
  "use strict";

  const page = document.querySelector("[data-home]");
  const counted = document.querySelector("[data-countdown]");
  const after = Number(page.dataset.homeAfter);
  let left = after;

  function tick() {
    left -= 1;
    if (counted && left >= 0) counted.textContent = counted.dataset.countdown.replace("#", left);
    if (left <= 0) goHome();
  }

  /** Only when the server answers: a dead network must not leave the browser's own error page on the kiosk. */
  function goHome() {
    left = after;
    fetch(page.dataset.home, { method: "HEAD", redirect: "manual" }).then(
      () => location.replace(page.dataset.home),
      () => {},
    );
  }

  for (const sign of ["pointerdown", "keydown", "scroll"]) {
    addEventListener(sign, () => { left = after; }, { passive: true });
  }
  setInterval(tick, 1_000);

  // A code is typed on the glass; the field keeps the focus for a reader, which types by itself.
  const keys = document.querySelector(".ki-keys");
  if (keys) {
    const field = document.querySelector(".ki-arrive input:not([type=hidden])");
    keys.hidden = false;
    keys.addEventListener("click", (event) => {
      const symbol = event.target.closest("[data-symbol]")?.dataset.symbol;
      if (symbol === undefined) return;
      const typed = field.value.replaceAll("-", "");
      const next = symbol ? (typed + symbol).slice(0, 16) : typed.slice(0, -1);
      field.value = next.match(/.{1,4}/g)?.join("-") ?? "";
    });
    field.focus();
  }
})();
