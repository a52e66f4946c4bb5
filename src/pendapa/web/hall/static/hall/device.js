/* A screen says every half minute that it lives, and asks in between whether it was locked, unlocked or moved.

   Where the hall's network was away for longer, the next report says so. Without an answer the page stays as it is. */
(() => {
  "use strict";

  const { report, home, state } = document.currentScript.dataset;
  const REPORT = 30_000;
  const ASK = 3_000;
  const PATIENCE = 8_000; // ms for one answer
  const AWAY = 60_000; // ms without an answer that are worth a word
  const HEARD = "pendapa.device.heard"; // outlives the page: a kiosk opens a new one with each touch

  const browser = /(Firefox|Chrome|Version)\/(\d+)/.exec(navigator.userAgent);
  const software = browser ? `${browser[1] === "Version" ? "Safari" : browser[1]} ${browser[2]}` : "";
  let leaving = false;

  function fault() {
    const heard = Number(sessionStorage.getItem(HEARD));
    const silent = heard ? Date.now() - heard : 0;
    return silent > AWAY ? `offline-for:${Math.min(Math.round(silent / 1_000), 9_999_999)}` : "";
  }

  async function speak(method) {
    if (leaving) return;
    const body = method === "POST" ? JSON.stringify({ software, fault: fault() }) : undefined;
    try {
      const answer = await fetch(report, {
        method,
        body,
        cache: "no-store",
        headers: { "Content-Type": "application/json", "X-Pendapa-Device": "1" },
        signal: AbortSignal.timeout(PATIENCE),
      });
      follow(await answer.json());
      if (method === "POST" && answer.ok) sessionStorage.setItem(HEARD, String(Date.now()));
    } catch {
      // No network, or a server that starts anew: the next word will get through.
    }
  }

  /** To where the device belongs now; the server shows there that it is locked, or what else it has become. */
  function follow(standing) {
    if (standing.state === undefined || (standing.state === state && standing.home === home)) return;
    leaving = true;
    location.replace(standing.home ?? home);
  }

  if (state === "known") {
    speak("POST");
    setInterval(() => speak("POST"), REPORT);
  }
  setInterval(() => speak("GET"), ASK);
})();
