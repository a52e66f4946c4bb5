/* Live data for pages: one stream per browser and address, with an honest word when it falls silent.

   The file has two lives. In a page it gives `PendapaLive.open(…)`. That starts the same file once more as a
   SharedWorker, which holds the stream for all tabs. Without shared workers a tab holds its own stream; without a
   stream the snapshot is asked for every 3 s.

   Server's events: `snapshot` and `change` carry top-level keys that replace those of the state; `heartbeat` comes every
   10 s; each carries `now`, the installation's time, and may carry `speed`, how fast that runs (a demo's may). */
(() => {
  "use strict";

  const SILENCE = 15_000; // ms after which data counts as old
  const POLL = 3_000;
  const FIRST_RETRY = 1_000;
  const LAST_RETRY = 30_000;
  const GONE = 150_000; // ms without a sign from a tab; hidden tabs are slowed to one sign a minute

  // ---- The engine: follows one address, calls tell() with news ----

  function follow({ url, snapshotUrl }, tell) {
    let source = null;
    let state = null; // the merged data, null before the first snapshot
    let heard = 0; // Date.now() of the last sign of life
    let mode = "connecting";
    let clock = null; // {server, local}: one pair of moments
    let rate = 1; // a demo's clock may run faster
    let retry = FIRST_RETRY;
    let retryTimer = null;
    let pollTimer = null;
    let etag = null;
    let closed = false;

    const tick = setInterval(judge, 1_000);

    function news(kind, keys) {
      return { kind, keys, data: state, mode, clock, rate, heard };
    }

    function setMode(next) {
      if (mode === next) return;
      mode = next;
      tell(news("mode", []));
    }

    function setClock(now, speed) {
      const server = typeof now === "number" ? now : Date.parse(now);
      if (Number.isNaN(server)) return;
      const local = Date.now();
      if (typeof speed === "number") {
        rate = speed;
      } else if (clock && local - clock.local > 5_000) {
        const seen = (server - clock.server) / (local - clock.local);
        rate = Math.abs(seen - 1) < 0.05 ? 1 : Math.min(Math.max(seen, 0), 1_000);
      }
      if (!clock || local - clock.local > 5_000) clock = { server, local };
    }

    function take(kind, data, live) {
      if (data === null || typeof data !== "object") return;
      heard = Date.now();
      if (live && kind !== "heartbeat") etag = null; // it stands for an older state than the one that is shown now
      if (data.now !== undefined) setClock(data.now, data.speed);
      if (kind === "snapshot") state = data;
      else if (kind === "change") state = { ...state, ...data };
      setMode(live ? "live" : "polling");
      tell(news(kind, kind === "heartbeat" ? [] : Object.keys(data)));
    }

    function connect() {
      retryTimer = null;
      if (closed) return;
      if (typeof EventSource === "undefined") return startPolling();
      const mine = new EventSource(url, { withCredentials: true });
      source = mine;
      for (const kind of ["snapshot", "change", "heartbeat"]) {
        mine.addEventListener(kind, (event) => {
          if (closed || source !== mine) return;
          if (kind === "change" && state === null) return; // a change means nothing before its snapshot
          let data;
          try {
            data = JSON.parse(event.data);
          } catch {
            return reconnect();
          }
          retry = FIRST_RETRY;
          stopPolling();
          take(kind, data, true);
        });
      }
      // The browser's own repeat has a fixed pace; after an outage that would bring every screen back at once.
      mine.addEventListener("error", () => source === mine && reconnect());
    }

    function reconnect() {
      source?.close();
      source = null;
      startPolling();
      if (closed || retryTimer) return;
      retryTimer = setTimeout(connect, retry / 2 + Math.random() * retry);
      retry = Math.min(retry * 2, LAST_RETRY);
    }

    function startPolling() {
      if (closed || pollTimer || !snapshotUrl) return;
      pollTimer = setTimeout(poll, 0);
    }

    function stopPolling() {
      clearTimeout(pollTimer);
      pollTimer = null;
    }

    async function poll() {
      const mine = pollTimer;
      const stop = new AbortController();
      const limit = setTimeout(() => stop.abort(), 10_000);
      try {
        const answer = await fetch(snapshotUrl, {
          cache: "no-store",
          credentials: "include",
          headers: { Accept: "application/json", ...(etag && state ? { "If-None-Match": etag } : {}) },
          signal: stop.signal,
        });
        if (closed || pollTimer !== mine) return;
        if (answer.status === 304) {
          heard = Date.now();
          setMode("polling");
        } else if (answer.ok) {
          const data = await answer.json();
          if (closed || pollTimer !== mine) return;
          etag = answer.headers.get("ETag");
          take("snapshot", data, false);
        }
      } catch {
        // A failed poll says nothing by itself: judge() looks at how long nothing was heard.
      } finally {
        clearTimeout(limit);
        if (!closed && pollTimer === mine) pollTimer = setTimeout(poll, POLL * (0.85 + Math.random() * 0.3));
      }
    }

    function judge() {
      if (Date.now() - heard < SILENCE) return;
      if (mode === "live") {
        setMode("stale");
        reconnect();
      } else if (mode === "connecting" ? Date.now() - started > SILENCE : mode !== "stale" || retry > 4 * FIRST_RETRY) {
        setMode("offline");
      }
    }

    const started = Date.now();
    connect();

    return {
      latest: () => news(state === null ? "mode" : "snapshot", state === null ? [] : Object.keys(state)),
      close() {
        closed = true;
        source?.close();
        clearInterval(tick);
        clearTimeout(retryTimer);
        stopPolling();
      },
    };
  }

  // ---- As a worker: one engine per address, shared by the tabs ----

  if (typeof SharedWorkerGlobalScope !== "undefined") {
    const engines = new Map(); // address -> {engine, ports}
    const places = new Map(); // port -> {address, seen}

    const leave = (port) => {
      const place = places.get(port);
      const shared = place && engines.get(place.address);
      places.delete(port);
      if (!shared) return;
      shared.ports.delete(port);
      if (shared.ports.size > 0) return;
      shared.engine.close();
      engines.delete(place.address);
    };

    const join = (port, request) => {
      leave(port);
      if (typeof EventSource === "undefined") return port.postMessage({ kind: "unable" });
      places.set(port, { address: request.url, seen: Date.now() });
      const shared = engines.get(request.url);
      if (shared) {
        shared.ports.add(port);
        return port.postMessage(shared.engine.latest());
      }
      const ports = new Set([port]);
      const engine = follow(request, (news) => {
        for (const one of ports) one.postMessage(news);
      });
      engines.set(request.url, { engine, ports });
      return undefined;
    };

    self.onconnect = (event) => {
      const port = event.ports[0];
      port.onmessage = ({ data }) => {
        if (data.act === "join") join(port, data);
        else if (data.act === "leave") leave(port);
        else if (places.has(port)) places.get(port).seen = Date.now();
        else port.postMessage({ kind: "forgotten" });
      };
    };

    setInterval(() => {
      for (const [port, place] of places) if (Date.now() - place.seen > GONE) leave(port);
    }, 30_000);
    return;
  }

  // ---- In a page ----

  const script = document.currentScript.src;

  function open({ url, snapshotUrl = null, onSnapshot, onChange, onState }) {
    const request = {
      url: new URL(url, location.href).href,
      snapshotUrl: snapshotUrl && new URL(snapshotUrl, location.href).href,
    };
    let last = { mode: "connecting", clock: null, rate: 1, heard: 0 };
    let port = null;
    let engine = null;
    let sign = null;
    let shown = null;

    const now = () => (last.clock ? last.clock.server + (Date.now() - last.clock.local) * last.rate : Date.now());

    function hear(news) {
      if (news.kind === "unable") return alone();
      if (news.kind === "forgotten") return join();
      last = news;
      if (news.mode !== shown && news.mode !== "connecting") {
        shown = news.mode;
        onState?.(shown, { now: now(), age: news.heard ? Date.now() - news.heard : null });
      }
      if (news.kind === "snapshot") onSnapshot?.(news.data, news.keys);
      else if (news.kind === "change") (onChange ?? onSnapshot)?.(news.data, news.keys);
      return undefined;
    }

    function alone() {
      leave();
      engine = follow(request, hear);
    }

    function join() {
      if (typeof SharedWorker === "undefined") return alone();
      try {
        const worker = new SharedWorker(script, "pendapa-live");
        port = worker.port;
        worker.onerror = () => port && alone();
      } catch {
        return alone();
      }
      port.onmessage = ({ data }) => hear(data);
      port.postMessage({ act: "join", ...request });
      sign = setInterval(() => port?.postMessage({ act: "here" }), 20_000);
      return undefined;
    }

    function leave() {
      clearInterval(sign);
      port?.postMessage({ act: "leave" });
      port?.close();
      engine?.close();
      port = engine = null;
    }

    // A page kept in the browser's memory holds no stream; one that wakes up asks whether it was forgotten.
    const hide = () => leave();
    const show = (event) => event.persisted && !port && !engine && join();
    const wake = () => document.hidden || port?.postMessage({ act: "here" });
    window.addEventListener("pagehide", hide);
    window.addEventListener("pageshow", show);
    document.addEventListener("visibilitychange", wake);
    join();

    return {
      now,
      get state() {
        return last.mode;
      },
      close() {
        window.removeEventListener("pagehide", hide);
        window.removeEventListener("pageshow", show);
        document.removeEventListener("visibilitychange", wake);
        leave();
      },
    };
  }

  window.PendapaLive = Object.freeze({ open });
})();
