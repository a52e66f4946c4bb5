/* A screen that waits: asks every two seconds whether its code was typed in, and loads itself anew then. */
(() => {
  "use strict";

  const line = document.getElementById("pairing");
  const { state, seconds, lost, waiting } = line.dataset;
  const ASK = 2_000;
  const PATIENCE = 8_000; // ms for one answer
  const shownAt = Date.now();

  async function ask() {
    try {
      const answer = await fetch(state, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
      const { anew } = await answer.json();
      say("live", waiting);
      if (anew) return location.reload();
    } catch {
      // A code that ran out meanwhile must not be read; the server shows another one when it is back.
      const isOver = Date.now() - shownAt > Number(seconds) * 1_000;
      document.documentElement.classList.toggle("pa-over", isOver);
      say("offline", lost);
    }
    setTimeout(ask, ASK);
  }

  function say(mode, words) {
    document.documentElement.dataset.live = mode;
    if (line.textContent !== words) line.textContent = words;
  }

  setTimeout(ask, ASK);
})();
