/* In a browser under test: the microphone is what the test speaks, and what the agent says is kept. */
(() => {
  let room, mouth;
  const chunks = [];
  let recorder;

  navigator.mediaDevices.getUserMedia = async () => {
    room = new AudioContext();
    mouth = room.createMediaStreamDestination();
    // A microphone is never without any sound; Chromium sends nothing of a stream that is.
    const hum = room.createOscillator();
    const faint = new GainNode(room, { gain: 0.0002 });
    hum.connect(faint).connect(mouth);
    hum.start();
    return mouth.stream.clone();
  };

  window.speak = async (wav) => {
    const bytes = Uint8Array.from(atob(wav), (c) => c.charCodeAt(0));
    const sound = room.createBufferSource();
    sound.buffer = await room.decodeAudioData(bytes.buffer);
    sound.connect(mouth);
    const over = new Promise((resolve) => { sound.onended = resolve; });
    sound.start();
    await over;
  };

  const Peer = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Peer {
    constructor(...args) {
      super(...args);
      this.addEventListener("track", (event) => {
        recorder = new MediaRecorder(new MediaStream([event.track]), { mimeType: "audio/webm;codecs=opus" });
        recorder.ondataavailable = (part) => chunks.push(part.data);
        recorder.start(250);
        listen(new MediaStream([event.track]));
      });
    }
  };

  const listen = (stream) => {
    const meter = new AnalyserNode(room, { fftSize: 1024 });
    room.createMediaStreamSource(stream).connect(meter);
    const samples = new Float32Array(meter.fftSize);
    const look = setInterval(() => {
      meter.getFloatTimeDomainData(samples);
      window.isHeard = samples.some((value) => Math.abs(value) > 0.05);
      if (window.isHeard) clearInterval(look);
    }, 50);
  };

  window.recorded = async () => {
    if (recorder && recorder.state !== "inactive") {
      await new Promise((resolve) => { recorder.onstop = resolve; recorder.stop(); });
    }
    const bytes = new Uint8Array(await new Blob(chunks).arrayBuffer());
    let text = "";
    for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
    return btoa(text);
  };
})();
