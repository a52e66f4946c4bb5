/* Keeps the board true: draws what the stream says, and only where it differs.

   Rows are found again by their label, so a burst of news moves what has to move and leaves the rest alone. A new call
   flashes three times and is read out once; a second call of the same number does so again. */
(() => {
  "use strict";

  const ROWS = 5; // as in boards.py
  const MOST_ROWS = 12;
  const MANY_QUEUES = 12;
  const MOST_QUEUES = 26;
  const NEW_FOR = 10_000; // ms that a new call keeps its mark

  const find = (id) => document.getElementById(id);
  const list = find("board-calls");
  const waiting = find("board-waiting");
  const { stream, snapshot, zone, where, spoken } = list.dataset;
  const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone });

  // The page came with the calls of its moment: only later ones are news.
  const known = new Map([...list.children].map((row) => [row.dataset.label, row.dataset.call]));

  function clockText(moment) {
    return time.format(new Date(moment)).replace(":", ".");
  }

  function write(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  /** Make the children of a parent match the items, one element each, in their order. */
  function draw(parent, items, { name, keyOf, template, fill }) {
    const present = new Map([...parent.children].map((child) => [child.dataset[name], child]));
    items.forEach((item, index) => {
      const key = keyOf(item);
      let element = present.get(key);
      if (element === undefined) {
        element = find(template).content.firstElementChild.cloneNode(true);
        element.dataset[name] = key;
      }
      present.delete(key);
      fill(element, item, index);
      if (parent.children[index] !== element) parent.insertBefore(element, parent.children[index] ?? null);
    });
    for (const element of present.values()) element.remove();
  }

  function callsShown(state) {
    const others = [...state.serving, ...state.recent].sort((one, other) => Date.parse(other.called_at) - Date.parse(one.called_at));
    const size = Math.min(Math.max(ROWS, state.called.length), MOST_ROWS);
    return [...state.called, ...others].slice(0, size);
  }

  function drawCalls(state) {
    const calls = callsShown(state);
    draw(list, calls, { name: "label", keyOf: (call) => call.label, template: "board-call", fill: fillCall });
    list.classList.toggle("pd-board__calls--many", calls.length > ROWS);
    list.hidden = calls.length === 0;
    find("board-nobody").hidden = calls.length > 0;
    announce(state.called);
  }

  function fillCall(row, call, index) {
    const kept = row.classList.contains("pd-call--new") ? " pd-call--new" : "";
    const isFirst = index === 0 && call.state === "called";
    row.className = `pd-call pd-call--${call.state}${isFirst ? " pd-call--first" : ""}${kept}`;
    write(row.querySelector(".pd-call__label"), call.label);
    write(row.querySelector(".pd-call__where"), call.counter === null ? "" : where.replace("#", call.counter));
    write(row.querySelector(".pd-call__stand"), call.agency);
    row.querySelector(".pd-call__now").hidden = call.state !== "called";
  }

  function announce(called) {
    const fresh = called.filter((call) => known.get(call.label) !== `${call.calls} ${call.called_at}`);
    for (const call of called) known.set(call.label, `${call.calls} ${call.called_at}`);
    if (fresh.length === 0) return;
    for (const call of fresh) flash([...list.children].find((row) => row.dataset.label === call.label));
    const sentence = (call) => spoken.replace("@", call.label).replace("#", call.counter).replace("~", call.agency);
    find("board-spoken").textContent = fresh.map(sentence).join(" ");
  }

  function flash(row) {
    if (!row) return;
    row.classList.remove("pd-call--new");
    void row.offsetWidth; // or the browser would not start the animation anew
    row.classList.add("pd-call--new");
    clearTimeout(row.newUntil);
    row.newUntil = setTimeout(() => row.classList.remove("pd-call--new"), NEW_FOR);
  }

  function queuesShown(state) {
    if (state.queues.length <= MOST_QUEUES) return state.queues;
    const fullest = [...state.queues].sort((one, other) => other.waiting - one.waiting).slice(0, MOST_QUEUES);
    return state.queues.filter((queue) => fullest.includes(queue));
  }

  function drawWaiting(state) {
    const queues = queuesShown(state);
    draw(waiting, queues, {
      name: "prefix",
      keyOf: (queue) => queue.prefix,
      template: "board-queue",
      fill(row, queue) {
        write(row.querySelector(".pd-waiting__prefix"), queue.prefix);
        write(row.querySelector(".pd-waiting__name"), queue.name);
        write(row.querySelector(".pd-waiting__count"), String(queue.waiting));
        row.querySelector(".pd-waiting__closed").hidden = queue.is_open;
      },
    });
    waiting.classList.toggle("pd-board__waiting--many", queues.length > MANY_QUEUES);
    find("board-closed").hidden = queues.every((queue) => queue.is_open);
  }

  function show(state, keys) {
    if (keys.some((key) => key === "called" || key === "serving" || key === "recent")) drawCalls(state);
    if (keys.includes("queues")) drawWaiting(state);
    tick();
  }

  function showMode(mode, { now, age }) {
    document.documentElement.dataset.live = mode;
    const words = find("board-mode");
    if (mode === "live") write(words, words.dataset.whenLive);
    if (mode === "polling") write(words, words.dataset.whenPolling);
    if (mode === "stale" || (mode === "offline" && age !== null)) write(find("board-since"), clockText(now - (age ?? 0)));
  }

  const live = window.PendapaLive.open({ url: stream, snapshotUrl: snapshot, onSnapshot: show, onState: showMode });

  function tick() {
    const shown = find("board-clock");
    if (live === undefined || !["live", "polling"].includes(live.state)) return;
    write(shown, clockText(live.now()));
  }

  setInterval(tick, 1_000);
})();
