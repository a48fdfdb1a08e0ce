/* The chat of a company that answers with Parley: one file, no framework, no build step.
   <script src="https://console.example/chat/widget.js" data-site="northbeam" async></script>
   What it sends and gets is described in docs/chat.md. */
(() => {
  "use strict";
  const script = document.currentScript;
  if (!script || window.parleyChat) return;
  const data = script.dataset;
  const base = new URL(".", script.src);
  const site = data.site || location.host;
  const linkOrigins = new Set([location.origin, base.origin, ...(data.links || "").split(/[\s,]+/)]);
  const MAX_WAIT_MS = 20000;

  const WORDS = {
    en: { open: "Chat with us", close: "Close the chat", title: "Chat", ai: "AI assistant", person: "A person is here", write: "Your message", send: "Send", typing: "Writing…", offline: "No connection. Your message is sent as soon as there is one.", tooLong: "At most {n} characters.", failed: "This could not be sent.", log: "Conversation", hello: "Hello! What can we do for you?", you: "You", left: "{n} characters left" },
    de: { open: "Chatten Sie mit uns", close: "Chat schließen", title: "Chat", ai: "KI-Assistent", person: "Ein Mensch ist da", write: "Ihre Nachricht", send: "Senden", typing: "Schreibt…", offline: "Keine Verbindung. Ihre Nachricht geht ab, sobald es eine gibt.", tooLong: "Höchstens {n} Zeichen.", failed: "Das konnte nicht gesendet werden.", log: "Unterhaltung", hello: "Guten Tag! Was können wir für Sie tun?", you: "Sie", left: "noch {n} Zeichen" },
    es: { open: "Chatee con nosotros", close: "Cerrar el chat", title: "Chat", ai: "Asistente de IA", person: "Le atiende una persona", write: "Su mensaje", send: "Enviar", typing: "Escribiendo…", offline: "Sin conexión. Su mensaje se enviará en cuanto vuelva.", tooLong: "Como máximo {n} caracteres.", failed: "No se ha podido enviar.", log: "Conversación", hello: "¡Hola! ¿En qué podemos ayudarle?", you: "Usted", left: "quedan {n} caracteres" },
    fr: { open: "Discutez avec nous", close: "Fermer la discussion", title: "Discussion", ai: "Assistant IA", person: "Une personne vous répond", write: "Votre message", send: "Envoyer", typing: "Écrit…", offline: "Pas de connexion. Votre message partira dès son retour.", tooLong: "{n} caractères au plus.", failed: "L'envoi a échoué.", log: "Conversation", hello: "Bonjour ! Que pouvons-nous faire pour vous ?", you: "Vous", left: "encore {n} caractères" },
    pt: { open: "Fale connosco", close: "Fechar o chat", title: "Chat", ai: "Assistente de IA", person: "Está aqui uma pessoa", write: "A sua mensagem", send: "Enviar", typing: "A escrever…", offline: "Sem ligação. A sua mensagem segue assim que houver.", tooLong: "No máximo {n} caracteres.", failed: "Não foi possível enviar.", log: "Conversa", hello: "Olá! Em que podemos ajudar?", you: "Você", left: "restam {n} caracteres" },
    it: { open: "Scriva a noi", close: "Chiudi la chat", title: "Chat", ai: "Assistente IA", person: "C'è una persona", write: "Il suo messaggio", send: "Invia", typing: "Sta scrivendo…", offline: "Nessuna connessione. Il messaggio partirà appena torna.", tooLong: "Al massimo {n} caratteri.", failed: "Non è stato possibile inviare.", log: "Conversazione", hello: "Buongiorno! Che cosa possiamo fare per lei?", you: "Lei", left: "ancora {n} caratteri" },
  };
  const wished = (data.lang || document.documentElement.lang || navigator.language || "en").slice(0, 2);
  const language = WORDS[wished] ? wished : "en";
  const words = WORDS[language];
  const put = (text, n) => text.replace("{n}", n);

  const CSS = `
:host { all: initial; }
* { box-sizing: border-box; font: inherit; }
.root { --ink: #14202b; --soft: #4a5a68; --paper: #ffffff; --wash: #eef2f6; --line: #c5d0da; --brand: #0b5c8a; --on: #ffffff; --mine: #0b5c8a; --bad: #a4262c;
  font: 16px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; color: var(--ink); position: fixed; right: 20px; bottom: 20px; z-index: 2147483000; }
@media (prefers-color-scheme: dark) { .root { --ink: #e8eef4; --soft: #a9b8c6; --paper: #16202a; --wash: #223140; --line: #3c4e60; --brand: #8cc8ee; --on: #0d1720; --mine: #1f5f86; --bad: #ff9a9a; } }
button { cursor: pointer; border: 0; }
.launch { display: flex; align-items: center; gap: 10px; background: var(--brand); color: var(--on); padding: 13px 20px; border-radius: 999px; font-weight: 600; box-shadow: 0 6px 20px rgb(0 0 0 / .25); }
.launch svg { width: 20px; height: 20px; }
.badge { background: #b3261e; color: #fff; border-radius: 999px; min-width: 22px; padding: 0 6px; font-size: 14px; text-align: center; }
.panel { display: flex; flex-direction: column; width: 380px; height: min(600px, calc(100vh - 40px)); background: var(--paper); border: 1px solid var(--line); border-radius: 16px; overflow: hidden; box-shadow: 0 14px 44px rgb(0 0 0 / .28); }
[hidden] { display: none !important; }
header { display: flex; align-items: center; gap: 10px; padding: 12px 8px 12px 16px; border-bottom: 1px solid var(--line); }
header div { flex: 1; min-width: 0; }
h2 { margin: 0; font-size: 17px; font-weight: 650; }
.who { margin: 0; color: var(--soft); font-size: 14px; display: flex; align-items: center; gap: 6px; }
.who::before { content: ""; width: 9px; height: 9px; border-radius: 50%; border: 2px solid var(--brand); flex: none; }
.who.person::before { background: var(--brand); }
.x { width: 44px; height: 44px; background: none; color: var(--ink); border-radius: 10px; display: grid; place-items: center; }
.x svg { width: 20px; height: 20px; }
.log { flex: 1; overflow-y: auto; padding: 16px; display: flex; flex-direction: column; gap: 10px; overscroll-behavior: contain; }
.msg { max-width: 86%; align-self: flex-start; }
.msg .by { font-size: 13px; color: var(--soft); margin: 0 0 2px 2px; }
.msg .text { background: var(--wash); padding: 9px 13px; border-radius: 14px 14px 14px 4px; white-space: pre-wrap; overflow-wrap: anywhere; }
.msg.visitor { align-self: flex-end; }
.msg.visitor .text { background: var(--mine); color: #fff; border-radius: 14px 14px 4px 14px; }
.msg.waiting .text { opacity: .65; }
.msg .failed { color: var(--bad); font-size: 13px; margin: 3px 2px 0; text-align: right; }
.text a { color: inherit; text-decoration: underline; }
.dots { display: flex; align-items: center; gap: 8px; color: var(--soft); font-size: 14px; padding: 0 18px 8px; }
.dots i { width: 7px; height: 7px; border-radius: 50%; background: var(--soft); animation: beat 1.1s infinite alternate; }
.dots i:nth-child(2) { animation-delay: .2s; } .dots i:nth-child(3) { animation-delay: .4s; }
@keyframes beat { from { opacity: .25; } to { opacity: 1; } }
@media (prefers-reduced-motion: reduce) { .dots i { animation: none; } }
.note { margin: 0; padding: 8px 16px; font-size: 14px; background: var(--wash); color: var(--ink); border-top: 1px solid var(--line); }
form { display: flex; flex-wrap: wrap; align-items: flex-end; gap: 8px; padding: 10px 12px; border-top: 1px solid var(--line); }
textarea { flex: 1; resize: none; min-height: 44px; max-height: 132px; padding: 10px 12px; border: 1px solid var(--soft); border-radius: 12px; background: var(--paper); color: var(--ink); }
textarea::placeholder { color: var(--soft); opacity: 1; }
.agree { flex: 1 0 100%; display: flex; gap: 10px; align-items: flex-start; font-size: 14px; padding: 4px 2px; cursor: pointer; }
.agree input { width: 20px; height: 20px; margin: 0; flex: none; accent-color: var(--brand); }
.send { height: 44px; padding: 0 16px; border-radius: 12px; background: var(--brand); color: var(--on); font-weight: 600; }
.send:disabled { background: var(--wash); color: var(--soft); cursor: default; }
.count { margin: 0; padding: 0 16px 8px; font-size: 13px; color: var(--soft); }
.count.over { color: var(--bad); font-weight: 600; }
:focus-visible { outline: 3px solid var(--brand); outline-offset: 2px; }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 480px) { .root.open { inset: 0; } .panel { width: 100%; height: 100%; border: 0; border-radius: 0; } .root { right: 14px; bottom: 14px; } }
`;

  /* What is kept over a reload: the token, a link not yet used, and messages not yet taken. */
  const keep = (name, value) => {
    try {
      const key = `parley:${base.host}:${site}:${name}`;
      if (value === undefined) return localStorage.getItem(key) || "";
      if (value) localStorage.setItem(key, value);
      else localStorage.removeItem(key);
    } catch { /* storage is shut: the chat lasts as long as the page */ }
    return value || "";
  };
  const make = (tag, props = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(props)) {
      if (name in node && typeof value !== "string") node[name] = value;
      else node.setAttribute(name === "className" ? "class" : name, value);
    }
    node.append(...children);
    return node;
  };
  const icon = (path) => {
    const ns = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(ns, "svg");
    const line = document.createElementNS(ns, "path");
    for (const [k, v] of [["viewBox", "0 0 24 24"], ["fill", "none"], ["stroke", "currentColor"], ["stroke-width", "2"], ["stroke-linecap", "round"], ["stroke-linejoin", "round"], ["aria-hidden", "true"]]) svg.setAttribute(k, v);
    line.setAttribute("d", path);
    svg.append(line);
    return svg;
  };

  const host = make("parley-chat");
  const shadow = host.attachShadow({ mode: "open" });
  const badge = make("span", { className: "badge", hidden: true });
  const launch = make("button", { className: "launch", type: "button", "aria-expanded": "false", "aria-haspopup": "dialog" },
    icon("M21 12a8 8 0 0 1-8 8H4l2-3a8 8 0 1 1 15-5z"), make("span", {}, words.open), badge);
  const who = make("p", { className: "who", role: "status" }, words.ai);
  const shut = make("button", { className: "x", type: "button", "aria-label": words.close }, icon("M6 6l12 12M18 6L6 18"));
  const log = make("div", { className: "log", role: "log", "aria-live": "polite", "aria-label": words.log, tabindex: "0" });
  const dots = make("div", { className: "dots", hidden: true, role: "status" }, make("i"), make("i"), make("i"), make("span", {}, words.typing));
  const note = make("p", { className: "note", role: "status", hidden: true });
  const box = make("textarea", { rows: "1", "aria-label": words.write, placeholder: words.write, "aria-describedby": "count" });
  const send = make("button", { className: "send", type: "submit", disabled: true }, words.send);
  const count = make("p", { className: "count", id: "count", hidden: true });
  const tick = make("input", { type: "checkbox" });
  const agree = make("label", { className: "agree", hidden: true }, tick, make("span"));
  const form = make("form", {}, agree, box, send);
  const panel = make("section", { className: "panel", role: "dialog", "aria-label": words.title, hidden: true },
    make("header", {}, make("div", {}, make("h2", {}, data.title || words.title), who), shut), log, dots, note, form, count);
  const root = make("div", { className: "root", lang: language }, launch, panel);
  shadow.append(make("style", {}, CSS), root);

  const shown = new Map(); /* line id -> node */
  const mine = new Map(); /* client id -> node of a message that is not taken yet */
  let waiting = [];
  try { waiting = JSON.parse(keep("waiting") || "[]"); } catch { waiting = []; }
  let token = keep("token"), maxText = 2000, isOpen = false, unseen = 0, socket = null;
  let ready = false, tries = 0, refused = 0, timer = 0, polling = false, mark = "", welcomed = false;

  const query = new URLSearchParams(location.search);
  if (query.get("pt")) {
    keep("link", query.get("pt"));
    query.delete("pt");
    const rest = query.toString();
    history.replaceState(history.state, "", location.pathname + (rest ? `?${rest}` : "") + location.hash);
  }

  /* Strangers' and agents' words are text; only addresses of the page's own origins become links. */
  const say = (node, text) => {
    let at = 0;
    for (const found of text.matchAll(/https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)]/g)) {
      let url = null;
      try { url = new URL(found[0]); } catch { continue; }
      if (!linkOrigins.has(url.origin)) continue;
      node.append(text.slice(at, found.index), make("a", { href: url.href, target: "_blank", rel: "noopener noreferrer" }, found[0]));
      at = found.index + found[0].length;
    }
    node.append(text.slice(at));
  };
  const bubble = (by, name, text) => {
    const label = by === "visitor" ? words.you : by === "person" ? name || words.person : words.ai;
    const body = make("div", { className: "text" });
    say(body, text);
    const head = make("p", { className: by === "visitor" ? "by sr" : "by" }, label);
    return make("div", { className: `msg ${by}` }, head, body);
  };
  const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  const add = (node) => {
    const follow = atEnd();
    log.append(node);
    if (follow || node.classList.contains("visitor")) log.scrollTop = log.scrollHeight;
  };
  const welcome = () => {
    if (welcomed || shown.size || mine.size) return;
    welcomed = true;
    log.append(bubble("agent", "", data.hello || words.hello));
  };
  const setHere = (here) => {
    who.textContent = here === "person" ? words.person : words.ai;
    who.classList.toggle("person", here === "person");
  };
  /* Nobody ticks it but the visitor: whenever it comes or goes it is unticked. */
  let consent = null;
  const setBox = (shown) => {
    if ((shown && shown.wording) === (consent && consent.wording)) return;
    consent = shown || null;
    tick.checked = false;
    agree.hidden = !consent;
    agree.lastChild.textContent = consent ? consent.words[language] : "";
  };
  const setBadge = () => {
    badge.hidden = !unseen;
    badge.textContent = String(unseen);
  };
  /* What the visitor wrote here may come back as news before the server's ack does. */
  const adopt = (line) => {
    const found = waiting.find((m) => m.text === line.text && mine.has(m.id));
    if (!found) return false;
    const node = mine.get(found.id);
    mine.delete(found.id);
    node.classList.remove("waiting");
    shown.set(line.id, node);
    return true;
  };
  const show = (line) => {
    if (shown.has(line.id)) return;
    if (line.by === "visitor" && adopt(line)) return;
    const node = bubble(line.by, line.name, line.text);
    shown.set(line.id, node);
    add(node);
    if (line.by === "visitor") return;
    if (line.by === "person") setHere("person");
    if (isOpen) tellSeen([line.id]);
    else { unseen += 1; setBadge(); }
  };
  const toSee = [];
  const tellSeen = (ids) => {
    toSee.push(...ids);
    if (!toSee.length || !ready) return;
    const all = toSee.splice(0);
    if (socket) tell({ type: "seen", ids: all });
    else post("seen", { ids: all }).catch(() => toSee.push(...all));
  };
  const taken = (clientId, lineId) => {
    const said = waiting.find((m) => m.id === clientId);
    waiting = waiting.filter((m) => m.id !== clientId);
    keep("waiting", waiting.length ? JSON.stringify(waiting) : "");
    const node = mine.get(clientId);
    mine.delete(clientId);
    if (!node) {
      if (said && !shown.has(lineId)) show({ id: lineId, by: "visitor", name: "", text: said.text });
      return;
    }
    node.classList.remove("waiting");
    if (shown.has(lineId)) node.remove();
    else shown.set(lineId, node);
  };
  const notTaken = (clientId, why) => {
    const node = mine.get(clientId);
    waiting = waiting.filter((m) => m.id !== clientId);
    keep("waiting", waiting.length ? JSON.stringify(waiting) : "");
    mine.delete(clientId);
    if (node) node.append(make("p", { className: "failed", role: "alert" }, `${words.failed} ${why || ""}`));
  };
  const setOnline = (online) => {
    note.hidden = online;
    note.textContent = online ? "" : words.offline;
  };

  const tell = (message) => socket && socket.readyState === 1 && socket.send(JSON.stringify({ v: 1, ...message }));
  const about = () => ({ language: navigator.language || "", time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone || "", page: site });
  const begin = (hello) => {
    if (token && hello.token !== token) {
      for (const node of shown.values()) node.remove();
      shown.clear();
    }
    token = keep("token", hello.token);
    if (hello.link_used) keep("link", "");
    maxText = hello.max_text || maxText;
    ready = true;
    tries = 0;
    setOnline(true);
    setHere(hello.here);
  };
  const caughtUp = (lines) => {
    lines.forEach(show);
    welcome();
    for (const message of waiting) pass(message);
    tellSeen([]);
  };
  const pass = (message) => {
    if (!mine.has(message.id)) {
      const node = bubble("visitor", "", message.text);
      node.classList.add("waiting");
      mine.set(message.id, node);
      add(node);
    }
    if (!ready) return;
    if (socket) tell({ type: "say", ...message, ...about() });
    else post("messages", { ...message, ...about() }).then((answer) => taken(message.id, answer.line))
      .catch((error) => error.status && error.status !== 429 && notTaken(message.id, error.message));
  };

  const hear = (message) => {
    if (message.type === "hello") begin(message);
    else if (message.type === "history") caughtUp(message.lines);
    else if (message.type === "message") show(message.line);
    else if (message.type === "ack") taken(message.id, message.line);
    else if (message.type === "box") setBox(message.box);
    else if (message.type === "typing") { dots.hidden = !message.on; setHere(message.here); }
    else if (message.type === "error" && message.id) notTaken(message.id, message.text);
  };
  const later = () => {
    clearTimeout(timer);
    tries += 1;
    const wait = Math.min(MAX_WAIT_MS, 500 * 2 ** Math.min(tries, 6)) * (0.7 + 0.6 * Math.random());
    timer = setTimeout(connect, wait);
  };
  const connect = () => {
    clearTimeout(timer);
    if (socket || polling) return;
    if (refused >= 2 || !("WebSocket" in window)) { poll(); return; }
    const url = new URL("ws", base);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    let opened = false, greeted = false;
    const current = new WebSocket(url);
    /* Taken from the first moment: whoever connects again meanwhile would be a second visitor. */
    socket = current;
    current.onopen = () => {
      opened = true;
      tell({ type: "hello", token, pt: keep("link"), site });
    };
    current.onmessage = (event) => {
      greeted = true;
      hear(JSON.parse(event.data));
    };
    current.onclose = (event) => {
      if (socket !== current) return;
      socket = null;
      ready = false;
      dots.hidden = true;
      refused = greeted ? 0 : refused + (opened ? 0 : 1);
      if (event.code === 4403) return;
      if (event.code === 4408) { setTimeout(() => isOpen && connect(), 1000); return; }
      if (isOpen || waiting.length) setOnline(false);
      later();
    };
  };

  /* The same conversation over plain requests, where a network shuts WebSockets out. */
  const post = async (path, body, method = "POST") => {
    const headers = { authorization: `Bearer ${token}` };
    if (body) headers["content-type"] = "application/json";
    const answer = await fetch(new URL(path, base), { method, headers, body: body && JSON.stringify(body) });
    const said = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(said.error), { status: answer.status });
    return said;
  };
  const poll = async () => {
    polling = true;
    try {
      const hello = await post("hello", { token, pt: keep("link") });
      begin(hello);
      caughtUp(hello.lines);
      setBox(hello.box);
      mark = hello.mark;
      while (polling) {
        const news = await post(`messages?wait=20&after=${encodeURIComponent(mark)}`, null, "GET");
        mark = news.mark;
        news.lines.forEach(show);
        dots.hidden = !news.typing;
        setHere(news.here);
        setBox(news.box);
      }
    } catch {
      ready = false;
      polling = false;
      if (isOpen || waiting.length) setOnline(false);
      refused = 0;
      later();
    }
  };

  const open = (isNow) => {
    isOpen = isNow;
    panel.hidden = !isNow;
    launch.hidden = isNow;
    root.classList.toggle("open", isNow);
    launch.setAttribute("aria-expanded", String(isNow));
    keep("open", isNow ? "1" : "");
    if (!isNow) { launch.focus(); return; }
    if (!socket && !polling) connect();
    if (!token) welcome();
    unseen = 0;
    setBadge();
    tellSeen([...shown].filter(([, node]) => !node.classList.contains("visitor")).map(([id]) => id));
    log.scrollTop = log.scrollHeight;
    box.focus();
  };
  const weigh = () => {
    const left = maxText - box.value.length;
    count.hidden = left > 200;
    count.classList.toggle("over", left < 0);
    count.textContent = left < 0 ? put(words.tooLong, maxText) : put(words.left, left);
    send.disabled = !box.value.trim() || left < 0;
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight + 2, 132)}px`;
  };
  const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");

  launch.addEventListener("click", () => open(true));
  shut.addEventListener("click", () => open(false));
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { event.stopPropagation(); open(false); }
  });
  box.addEventListener("input", weigh);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = box.value.trim();
    if (!text || text.length > maxText) return;
    const message = { id: newId(), text };
    if (consent && tick.checked) message.agreed = { form: consent.form, box: consent.box, wording: consent.wording, language };
    waiting.push(message);
    keep("waiting", JSON.stringify(waiting));
    box.value = "";
    weigh();
    if (!ready) setOnline(false);
    pass(message);
    box.focus();
  });
  addEventListener("online", () => { tries = 0; connect(); });
  addEventListener("offline", () => setOnline(false));
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && (isOpen || token) && connect());

  const start = () => {
    document.body.append(host);
    if (keep("open")) open(true);
    else if (token || keep("link")) connect();
  };
  if (document.body) start();
  else document.addEventListener("DOMContentLoaded", start);
  /* For the page: open the chat from a link of its own, or put `visitor` into a form's hidden field. */
  window.parleyChat = Object.freeze({ open: () => open(true), close: () => open(false), get visitor() { return token; } });
})();
