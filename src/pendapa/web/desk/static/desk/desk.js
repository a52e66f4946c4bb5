/* The officer's desk: follows the hall, keeps focus and half-typed forms, and is honest when the connection is gone. */
(() => {
  "use strict";

  const desk = document.getElementById("desk");
  const panel = document.getElementById("ds-panel");
  const errors = document.getElementById("ds-errors");
  const said = document.getElementById("ds-said");
  const refresher = document.getElementById("ds-refresh");
  if (!desk || !refresher) return;

  const SETTLE = 300; // ms in which several changes become one request
  const SPOKEN = 8_000; // ms for which the sentence about an act stays
  const POLL = 5_000; // without a stream
  const LONGEST = 15_000; // with one: minutes go on, and a neighbour's act may not be on the board

  let mode = "connecting";
  let timer = null;
  let shown = null; // the last part as it came, without its changing tokens
  let asked = Date.now();
  let heard = Date.now(); // of the last answer of the pages server
  let lost = false;

  // ---- Asking for the present state ----

  const soon = () => {
    timer ??= setTimeout(() => {
      timer = null;
      asked = Date.now();
      htmx.trigger(refresher, "refresh");
    }, SETTLE + Math.random() * 200);
  };

  setInterval(() => {
    if (document.hidden && mode === "live") return;
    if (Date.now() - asked >= (mode === "live" && !lost ? LONGEST : POLL)) soon();
    tell();
  }, 1_000);
  document.addEventListener("visibilitychange", () => document.hidden || soon());
  window.addEventListener("online", soon);
  window.addEventListener("offline", () => tell());

  const mine = (state) => {
    const labels = new Set([...desk.querySelectorAll(".pd-row__label, .pd-label")].map((one) => one.textContent.split("-")[0]));
    const near = (one) => one.agency === desk.dataset.agency || String(one.counter) === desk.dataset.counter;
    return JSON.stringify([
      ...["called", "serving", "recent"].map((key) => (state[key] || []).filter((one) => near(one) || labels.has(one.label.split("-")[0]))),
      (state.queues || []).filter((one) => near(one) || labels.has(one.prefix)),
    ]);
  };
  let last = null;
  const look = (state) => {
    const now = mine(state);
    if (last !== null && last !== now) soon();
    last = now;
  };
  if (window.PendapaLive) {
    PendapaLive.open({
      url: desk.dataset.url,
      snapshotUrl: desk.dataset.snapshot,
      onSnapshot: look,
      onState: (next) => {
        mode = next;
        tell();
      },
    });
  }

  // How old the page is: the hall's time stands on it; without a connection it says so.
  function tell() {
    const mark = desk.querySelector(".pd-live");
    const isLost = lost || !navigator.onLine || Date.now() - heard > 3 * LONGEST;
    desk.dataset.live = isLost ? "offline" : mode === "live" ? "live" : "polling";
    if (!mark) return;
    const word = isLost ? `${desk.dataset.lostWord} ${mark.dataset.time}.` : mode === "live" ? desk.dataset.liveWord : desk.dataset.pollingWord;
    if (mark.textContent !== word) mark.textContent = word;
  }

  // ---- What comes back ----

  const isRefresh = (event) => event.detail.elt === refresher || event.detail.requestConfig?.elt === refresher;
  const plain = (html) => html.replace(/<input type="hidden" name="csrfmiddlewaretoken"[^>]*>/g, "").replace(/data-seconds="\d+"/g, "");
  let hadFocus = false;

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target !== desk) return;
    heard = Date.now();
    lost = false;
    const text = plain(event.detail.xhr.responseText);
    if (isRefresh(event) && text === shown) event.detail.shouldSwap = false; // nothing is redrawn under the pointer
    shown = isRefresh(event) ? text : null;
    hadFocus = desk.contains(document.activeElement) || panel.contains(document.activeElement);
    tell();
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target === panel) {
      panel.querySelector(".pd-errors, input:checked, input:not([type='hidden']), select, button")?.focus();
      panel.scrollIntoView({ block: "nearest" });
    }
    if (event.detail.target !== desk) return;
    const request = event.detail.requestConfig;
    if (request && request.verb === "post") {
      document.getElementById("toasts")?.replaceChildren(); // news of an act before this one
      quiet();
    }
    if (request && request.verb === "post" && event.detail.xhr.status === 200) {
      if (panel.contains(request.elt)) close();
      else if (!errors.textContent.trim()) errors.replaceChildren();
    }
    // The button that was pressed is gone: go on from the visitor, not from the top of the page.
    if (hadFocus && (document.activeElement === document.body || !document.activeElement)) {
      (errors.querySelector(".pd-errors") || document.getElementById("ds-now"))?.focus({ preventScroll: true });
    }
    expire();
    tell();
  });

  // The undo leaves when its time is over; the server decides anyway.
  let gone = null;
  function expire() {
    clearTimeout(gone);
    const form = document.getElementById("ds-undo-form");
    if (form) gone = setTimeout(() => form.remove(), Number(form.dataset.seconds) * 1_000);
  }

  // What was said lies over the page, so it leaves; the page itself shows what is.
  let silence = null;
  function quiet() {
    clearTimeout(silence);
    silence = setTimeout(() => said.replaceChildren(), SPOKEN);
  }

  // ---- The panel ----

  function close() {
    const inside = panel.contains(document.activeElement);
    panel.replaceChildren();
    if (inside) document.getElementById("ds-now")?.focus({ preventScroll: true });
  }

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || !event.target.closest("[data-panel-close]") || !panel.contains(event.target)) return;
    event.preventDefault();
    close();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && panel.firstElementChild) close();
  });

  // ---- Without a connection ----

  const complain = (sentence) => {
    const box = document.createElement("div");
    box.className = "pd-errors desk-errors";
    const words = document.createElement("p");
    words.textContent = sentence;
    box.append(words);
    errors.replaceChildren(box);
    said.textContent = "";
  };

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (navigator.onLine || isRefresh(event)) return;
    event.preventDefault();
    const form = event.detail.elt.closest("form");
    if (form) {
      delete form.dataset.sent;
      form.querySelector("[aria-busy]")?.removeAttribute("aria-busy");
    }
    complain(desk.dataset.notDone);
  });

  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.body.addEventListener(name, (event) => {
      event.stopPropagation(); // the page says it itself, in place of a toast
      lost = true;
      tell();
      if (!isRefresh(event)) complain(event.detail.requestConfig.verb === "get" ? desk.dataset.notDone : desk.dataset.unsure);
      for (const form of desk.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
    });
  }
  document.body.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 403 && !isRefresh(event)) {
      event.stopPropagation(); // signed in anew in another tab: the forms of this one carry the former token
      complain(desk.dataset.old);
      shown = null;
      soon();
      return;
    }
    if (!isRefresh(event)) return;
    event.stopPropagation(); // a page that only follows does not pile up toasts
    if (event.detail.xhr.status === 404) location.reload(); // the role is gone, or the counter
    lost = true;
    tell();
  });

  expire();
  tell();
})();
