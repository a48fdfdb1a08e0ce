/* One call over WebRTC: the microphone and the voice flow between browser and server, and a socket
   says what happens. Whatever anybody says is put into the page as text, never as markup. */
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const LABELS = JSON.parse($("labels").content.textContent);
  const STATES = {
    idle: ["Ready when you are", "Your browser will ask for your microphone."],
    asking: ["May we use your microphone?", "Please allow it; without it nobody hears you."],
    ringing: ["Connecting…", "It takes a moment."],
    listening: ["Listening", "It is your turn."],
    hearing: ["Hearing you", "Take your time."],
    thinking: ["Thinking", "An answer is on its way."],
    speaking: ["Speaking", "You can interrupt at any time."],
    ended: ["The call has ended", ""],
    failed: ["There is no call", ""],
  };
  const TALKING = new Set(["ringing", "listening", "hearing", "thinking", "speaking"]);
  const SAID = { ringing: "Connecting", ended: "The call has ended", failed: "There is no call" };
  const STAGES = { quiet: "quiet", words: "words", "turn over": "over", thinking: "thinking", voice: "voice" };
  const TAGS = { greeting: "greeting", listening: "heard, we went on", hold: "asked us to wait" };
  const RETRIES = 3;

  let call = null;

  const make = (tag, name, text) => {
    const node = document.createElement(tag);
    if (name) node.className = name;
    if (text !== undefined) node.textContent = text;
    return node;
  };

  const show = (state, hint) => {
    const before = document.body.dataset.state;
    document.body.dataset.state = state;
    $("state").textContent = STATES[state][0];
    $("hint").textContent = hint ?? STATES[state][1];
    const isTalking = TALKING.has(state);
    $("start").hidden = isTalking;
    $("start").disabled = state === "asking";
    for (const id of ["hangup", "mute", "meters", "now"]) $(id).hidden = !isTalking;
    $("now").textContent = STATES[state][0];
    if (state === "ended" || state === "failed") $("start").textContent = "Call again";
    if (SAID[state] && state !== before) $("announce").textContent = SAID[state];
    if (state === "ringing" && before !== "ringing") $("hangup").focus();
  };

  /* What is said */

  const lineFor = (key) => {
    let line = document.querySelector(`#lines > li[data-key="${CSS.escape(key)}"]`);
    if (!line) {
      line = make("li");
      line.dataset.key = key;
      $("lines").insertBefore(line, $("lines").querySelector(".pending"));
    }
    return line;
  };

  const isAtEnd = () => innerHeight + scrollY > document.documentElement.scrollHeight - 160;

  const showLine = (said) => {
    const follows = isAtEnd();
    const line = lineFor(said.key);
    if (said.gone) { line.remove(); return; }
    line.className = said.who;
    const by = make("p", "by", said.who === "agent" ? "AI assistant" : "You");
    if (said.is_cut) by.append(make("span", "tag", said.text ? "cut off" : "not said"));
    if (TAGS[said.taken_as]) by.append(make("span", "tag", TAGS[said.taken_as]));
    const text = make("p", "text", said.text);
    if (said.unheard) {
      const rest = make(said.is_cut ? "s" : "span", "unheard", said.unheard);
      if (said.is_cut) rest.prepend(make("span", "sr", " Not heard: "));
      text.append(rest);
    }
    line.replaceChildren(by, text);
    $("nothing").hidden = true;
    if (follows) scrollTo({ top: document.documentElement.scrollHeight });
  };

  const showHearing = (text) => {
    $("lines").querySelector(".pending")?.remove();
    if (!text) return;
    const line = make("li", "person pending");
    line.append(make("p", "by", "You"), make("p", "text", `${text}…`));
    $("lines").append(line);
    $("nothing").hidden = true;
  };

  /* How long an answer takes */

  const SVG = "http://www.w3.org/2000/svg";
  const bar = (stages, longest) => {
    const picture = document.createElementNS(SVG, "svg");
    picture.setAttribute("viewBox", "0 0 1000 10");
    picture.setAttribute("preserveAspectRatio", "none");
    picture.setAttribute("role", "img");
    const words = stages.map((s) => `${s.name} ${s.ms} ms`).join(", ");
    picture.setAttribute("aria-label", words);
    let x = 0;
    for (const stage of stages) {
      const part = document.createElementNS(SVG, "rect");
      const width = (1000 * stage.ms) / longest;
      for (const [name, value] of Object.entries({ x, y: 0, width, height: 10 })) part.setAttribute(name, value);
      part.setAttribute("class", `s-${STAGES[stage.name]}`);
      picture.append(part);
      x += width;
    }
    return picture;
  };
  const totalOf = (stages) => stages.reduce((sum, stage) => sum + stage.ms, 0);

  const showTurn = (turn) => {
    call.turns.set(turn.number, turn.stages);
    const longest = Math.max(1000, ...[...call.turns.values()].map(totalOf));
    const rows = [...call.turns].map(([number, stages]) => {
      const row = make("li");
      row.append(make("span", "n", number), bar(stages, longest), make("span", "ms", `${totalOf(stages)} ms`));
      return row;
    });
    $("turns").replaceChildren(...rows);
    $("numbers").replaceChildren(...[...call.turns].map(([number, stages]) => {
      const row = make("tr");
      const head = make("th", "", number);
      head.scope = "row";
      row.append(head, ...stages.map((s) => make("td", "", s.ms)), make("td", "", totalOf(stages)));
      return row;
    }));
    $("unmeasured").hidden = true;
    $("measured").hidden = false;
  };

  /* What came of it */

  const when = (meeting) => {
    const day = { weekday: "long", day: "numeric", month: "long", year: "numeric" };
    const hour = { hour: "numeric", minute: "2-digit" };
    const [start, end] = [new Date(meeting.start), new Date(meeting.end)];
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const at = (shape, date) => new Intl.DateTimeFormat("en-GB", shape).format(date);
    return `${at(day, start)}, ${at(hour, start)} to ${at(hour, end)} (${zone})`;
  };

  const showEnd = (end) => {
    $("came").textContent = LABELS[end.disposition] ?? end.disposition;
    $("meeting").hidden = !end.meetings.length;
    $("meeting").textContent = end.meetings.map(when).join("; ");
    $("summary").textContent = end.summary;
    $("steps").replaceChildren(...end.next_steps.map((step) => make("li", "", `Next: ${step}`)));
    $("report").hidden = document.body.dataset.kept === undefined;
    $("report").querySelector("code").textContent = `parley call report ${call.id}`;
    $("end").hidden = false;
    over("ended", LABELS[end.disposition] ?? "");
    $("end").focus({ preventScroll: true });
    $("end").scrollIntoView({ block: "nearest" });
  };

  const clear = () => {
    for (const id of ["lines", "turns", "numbers", "steps"]) $(id).replaceChildren();
    $("nothing").hidden = $("unmeasured").hidden = false;
    $("measured").hidden = $("end").hidden = true;
    $("mute").setAttribute("aria-pressed", "false");
    $("mute").textContent = "Mute";
  };

  /* The call */

  const over = (state, hint) => {
    if (!call || call.isOver) return;
    call.isOver = true;
    clearInterval(call.clock);
    call.sound?.close();
    call.microphone?.getTracks().forEach((track) => track.stop());
    call.peer?.close();
    call.socket?.close();
    $("voice").srcObject = null;
    showHearing("");
    show(state, hint);
  };

  const TAKES = {
    state: (said) => { if (STATES[said.state]) { startClock(said.state); show(said.state); } },
    line: showLine,
    hearing: (said) => showHearing(said.text),
    turn: showTurn,
    ended: showEnd,
    failed: (said) => over("failed", said.why),
  };

  const startClock = (state) => {
    if (state === "ringing" || call.clock) return;
    const began = Date.now();
    call.clock = setInterval(() => {
      const s = Math.floor((Date.now() - began) / 1000);
      $("timer").textContent = `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
    }, 250);
  };

  const follow = (mine, tries = 0) => {
    const url = new URL(`calls/${mine.id}`, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    mine.socket = new WebSocket(url);
    mine.socket.onmessage = (event) => {
      if (mine !== call || mine.isOver) return;
      const said = JSON.parse(event.data);
      TAKES[said.type]?.(said);
    };
    mine.socket.onclose = () => {
      if (mine.isOver) return;
      if (tries >= RETRIES) over("failed", "The connection broke.");
      else setTimeout(() => { if (!mine.isOver) follow(mine, tries + 1); }, 1000);
    };
  };

  const watchLevel = (mine) => {
    mine.sound = new AudioContext();
    const meter = mine.sound.createAnalyser();
    meter.fftSize = 512;
    mine.sound.createMediaStreamSource(mine.microphone).connect(meter);
    const samples = new Float32Array(meter.fftSize);
    const look = () => {
      if (mine.isOver) return;
      meter.getFloatTimeDomainData(samples);
      const loud = Math.sqrt(samples.reduce((sum, v) => sum + v * v, 0) / samples.length);
      $("level").querySelector("b").style.transform = `scaleX(${Math.min(1, loud * 6)})`;
      requestAnimationFrame(look);
    };
    look();
  };

  const gathered = (peer) => new Promise((resolve) => {
    if (peer.iceGatheringState === "complete") resolve();
    peer.addEventListener("icegatheringstatechange", () => peer.iceGatheringState === "complete" && resolve());
    setTimeout(resolve, 3000);
  });

  const connect = async (mine) => {
    const peer = (mine.peer = new RTCPeerConnection());
    peer.ontrack = (event) => { $("voice").srcObject = event.streams[0] ?? new MediaStream([event.track]); };
    peer.onconnectionstatechange = () => {
      if (peer.connectionState === "failed") setTimeout(() => mine === call && over("failed", "The connection broke."), 3000);
    };
    const [track] = mine.microphone.getAudioTracks();
    peer.addTransceiver(track, { direction: "sendrecv", streams: [mine.microphone] });
    await peer.setLocalDescription(await peer.createOffer());
    await gathered(peer);
    const { type, sdp } = peer.localDescription;
    const answer = await fetch("offer", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ type, sdp }),
    });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.error);
    mine.id = said.call;
    await peer.setRemoteDescription({ type: said.type, sdp: said.sdp });
  };

  const DENIED = {
    NotAllowedError: "The microphone was not allowed. Allow it in your browser and call again.",
    NotFoundError: "No microphone was found. Connect one and call again.",
    NotReadableError: "Another program holds the microphone. Close it and call again.",
  };

  const start = async () => {
    const mine = (call = { turns: new Map(), isOver: false });
    clear();
    show("asking");
    try {
      mine.microphone = await navigator.mediaDevices.getUserMedia({
        audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
      });
      show("ringing");
      watchLevel(mine);
      await connect(mine);
      if (mine.isOver) return;
      follow(mine);
    } catch (error) {
      over("failed", DENIED[error.name] ?? error.message ?? "Something went wrong.");
    }
  };

  const hangUp = () => {
    if (!call || call.isOver) return;
    const mine = call;
    if (mine.socket?.readyState === WebSocket.OPEN) mine.socket.send(JSON.stringify({ type: "hang_up" }));
    else over("ended", "You hung up.");
    setTimeout(() => mine === call && over("ended", "You hung up."), 4000);
  };

  const mute = () => {
    const isMuted = $("mute").getAttribute("aria-pressed") !== "true";
    $("mute").setAttribute("aria-pressed", String(isMuted));
    $("mute").textContent = isMuted ? "Muted" : "Mute";
    call?.microphone?.getAudioTracks().forEach((track) => { track.enabled = !isMuted; });
  };

  $("start").addEventListener("click", start);
  $("hangup").addEventListener("click", hangUp);
  $("mute").addEventListener("click", mute);
  addEventListener("pagehide", hangUp);
})();
