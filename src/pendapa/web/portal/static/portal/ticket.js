/* Follows one number: the people ahead change in place, anything else lets the server draw the card anew. */
(() => {
  "use strict";

  const box = document.getElementById("ticket");
  const said = document.getElementById("ticket-said");
  const line = document.getElementById("ticket-live");
  const { url, snapshot, nobody, one, many, liveWord, pollingWord, lostWord, zone } = box.dataset;
  const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone });
  const ANNOUNCED = new Set([10, 5, 3, 2, 1, 0]); // people ahead that are worth a word to a screen reader
  let ahead = null;
  let asked = "";

  const shown = () => document.getElementById("ticket-now").dataset;

  function show(state) {
    const now = shown();
    const counter = state.counter === null ? "" : String(state.counter);
    if (state.state !== now.state || counter !== now.counter || state.code !== now.code) renew(state, counter);
    else if (state.ahead !== ahead) tellAhead(state.ahead);
    ahead = state.ahead;
  }

  /** The card as the server words it; asked for once per change. */
  function renew(state, counter) {
    const change = `${state.code} ${state.state} ${counter}`;
    if (asked === change) return;
    asked = change;
    const address = state.code === shown().code ? location.pathname : `/t/${state.code}/`;
    if (address !== location.pathname) {
      location.replace(address); // a transfer: the successor has its own page and its own stream
      return;
    }
    window.htmx.ajax("GET", address, { target: "#ticket" }).then(
      () => {
        const sentence = box.querySelector(".pd-ticket__headline");
        if (sentence) said.textContent = `${box.querySelector(".pd-label").textContent}. ${sentence.textContent}`;
        if (state.state === "called" && "vibrate" in navigator) navigator.vibrate([300, 150, 300]);
      },
      () => {
        asked = ""; // the next change asks again
      },
    );
  }

  function tellAhead(number) {
    const place = box.querySelector(".pd-ticket__wait p");
    if (!place) return;
    const words = number === 0 ? nobody : number === 1 ? one : many.replace("#", number);
    place.lastChild.textContent = ` ${words}`;
    if (ANNOUNCED.has(number)) said.textContent = words;
  }

  function showMode(mode, { now, age }) {
    document.documentElement.dataset.live = mode;
    const words = { live: liveWord, polling: pollingWord }[mode] ?? lostWord.replace("#", time.format(new Date(now - (age ?? 0))));
    if (line.textContent !== words) line.textContent = words;
  }

  window.PendapaLive.open({ url, snapshotUrl: snapshot, onSnapshot: show, onState: showMode });
})();
