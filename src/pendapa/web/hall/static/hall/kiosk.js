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
  document.querySelector(".ki-arrive input:not([type=hidden])")?.focus();
})();
